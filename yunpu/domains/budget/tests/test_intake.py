"""Files of the budget book: units of money as they are read, and codes against the year's classification."""

from __future__ import annotations

import datetime as dt
import io

import pytest

from yunpu.domains.budget.intake import LINES, MADRID
from yunpu.domains.budget.models import BudgetLine
from yunpu.domains.budget.tests.factories import make_unit
from yunpu.reference.models import Classification, Scheme, Unit
from yunpu.stages.intake import blank
from yunpu.stages.intake.operations import UnableToKeep, check_load, keep_load, receive_file
from yunpu.stages.intake.queries import list_sums
from yunpu.trail.operations import System

BY = System("测试")
AT = dt.datetime(2020, 12, 20, 6, 0, tzinfo=dt.UTC)
HEAD = "年度,单位编码,单位名称,功能科目编码,经济分类编码,金额（万元）\n"

pytestmark = pytest.mark.django_db(transaction=True)


def hand_in(text: str, code: str):
    """A file of these lines, checked."""
    unit = Unit.objects.first() or make_unit()
    file = io.BytesIO(text.encode())
    load = receive_file(file, name="预算.csv", unit=unit, by=BY, at=AT, format_code=code)
    return check_load(load, by=BY, at=AT)


def kinds(load) -> list[str]:
    return sorted(one["kind"] for one in load.findings)


def classify(scheme: str, *codes: str, year: int = 2020) -> None:
    made, _new = Scheme.objects.get_or_create(code=scheme, defaults={"name": scheme, "source": "测试"})
    for code in codes:
        Classification.objects.create(scheme=made, code=code, name=code, first_year=year, last_year=year)


def test_euros_are_called_euros_wherever_people_read_the_unit():
    assert blank.header_text(MADRID.column("amount_fen")) == "金额（欧元）"
    assert blank.header_text(LINES.column("amount_fen")) == "金额（万元）"


def test_the_sum_of_a_file_in_euros_is_told_in_euros():
    text = "AÑO,CENTRO,DESCRIPCION CENTRO,SECCION,DESCRIPCION SECCION,PROGRAMA,DESCRIPCION PROGRAMA,"
    text += "CAPITULO,DESCRIPCION CAPITULO,ECONOMICO,DESCRIPCION ECONOMICO,IMPORTE\n"
    text += "2012,001,CIUDAD,101,PLENO,91201,ALCALDIA,1,PERSONAL,12000,SUELDOS,1911111\n"
    assert ("金额（欧元）", "1,911,111.00") in list_sums(hand_in(text, "budget.madrid"))


def test_an_unknown_code_is_a_warning_that_can_be_kept_with_a_reason():
    classify("CN-FUNCTION", "206", "20606", "20607")
    classify("CN-ECONOMIC-DEPARTMENT", "301", "30101", "302", "30201")
    text = HEAD + "2020,101,区科工局,2060701,30101,1\n2020,101,区科工局,2069901,30101,1\n"
    load = hand_in(text, "budget.lines")
    (finding,) = load.findings
    assert (finding["kind"], finding["place"]["row"]) == ("BUD-003", 3)
    assert "2069901" in str(finding["params"])
    with pytest.raises(UnableToKeep):
        keep_load(load, by=BY, at=AT)
    keep_load(load, by=BY, at=AT, acknowledgement="新设科目，已报批")
    assert BudgetLine.objects.count() == 2


def test_a_year_without_classification_is_said_once_and_stops_nothing():
    classify("CN-FUNCTION", "206", year=2024)
    text = HEAD + "".join(f"2020,101,区科工局,20607{n:02},3010{n},1\n" for n in range(1, 5))
    load = hand_in(text, "budget.lines")
    assert kinds(load) == ["BUD-004", "BUD-004"]  # function, and economic nature
    keep_load(load, by=BY, at=AT)
    assert BudgetLine.objects.count() == 4


def test_a_classification_entered_later_is_used_by_the_next_check():
    text = HEAD + "2020,101,区科工局,2069901,30101,1\n"
    assert kinds(hand_in(text, "budget.lines")) == ["BUD-004", "BUD-004"]
    classify("CN-FUNCTION", "206", "20606")
    assert "BUD-003" in kinds(hand_in(text, "budget.lines"))

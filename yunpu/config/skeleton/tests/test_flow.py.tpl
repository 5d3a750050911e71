"""From a file to a figure: the way every record of $name goes."""

import datetime as dt
import io

import pytest

from yunpu.domains.$name.models import ${Name}Record
from yunpu.domains.$name.tests.factories import AT, BY, make_unit
from yunpu.kernel.periods import Period
from yunpu.stages.indicators.operations import compute
from yunpu.stages.indicators.queries import read_figures
from yunpu.stages.intake.operations import check_load, keep_load, receive_file
from yunpu.stages.snapshots.operations import freeze

pytestmark = pytest.mark.django_db(transaction=True)

FILE = """编号,名称,登记日期,金额（万元）
A-001,甲,2020-05-06,12.50
A-002,乙,2020年6月1日,7.5
A-003,丙,2019-06-01,100
"""


def test_a_file_becomes_a_figure():
    stream = io.BytesIO(FILE.encode())
    load = receive_file(stream, name="台账.csv", unit=make_unit(), by=BY, at=AT, format_code="$name.records")
    check_load(load, by=BY, at=AT)
    assert load.findings == []
    keep_load(load, by=BY, at=AT)
    assert ${Name}Record.objects.get(code="A-001").amount_fen == 12_500_000

    snapshot = freeze(dt.date(2020, 12, 20), by=BY, at=AT)
    period = Period.parse("2020")
    compute(snapshot, period, ["$name.records_kept", "$name.amount"], by=BY, at=AT)
    figures = read_figures(snapshot, period)
    assert figures["$name.records_kept"].shown == "2项"
    assert figures["$name.amount"].shown == "20万元"

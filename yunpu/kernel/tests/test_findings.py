import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yunpu.kernel import findings
from yunpu.kernel.findings import (
    NOWHERE,
    Finding,
    FindingKind,
    Place,
    Severity,
    all_kinds,
    column_letters,
    column_number,
    declare,
    merge,
)

NEGATIVE = FindingKind(
    code="TST-001",
    severity=Severity.ERROR,
    what="%(parcel)s 的面积是负数：%(value)s",
    why="面积占 100%% 才算完整。",
    remedy="请改正 %(parcel)s。",
    example="把面积填成 -5",
)
LATE = FindingKind("TST-002", Severity.NOTE, "报得晚", "影响汇总。", "下次早报。", "截止日后上传")


@pytest.fixture(autouse=True)
def registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(findings, "kinds", {})
    declare(LATE)
    declare(NEGATIVE)


places = st.builds(
    Place,
    sheet=st.sampled_from(["", "申报表", "一 区", "it's", "2020年"]),
    row=st.none() | st.integers(1, 10**6),
    column=st.none() | st.integers(1, 18278),
    title=st.sampled_from(["", "面积"]),
)
found = st.builds(
    lambda place, parcel, value: NEGATIVE.at(place, parcel=parcel, value=value),
    places,
    st.sampled_from(["DK-1", "DK-2"]),
    st.none() | st.integers(-2, -1),
)


def test_a_finding_is_told_in_chinese_or_translated() -> None:
    finding = NEGATIVE.at(Place("申报表", 17, 8), parcel="DK-7", value="-5")
    assert finding.what() == "DK-7 的面积是负数：-5"
    assert finding.why() == "面积占 100% 才算完整。"
    assert finding.remedy() == "请改正 DK-7。"
    english = {NEGATIVE.what: "%(parcel)s has the area %(value)s", NEGATIVE.why: "!", NEGATIVE.remedy: "?"}
    assert finding.what(lambda s: english.get(s, s)) == "DK-7 has the area -5"
    assert (finding.severity, finding.declared) == (Severity.ERROR, NEGATIVE)


def test_a_code_is_declared_once() -> None:
    with pytest.raises(ValueError, match="TST-001 is declared twice"):
        declare(NEGATIVE)
    assert all_kinds() == [NEGATIVE, LATE]


def test_an_undeclared_code_is_a_defect() -> None:
    with pytest.raises(KeyError):
        Finding("XXX-999").what()


@pytest.mark.parametrize(
    ("code", "what", "said"), [("int-1", "坏了", "three letters"), ("TST-003", " ", "what is missing")]
)
def test_a_kind_is_whole(code: str, what: str, said: str) -> None:
    with pytest.raises(AssertionError, match=said):
        FindingKind(code, Severity.NOTE, what, "因为", "改", "例")


def test_a_template_with_a_bare_per_cent_sign_is_found_when_declared() -> None:
    with pytest.raises(ValueError, match="format"):
        FindingKind("TST-003", Severity.NOTE, "超过 10%：%(value)s", "因为", "改", "例")


def test_every_parameter_must_be_given() -> None:
    with pytest.raises(AssertionError, match="missing: parcel"):
        NEGATIVE.at(value=1)


def test_severities() -> None:
    assert sorted(Severity, key=lambda one: one.rank) == list(Severity)
    assert [one.label for one in Severity] == ["错误", "警告", "待核", "提示"]


@pytest.mark.parametrize(
    ("place", "address"),
    [
        (Place("申报表", 17, 8), "申报表!H17"),
        (Place("一 区", 3), "'一 区'!3"),
        (Place("it's", 3, 1), "'it''s'!A3"),
        (Place("", 3, 27), "AA3"),
        (Place("申报表"), "申报表"),
        (Place("申报表", None, 2), "申报表!B"),
        (NOWHERE, ""),
    ],
)
def test_addresses(place: Place, address: str) -> None:
    assert str(place) == place.address == address


@given(places)
def test_addresses_come_back(place: Place) -> None:
    if place.cell:
        assert Place.parse(place.address) == Place(place.sheet, place.row, place.column)


@pytest.mark.parametrize("address", ["", "申报表", "申报表!", "H17!", "!H1"])
def test_what_is_no_address(address: str) -> None:
    with pytest.raises(ValueError, match="no cell address"):
        Place.parse(address)


@given(st.integers(1, 10**6))
def test_columns_count_in_letters(column: int) -> None:
    assert column_number(column_letters(column)) == column


@given(found)
def test_json_comes_back(finding: Finding) -> None:
    stored = json.loads(json.dumps(finding.to_json()))
    assert Finding.from_json(stored) == finding == pickle.loads(pickle.dumps(finding))
    assert Finding.from_json({"kind": "TST-002"}) == LATE.at()
    assert LATE.at().to_json() == {"kind": "TST-002"}


@given(st.lists(found))
def test_merging_loses_nothing(some: list[Finding]) -> None:
    merged = merge(some)
    told = {(group.finding.kind, group.finding.params, place) for group in merged for place in group.places}
    assert told == {(finding.kind, finding.params, finding.place) for finding in some}
    assert len({(group.finding.kind, group.finding.params) for group in merged}) == len(merged)


def test_merged_findings_name_the_other_places() -> None:
    rows = [Place("表", 22, 3), Place("表", 23, 3), Place("表", 24, 3), Place("二", 5, 3), Place("二", 6, 3)]
    late = [LATE.at(place) for place in (*rows, rows[0])]
    (group,) = merge(late)
    assert group.finding == late[0]
    assert group.others() == "C23、C24、二!C5、C6"
    assert group.others(at_most=1) == "C23…"
    assert merge(late[:1])[0].others() == ""


def test_findings_sort_by_weight_then_place() -> None:
    late, bad = LATE.at(Place("表", 1)), NEGATIVE.at(Place("表", 9), parcel="x", value=1)
    earlier = NEGATIVE.at(Place("表", 2), parcel="x", value=1)
    assert sorted([late, bad, earlier], key=lambda one: one.sort_key) == [earlier, bad, late]


def test_words_of_the_file_are_quoted_and_a_list_is_translated_word_by_word() -> None:
    declare(
        FindingKind("TST-003", Severity.NOTE, "“%(title)s”", "因为", "选 %(list)s", "例", quoted=("title",))
    )
    stored = json.loads(
        json.dumps(Finding("TST-003", NOWHERE, (("list", ("甲", "乙")), ("title", "甲"))).to_json())
    )
    finding = Finding.from_json(stored)
    english = {"甲": "one", "乙": "two", "、": ", ", "选 %(list)s": "choose %(list)s"}
    assert finding.what(lambda s: english.get(s, s)) == "“甲”"
    assert finding.remedy(lambda s: english.get(s, s)) == "choose one, two"
    assert finding.remedy() == "选 甲、乙"
    assert hash(finding) == hash(Finding.from_json(finding.to_json()))

import pytest

from yunpu.domains.budget.checks import SubjectCheck, check_amount, check_chapter

CODES = {2024: frozenset({"201", "20101", "20102", "2010301", "202"}), 2025: frozenset({"203"})}


def kinds(findings):
    return [finding.kind for finding in findings]


def test_an_item_of_another_chapter():
    assert kinds(check_chapter({"chapter_code": "2", "economic_code": "12000"})) == ["BUD-001"]
    assert kinds(check_chapter({"chapter_code": "1", "economic_code": "12000"})) == []
    assert kinds(check_chapter({"chapter_code": None, "economic_code": "12000"})) == []


def test_a_negative_amount():
    assert kinds(check_amount({"amount_fen": -1})) == ["BUD-002"]
    assert kinds(check_amount({"amount_fen": 0})) == []


def subject_check():
    return SubjectCheck("function_code", "支出功能分类", lambda year: CODES.get(year, frozenset()))


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("20101", []),
        ("201", []),
        ("2010199", []),  # 20101 is not divided in the table: its items are known
        ("2020101", []),
        ("20103", ["BUD-003"]),  # 201 is divided, and this is none of its parts
        ("2010302", ["BUD-003"]),
        ("301", ["BUD-003"]),
        ("2", ["BUD-003"]),
        ("", []),
        (None, []),
    ],
)
def test_a_code_that_the_years_classification_does_not_have(code, expected):
    assert kinds(subject_check()({"year": 2024, "function_code": code})) == expected


def test_each_year_has_its_own_codes():
    check = subject_check()
    assert kinds(check({"year": 2024, "function_code": "203"})) == ["BUD-003"]
    assert kinds(check({"year": 2025, "function_code": "203"})) == []
    assert kinds(check({"year": 2024, "function_code": "203"})) == ["BUD-003"], "remembered, and said again"


def test_a_year_without_a_classification_is_said_once():
    check = subject_check()
    rows = [{"year": year, "function_code": code} for year in (2019, 2020) for code in ("1", "2", "1")]
    found = [finding for row in rows for finding in check(row)]
    assert [(one.kind, dict(one.params)["year"]) for one in found] == [("BUD-004", 2019), ("BUD-004", 2020)]


def test_the_register_is_asked_once_a_year():
    asked = []
    check = SubjectCheck("function_code", "支出功能分类", lambda year: asked.append(year) or CODES[2024])
    for _time in range(3):
        assert kinds(check({"year": 2024, "function_code": "201"})) == []
    assert asked == [2024]

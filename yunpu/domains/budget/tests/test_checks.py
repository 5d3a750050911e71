from yunpu.domains.budget.checks import check_amount, check_chapter


def kinds(findings):
    return [finding.kind for finding in findings]


def test_an_item_of_another_chapter():
    assert kinds(check_chapter({"chapter_code": "2", "economic_code": "12000"})) == ["BUD-001"]
    assert kinds(check_chapter({"chapter_code": "1", "economic_code": "12000"})) == []
    assert kinds(check_chapter({"chapter_code": None, "economic_code": "12000"})) == []


def test_a_negative_amount():
    assert kinds(check_amount({"amount_fen": -1})) == ["BUD-002"]
    assert kinds(check_amount({"amount_fen": 0})) == []

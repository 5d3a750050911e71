"""Every kind of finding of the budget with a row that provokes it."""

from yunpu.domains.budget import checks

CODES = frozenset({"201", "20101"})


def _subjects(codes):
    return checks.SubjectCheck("function_code", "支出功能分类", lambda _year: codes)


PROVOKED = {
    "BUD-001": lambda _path: checks.check_chapter({"chapter_code": "2", "economic_code": "12000"}),
    "BUD-002": lambda _path: checks.check_amount({"amount_fen": -100}),
    "BUD-003": lambda _path: _subjects(CODES)({"year": 2024, "function_code": "2999999"}),
    "BUD-004": lambda _path: _subjects(frozenset())({"year": 2019, "function_code": "20101"}),
}

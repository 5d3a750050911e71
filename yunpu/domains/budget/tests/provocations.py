"""Every kind of finding of the budget with a row that provokes it."""

from yunpu.domains.budget import checks

PROVOKED = {
    "BUD-001": lambda _path: checks.check_chapter({"chapter_code": "2", "economic_code": "12000"}),
    "BUD-002": lambda _path: checks.check_amount({"amount_fen": -100}),
}

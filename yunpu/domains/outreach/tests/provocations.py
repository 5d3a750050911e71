"""Every kind of finding of outreach with a row that provokes it."""

import datetime as dt

from yunpu.domains.outreach import checks

PROVOKED = {
    "OUT-001": lambda _path: checks.check_year_of_code(
        {"code": "XJ2020-01", "held_on": dt.date(2019, 6, 18)}
    ),
    "OUT-002": lambda _path: checks.check_quantity({"quantity": 0}),
    "OUT-003": lambda _path: checks.check_seat({"seat": 30}),
}

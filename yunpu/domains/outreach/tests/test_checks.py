import datetime as dt

from yunpu.domains.outreach.checks import check_quantity, check_seat, check_year_of_code


def kinds(findings):
    return [finding.kind for finding in findings]


def test_a_code_that_names_another_year_than_the_date():
    assert kinds(check_year_of_code({"code": "XJ2020-01", "held_on": dt.date(2019, 6, 18)})) == ["OUT-001"]
    assert kinds(check_year_of_code({"code": "XJ2020-01", "held_on": dt.date(2020, 6, 18)})) == []
    assert kinds(check_year_of_code({"code": "开放日", "held_on": dt.date(2020, 6, 18)})) == []
    assert kinds(check_year_of_code({"code": "120201", "held_on": dt.date(2019, 6, 18)})) == []


def test_nothing_handed_out():
    assert kinds(check_quantity({"quantity": 0})) == ["OUT-002"]
    assert kinds(check_quantity({"quantity": 1})) == []


def test_a_seat_that_is_rather_a_number_of_people():
    assert kinds(check_seat({"seat": 30})) == ["OUT-003"]
    assert kinds(check_seat({"seat": 20})) == []

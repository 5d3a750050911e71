"""The demo's lists are what the bulletin's wording needs, and the same every time."""

from yunpu.domains.outreach.demo import list_activities, list_attendance, list_enterprises, write_spreadsheets
from yunpu.kernel.codes import check_credit_code


def test_invented_enterprises_have_valid_codes_and_names_of_their_own():
    enterprises = list_enterprises()
    assert all(check_credit_code(code) is None for code, *_rest in enterprises)
    assert len({name for _code, name, *_rest in enterprises}) == len(enterprises) == 160


def test_roadshow_years_have_a_gap():
    years = {day.year for _code, _name, kind, _series, day, _place in list_activities() if kind == "宣讲"}
    assert years == {2012, *range(2015, 2021)}


def test_enterprises_come_twice_and_count_once():
    roadshow = [row for row in list_attendance() if row[0].startswith("XJ")]
    assert (len({code for _activity, code, _seat in roadshow}), len(roadshow)) == (108, 196)
    online = [row for row in list_attendance() if row[0].startswith("PX")]
    assert (len({code for _activity, code, _seat in online}), len(online)) == (97, 137)


def test_the_same_spreadsheets_every_time(tmp_path):
    first = write_spreadsheets(tmp_path / "one")
    second = write_spreadsheets(tmp_path / "two")
    for (_code, one), (_same, other) in zip(first, second, strict=True):
        assert one.read_bytes() == other.read_bytes(), one.name

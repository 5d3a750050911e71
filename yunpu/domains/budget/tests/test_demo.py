from yunpu.domains.budget.demo import YEARS, list_lines, write_spreadsheets
from yunpu.kernel.codes import check_project_code


def test_every_year_has_its_lines_with_whole_hundreds_of_yuan():
    for year in YEARS:
        lines = list(list_lines(year))
        assert len(lines) > 150
        assert all(amount > 0 and amount % 10_000 == 0 for _texts, amount in lines)
        assert all(check_project_code(texts[-1]) is None for texts, _amount in lines if texts[-1])


def test_the_same_book_every_time(tmp_path):
    first = write_spreadsheets(tmp_path / "one")
    second = write_spreadsheets(tmp_path / "two")
    assert [path.read_bytes() for _code, path in first] == [path.read_bytes() for _code, path in second]

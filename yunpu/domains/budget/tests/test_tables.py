import io
from fractions import Fraction

import openpyxl

from yunpu.domains.budget.queries import DIMENSIONS, OTHERS, ComparedRow, Comparison, Head, Pivot, PivotRow
from yunpu.domains.budget.tables import (
    Grid,
    Line,
    chart_of_pivot,
    chart_table,
    grid_of_comparison,
    grid_of_pivot,
    unit_of,
    write_workbook,
)

WAN = 1_000_000


def make_pivot(*rows):
    columns = tuple(Head(str(i), f"列{i}") for i in range(len(rows[0])))
    made = tuple(
        PivotRow(Head(f"r{i}", ""), row, sum(cell or 0 for cell in row)) for i, row in enumerate(rows)
    )
    totals = tuple(sum(row[i] or 0 for row in rows) for i in range(len(columns)))
    return Pivot(columns, made, totals, sum(totals))


def test_no_line_is_a_dash_and_zero_is_a_fact():
    grid = grid_of_pivot(make_pivot((None, 0, 25 * WAN)), DIMENSIONS["body"], "万元")
    assert grid.lines[0].shown == ["—", "0.00", "25.00", "25.00"]
    assert grid.total.shown == ["0.00", "0.00", "25.00", "25.00"]


def test_a_comparison_shows_change_in_percent_with_one_place():
    row = ComparedRow(Head("1", "甲"), "乙", 3 * WAN, 4 * WAN)
    grid = grid_of_comparison(Comparison((row,), row), DIMENSIONS["body"], (2019, 2020), unit_of("CNY"))
    assert grid.lines[0].shown == ["3.00", "4.00", "+1.00", "+33.3"]
    assert grid.lines[0].note == "原名 乙"
    assert grid.heads[0] == "2019（万元）"


def test_a_code_that_came_or_went_is_named_and_has_no_percent():
    came = ComparedRow(Head("1", "甲"), "", None, 4 * WAN)
    went = ComparedRow(Head("2", "乙"), "", 3 * WAN, None)
    grid = grid_of_comparison(Comparison((came, went), came), DIMENSIONS["body"], (2019, 2020), "万元")
    assert [(line.note, line.shown) for line in grid.lines] == [
        ("新增", ["—", "4.00", "+4.00", "—"]),
        ("取消", ["3.00", "—", "\u22123.00", "—"]),
    ]


def test_the_chart_has_the_largest_columns_and_leaves_the_smallest_to_the_table():
    chart = chart_of_pivot(make_pivot((50, 10, 5, 20, 1), (25, None, 5, 40, 1)), "万元")
    assert [one["name"] for one in chart["series"]] == ["0 列0", "3 列3", "1 列1", "2 列2"]
    assert chart["is_part"]
    assert [one["fen"] for one in chart["series"]] == [[50, 25], [20, 40], [10, None], [5, 5]]


def test_the_charts_table_says_the_same():
    chart = chart_of_pivot(make_pivot((-5 * WAN, 10 * WAN), (None, 2 * WAN)), "万元")
    assert chart_table(chart) == [("r0", ["10.00", "\u22125.00"]), ("r1", ["2.00", "—"])]


def test_nothing_at_all_makes_an_empty_chart():
    chart = chart_of_pivot(Pivot((), (), (), 0), "万元")
    assert (chart["rows"], chart["is_part"]) == ([], False)


def test_a_workbook_keeps_numbers_and_takes_no_formula():
    grid = Grid(
        "单位",
        ("万元",),
        (Line("=1+1", (123_456_789,)), Line("空", (None,))),
        Line("合计", (Fraction(1, 3),)),
    )
    sheet = openpyxl.load_workbook(io.BytesIO(write_workbook(grid, "compare", "按单位"))).active
    assert sheet["A1"].value == "按单位"
    assert sheet["A3"].value == "=1+1"
    assert sheet["A3"].data_type == "s"
    assert (sheet["B3"].value, sheet["B3"].number_format) == (123.456789, "#,##0.00")
    assert sheet["B4"].value is None


def test_others_have_a_word():
    pivot = Pivot((Head(OTHERS, ""),), (PivotRow(Head("", ""), (1,), 1),), (1,), 1)
    grid = grid_of_pivot(pivot, DIMENSIONS["body"], "万元")
    assert (grid.heads[0], grid.lines[0].label) == ("其他", "（空）")


def test_another_currency_is_no_yuan():
    assert (unit_of("CNY"), unit_of("EUR"), unit_of("USD")) == ("万元", "万欧元", "万 USD")

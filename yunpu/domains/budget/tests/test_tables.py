import io
from fractions import Fraction

import openpyxl

from yunpu.domains.budget.queries import DIMENSIONS, OTHERS, ComparedRow, Comparison, Head, Pivot, PivotRow
from yunpu.domains.budget.tables import (
    BAR_SERIES,
    BAR_WIDTH,
    Grid,
    Line,
    chart_of_pivot,
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
    assert grid.lines[0].shown == ["3.00", "4.00", "1.00", "33.3"]
    assert grid.lines[0].note == "原名 乙"
    assert grid.heads[0] == "2019（万元）"


def test_the_longest_bar_has_the_full_width_and_the_smallest_columns_are_left_to_the_table():
    chart = chart_of_pivot(make_pivot((50, 10, 5, 20, 1), (25, None, 5, 40, 1)))
    assert len(chart.series) == BAR_SERIES
    assert chart.is_part
    widths = [[bar.width for bar in row.bars] for row in chart.rows]
    assert widths == [[BAR_WIDTH, 400, 200, 100], [500, 800, 100]]


def test_a_negative_sum_has_its_figure_but_no_bar():
    chart = chart_of_pivot(make_pivot((-5 * WAN, 10 * WAN)))
    bars = {bar.shown: bar.width for bar in chart.rows[0].bars}
    assert bars == {"10.00": BAR_WIDTH, "\u22125.00": 0}


def test_nothing_at_all_makes_an_empty_chart():
    chart = chart_of_pivot(Pivot((), (), (), 0))
    assert (chart.rows, chart.is_part) == ((), False)


def test_a_workbook_keeps_numbers_and_takes_no_formula():
    grid = Grid(
        "单位",
        ("万元",),
        (Line("=1+1", (123_456_789,)), Line("空", (None,))),
        Line("合计", (Fraction(1, 3),)),
    )
    sheet = openpyxl.load_workbook(io.BytesIO(write_workbook(grid, "compare"))).active
    assert sheet["A2"].value == "=1+1"
    assert sheet["A2"].data_type == "s"
    assert sheet["B2"].value == 123.456789
    assert sheet["B3"].value is None


def test_others_have_a_word():
    pivot = Pivot((Head(OTHERS, ""),), (PivotRow(Head("", ""), (1,), 1),), (1,), 1)
    grid = grid_of_pivot(pivot, DIMENSIONS["body"], "万元")
    assert (grid.heads[0], grid.lines[0].label) == ("其他", "（空）")


def test_another_currency_is_no_yuan():
    assert (unit_of("CNY"), unit_of("EUR")) == ("万元", "万 EUR")

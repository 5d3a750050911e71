"""Comparison and cross table: parts add up, names have dates, currencies stay apart."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yunpu.domains.budget.models import BudgetLine
from yunpu.domains.budget.queries import (
    DIMENSIONS,
    MOST_COLUMNS,
    OTHERS,
    _widest,
    compare_years,
    list_books,
    of_book,
    pivot,
)
from yunpu.domains.budget.tests.factories import make_line, make_unit

pytestmark = pytest.mark.django_db
LINES = BudgetLine.objects


def test_books_are_parted_by_unit_and_currency():
    one, other = make_unit("A"), make_unit("B")
    make_line(one, year=2019)
    make_line(one, year=2020)
    make_line(one, year=2012, currency="EUR")
    make_line(other)
    books = list_books(LINES.all())
    assert [(book.unit_id, book.currency, book.years) for book in books] == [
        (one.pk, "CNY", (2019, 2020)),
        (other.pk, "CNY", (2020,)),
        (one.pk, "EUR", (2012,)),
    ]
    assert of_book(LINES.all(), books[2]).count() == 1


def test_a_code_that_lives_on_with_a_new_name_is_one_row_with_its_former_name():
    unit = make_unit()
    make_line(unit, year=2019, body_name="区编办", amount_fen=400)
    make_line(unit, year=2020, body_name="区改革办", amount_fen=500)
    (row,) = compare_years(LINES.all(), DIMENSIONS["body"], 2019, 2020).rows
    assert (row.head.name, row.former_name) == ("区改革办", "区编办")
    assert (row.change_fen, row.change_ratio) == (100, Fraction(1, 4))


def test_what_is_new_or_gone_has_a_change_but_no_ratio():
    unit = make_unit()
    make_line(unit, year=2019, body_code="1", amount_fen=300)
    make_line(unit, year=2020, body_code="2", amount_fen=500)
    comparison = compare_years(LINES.all(), DIMENSIONS["body"], 2019, 2020)
    gone, new = comparison.rows
    assert (gone.earlier_fen, gone.later_fen, gone.change_fen, gone.change_ratio) == (300, None, -300, None)
    assert (new.earlier_fen, new.later_fen, new.change_fen, new.change_ratio) == (None, 500, 500, None)
    assert comparison.total.change_fen == 200


def test_a_cross_table_leaves_empty_what_has_no_line():
    unit = make_unit()
    make_line(unit, body_code="1", chapter_code="301", amount_fen=1)
    make_line(unit, body_code="2", chapter_code="302", amount_fen=20)
    found = pivot(LINES.all(), DIMENSIONS["body"], DIMENSIONS["chapter"])
    assert [head.code for head in found.columns] == ["301", "302"]
    assert [row.cells for row in found.rows] == [(1, None), (None, 20)]
    assert (found.column_totals, found.total_fen) == ((1, 20), 21)


def test_many_columns_are_summed_as_one_and_nothing_is_lost():
    unit = make_unit()
    for number in range(MOST_COLUMNS + 6):
        make_line(unit, function_code=f"{number:03}", amount_fen=number)
    found = pivot(LINES.all(), DIMENSIONS["body"], DIMENSIONS["function"])
    assert len(found.columns) == MOST_COLUMNS + 1
    assert found.columns[-1].code == OTHERS
    assert found.column_totals[-1] == sum(range(6))
    assert found.total_fen == sum(range(MOST_COLUMNS + 6))


def test_an_empty_code_is_a_column_of_its_own():
    unit = make_unit()
    make_line(unit, section_code="", amount_fen=5)
    make_line(unit, section_code="001", amount_fen=7)
    found = pivot(LINES.all(), DIMENSIONS["body"], DIMENSIONS["section"])
    assert [head.code for head in found.columns] == ["", "001"]
    assert found.column_totals == (5, 7)


def test_a_cross_table_of_one_dimension_is_refused():
    with pytest.raises(AssertionError):
        pivot(LINES.all(), DIMENSIONS["body"], DIMENSIONS["body"])


@given(st.dictionaries(st.tuples(st.just("r"), st.integers(0, 60).map(str)), st.integers(-9, 9), max_size=60))
@settings(max_examples=60)
def test_the_columns_shown_are_the_largest(sums):
    shown = _widest(sums)
    assert shown == sorted(shown)
    assert len(shown) == min(len(sums), MOST_COLUMNS)
    hidden = [abs(amount) for (_row, column), amount in sums.items() if column not in shown]
    kept = [abs(amount) for (_row, column), amount in sums.items() if column in shown]
    assert not hidden or max(hidden) <= min(kept)


def test_a_cross_table_takes_three_queries(django_assert_num_queries):
    make_line(make_unit())
    with django_assert_num_queries(3):
        pivot(LINES.all(), DIMENSIONS["body"], DIMENSIONS["chapter"])

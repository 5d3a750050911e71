"""Ranges: numbers and text say the same, and only one text says it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yunpu.kernel.ranges import joined, numbers_of, outside, ranges_of, read_ranges, write_ranges

sets = st.sets(st.integers(1, 60)).map(sorted)


def test_as_people_write_them():
    assert write_ranges(ranges_of([1, 2, 3, 5])) == "1-3,5"
    assert read_ranges("") == []


@given(sets)
def test_text_and_numbers_say_the_same(numbers):
    text = write_ranges(ranges_of(numbers))
    assert list(numbers_of(read_ranges(text))) == numbers


@pytest.mark.parametrize("text", ["x", "3-1", "1-2,3", "1,1", "5,1", "01", "1-1", " 1", "1,", "1-2,2-3"])
def test_only_one_text_says_it(text):
    with pytest.raises(ValueError):
        read_ranges(text)


def test_numbers_that_do_not_rise_are_a_defect():
    with pytest.raises(AssertionError):
        ranges_of([2, 1])


@given(st.lists(sets, max_size=4), sets)
def test_joined_ranges_hold_all_and_the_rest_is_outside(parts, numbers):
    whole = joined(one for part in parts for one in ranges_of(part))
    held = set().union(*parts)
    assert set(numbers_of(whole)) == held
    assert read_ranges(write_ranges(whole)) == whole
    assert list(outside(numbers, whole)) == [number for number in numbers if number not in held]

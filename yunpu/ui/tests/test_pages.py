"""Pages by key against a plain twin: sorted lists in Python, cut into pages. On both databases."""

from __future__ import annotations

import datetime as dt
import random

import pytest
from django.db import connection

from yunpu.ui import pages
from yunpu.ui.pages import Finder, Key, Order
from yunpu.ui.tests.sample import Sample

COUNT = 7


def make_rows(seed: int, count: int) -> list[Sample]:
    """Rows with many equal ranks and missing days; a few units; two kinds of which one is rare."""
    draw = random.Random(seed)
    days = [None, None, *[dt.date(2020, 1, d) for d in range(1, 6)]]
    rows = [
        Sample(
            id=number,
            unit_id=draw.randrange(1, 6),
            rank=draw.randrange(-2, 4),
            day=draw.choice(days),
            word=draw.choice(["甲", "乙", "abc", "", "丙丁"]),
            kind="rare" if draw.random() < 0.04 else "many",
        )
        for number in draw.sample(range(1, count * 3), count)
    ]
    return Sample.objects.bulk_create(rows)


def in_order(rows: list[Sample], name: str, *, down: bool) -> list[Sample]:
    """The twin: Python sorts, and puts what is missing where this database has it."""
    lowest = connection.vendor == "sqlite"

    def place(row: Sample) -> tuple[object, ...]:
        value = getattr(row, name)
        if isinstance(value, str):
            value = value.encode()  # both databases compare bytes in this column's collation
        return ((value is not None) is lowest, value if value is not None else 0, row.pk)

    return sorted(rows, key=place, reverse=down)


def key_of(row: Sample, name: str) -> Key:
    return Key(None if name == "pk" else getattr(row, name), row.pk)


@pytest.mark.parametrize("name", ["rank", "day", "word", "pk"])
@pytest.mark.parametrize("down", [False, True])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_pages_forwards_and_backwards_are_the_sorted_rows_cut(sample_table, monkeypatch, seed, down, name):
    monkeypatch.setattr(pages, "WINDOWS", (3, 20))
    rows = make_rows(seed, 90)
    order = Order(Sample, name, down)
    ways = {
        "all": (rows, Sample.objects.all(), None, "walk"),
        "one unit": (
            [r for r in rows if r.unit_id == 2],
            Sample.objects.filter(unit_id=2),
            frozenset({2}),
            "walk",
        ),
        "some units": (
            [r for r in rows if r.unit_id in (1, 3, 4)],
            Sample.objects.filter(unit_id__in=(1, 3, 4)),
            frozenset({1, 3, 4}),
            "walk",
        ),
        "filter": (
            [r for r in rows if r.kind == "many"],
            Sample.objects.filter(kind="many"),
            None,
            "look_through",
        ),
        "rare": (
            [r for r in rows if r.kind == "rare"],
            Sample.objects.filter(kind="rare"),
            None,
            "look_through",
        ),
        "none": ([], Sample.objects.filter(kind="no"), None, "look_through"),
        "gathered": ([r for r in rows if r.rank > 0], Sample.objects.filter(rank__gt=0), None, "gather"),
    }
    for title, (expected, queryset, units, way) in ways.items():
        for direction in (order, order.reversed()):
            twin = [row.pk for row in in_order(expected, name if name != "pk" else "id", down=direction.down)]
            by_number = {row.pk: row for row in expected}
            found: list[int] = []
            key = None
            while True:
                part = getattr(Finder(queryset, direction, units), way)(key, COUNT)
                found += part
                if len(part) < COUNT:
                    break
                key = key_of(by_number[part[-1]], name)
            assert found == twin, f"{title}, down={direction.down}"


@pytest.mark.parametrize("down", [False, True])
def test_a_place_without_a_number_is_before_the_first_row_with_that_value(sample_table, down):
    rows = make_rows(4, 60)
    for name, value in (("rank", 1), ("day", dt.date(2020, 1, 3)), ("pk", 30)):
        order = Order(Sample, name, down)
        expected = [
            row.pk
            for row in in_order(rows, "id" if name == "pk" else name, down=down)
            if row in Sample.objects.filter(order.after(Key(value, None)))
        ]
        found = Finder(Sample.objects.all(), order).walk(Key(value, None), 1)
        assert found == expected[:1]
        first = Sample.objects.get(pk=found[0])
        stands = getattr(first, name)
        assert stands is None or (stands <= value if down else stands >= value)


def test_more_units_than_are_merged_are_found_as_well(sample_table, monkeypatch):
    monkeypatch.setattr(pages, "MERGED_UNITS", 1)
    monkeypatch.setattr(pages, "WINDOWS", (3, 20))
    rows = make_rows(5, 60)
    units = frozenset({1, 2, 5})
    expected = [row.pk for row in in_order([r for r in rows if r.unit_id in units], "rank", down=False)]
    found = Finder(Sample.objects.filter(unit_id__in=units), Order(Sample, "rank", False), units).walk(
        None, COUNT
    )
    assert found == expected[:COUNT]

"""Lists through the real application: every page, count and sum against a plain twin; hostile addresses; number of queries."""

from __future__ import annotations

import random
import re
from html.parser import HTMLParser
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from yunpu.domains.budget.models import BudgetLine
from yunpu.domains.budget.tests.factories import make_client, make_line, make_unit
from yunpu.reference.models import Unit
from yunpu.trail.models import Batch
from yunpu.ui import lists, pages, search
from yunpu.ui.lists import read_key, write_key
from yunpu.ui.pages import Order

pytestmark = pytest.mark.django_db
LIST, TOTALS = "/budget/lines/", "/budget/lines/totals/"


class Rows(HTMLParser):
    """The numbers of the rows of a page and where its links lead."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.numbers: list[int] = []
        self.links: dict[str, str] = {}
        self._href = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "tr" and given.get("data-pk"):
            self.numbers.append(int(given["data-pk"] or 0))
        self._href = given.get("href") or "" if tag == "a" else self._href

    def handle_data(self, text: str) -> None:
        if text.strip() in ("第一页", "上一页", "下一页", "末页") and self._href:
            self.links[text.strip()] = self._href

    def handle_endtag(self, tag: str) -> None:
        self._href = "" if tag == "a" else self._href


def read(client: Client, address: str) -> Rows:
    response = client.get(LIST + address if address.startswith("?") or not address else address)
    assert response.status_code == 200, address
    return Rows(response.content.decode())


@pytest.fixture
def office(monkeypatch) -> tuple[Client, list[BudgetLine], list[BudgetLine]]:
    """Somebody of one bureau with a subordinate; the lines they see; the lines they do not."""
    monkeypatch.setattr(lists, "PAGE", 7)
    monkeypatch.setattr(pages, "WINDOWS", (3, 20))
    root = make_unit("D")
    bureau = make_unit("B")
    Unit.objects.filter(pk=bureau.pk).update(parent=root, path=f"{root.path}{bureau.pk}/")
    below = make_unit("B-1")
    Unit.objects.filter(pk=below.pk).update(parent=bureau, path=f"{root.path}{bureau.pk}/{below.pk}/")
    elsewhere = make_unit("E")
    Unit.objects.filter(pk=elsewhere.pk).update(parent=root, path=f"{root.path}{elsewhere.pk}/")
    draw = random.Random(1)
    names = ["教育支出", "科技支出", "古树保护"]
    made = [
        make_line(
            draw.choice([bureau, below, elsewhere]),
            year=draw.choice([2018, 2019, 2020]),
            fund=draw.choice(["11", "11", "11", "12"]),
            amount_fen=draw.randrange(8) * 10_000_00,
            function_name=draw.choice(names),
        )
        for _turn in range(90)
    ]
    search.reindex(BudgetLine, [line.pk for line in made])
    bureau.refresh_from_db()
    seen = [line for line in made if line.unit_id != elsewhere.pk]
    return make_client(bureau), seen, [line for line in made if line.unit_id == elsewhere.pk]


def twin(rows: list[BudgetLine], sort: str) -> list[int]:
    name = sort.lstrip("-")
    return [
        row.pk for row in sorted(rows, key=lambda row: (getattr(row, name), row.pk), reverse=sort[0] == "-")
    ]


CASES = [
    ({}, lambda row: True),
    ({"fund": "12"}, lambda row: row.fund == "12"),
    ({"year": "2019", "fund": "11"}, lambda row: row.year == 2019 and row.fund == "11"),
    ({"q": "古树"}, lambda row: "古树" in row.function_name),
    ({"q": "支出", "year": "2020"}, lambda row: "支出" in row.function_name and row.year == 2020),
    ({"year": "1999"}, lambda row: False),
]


@pytest.mark.parametrize("sort", ["year", "-year", "amount_fen", "-amount_fen"])
@pytest.mark.parametrize(("asked", "wanted"), CASES)
def test_the_links_of_the_pages_lead_through_all_rows_both_ways(office, asked, wanted, sort):
    client, seen, _hidden = office
    expected = twin([row for row in seen if wanted(row)], sort)
    page = read(client, "?" + urlencode({**asked, "sort": sort}))
    forwards = list(page.numbers)
    while "下一页" in page.links:
        page = read(client, page.links["下一页"])
        forwards += page.numbers
    assert forwards == expected
    page = read(client, "?" + urlencode({**asked, "sort": sort, "last": "1"}))
    backwards = list(page.numbers)
    while "上一页" in page.links:
        page = read(client, page.links["上一页"])
        backwards = page.numbers + backwards
    assert backwards == expected
    if len(expected) > 7:
        last = read(client, "?" + urlencode({**asked, "sort": sort, "last": "1"}))
        assert read(client, last.links["第一页"]).numbers == expected[:7]


@pytest.mark.parametrize(("asked", "wanted"), CASES)
def test_totals_are_those_of_the_rows_in_scope(office, asked, wanted):
    client, seen, _hidden = office
    rows = [row for row in seen if wanted(row)]
    text = client.get(TOTALS + "?" + urlencode(asked)).content.decode()
    assert f"筛选后 {len(rows)} · 全部 {len(seen)}" in text
    total = sum(row.amount_fen for row in rows) // 100 // 10_000
    assert re.search(rf">{total:,}\.00<", text)


def test_where_the_hits_are_many_the_order_of_entry_is_offered_and_said(office, monkeypatch):
    client, seen, _hidden = office
    monkeypatch.setattr(search, "MANY", 5)
    monkeypatch.setattr(lists, "HITS_LOOKED_THROUGH", (3, 12))
    for asked, wanted in CASES[3:5]:
        expected = sorted((row.pk for row in seen if wanted(row)), reverse=True)
        response = client.get(LIST + "?" + urlencode({**asked, "sort": "amount_fen"}))
        page, found = Rows(response.content.decode()), []
        assert "超过 5 条" in response.content.decode()
        assert "sort=-amount_fen" not in response.content.decode()
        found += page.numbers
        while "下一页" in page.links:
            page = read(client, page.links["下一页"])
            found += page.numbers
        assert found == expected
        last = read(client, "?" + urlencode({**asked, "last": "1"}))
        assert last.numbers == expected[-7:]
        backwards = last.numbers
        while "上一页" in last.links:
            last = read(client, last.links["上一页"])
            backwards = last.numbers + backwards
        assert backwards == expected


@pytest.mark.parametrize(
    ("sort", "value", "beyond"),
    [
        ("amount_fen", "3", lambda row: row.amount_fen >= 3_0000_00),
        ("-amount_fen", "3万元", lambda row: row.amount_fen <= 3_0000_00),
        ("year", "2019", lambda row: row.year >= 2019),
        ("-year", "2018", lambda row: row.year <= 2018),
    ],
)
def test_going_to_a_value_begins_the_page_there(office, sort, value, beyond):
    client, seen, _hidden = office
    expected = twin([row for row in seen if beyond(row)], sort)
    page = read(client, "?" + urlencode({"sort": sort, "from": value}))
    assert page.numbers == expected[:7]
    everything = twin(seen, sort)
    before = read(client, page.links["上一页"])
    at = everything.index(expected[0])
    assert before.numbers == everything[max(0, at - 7) : at]


def test_going_beyond_the_end_shows_the_last_page_and_nonsense_the_first(office):
    client, seen, _hidden = office
    everything = twin(seen, "amount_fen")
    assert read(client, "?sort=amount_fen&from=99999").numbers == everything[-7:]
    assert read(client, "?sort=amount_fen&from=abc").numbers == everything[:7]


def test_rows_of_a_hidden_batch_are_on_no_page_and_in_no_total(office):
    client, seen, _hidden = office
    batch = Batch.objects.create(
        verb="t", target="budget.budgetline", by_name="t", started_at="2020-01-01T00:00Z"
    )
    gone = seen[::3]
    BudgetLine.objects.filter(pk__in=[row.pk for row in gone]).update(batch_id=batch.pk)
    left = [row for row in seen if row not in gone]
    for asked in ({}, {"fund": "11"}, {"q": "支出"}):
        wanted = [
            row.pk
            for row in left
            if row.fund == asked.get("fund", row.fund) and asked.get("q", "") in row.function_name
        ]
        page, found = read(client, "?" + urlencode(asked)), []
        found += page.numbers
        while "下一页" in page.links:
            page = read(client, page.links["下一页"])
            found += page.numbers
        assert sorted(found) == sorted(wanted)
        assert f"筛选后 {len(wanted)} ·" in client.get(TOTALS + "?" + urlencode(asked)).content.decode()


@pytest.mark.parametrize("name", ["year", "amount_fen", "body_name", "unit", "pk"])
def test_a_key_of_an_address_reads_back_as_the_same_place(office, name):
    _client, seen, _hidden = office
    for row in seen[:5]:
        order = Order(BudgetLine, name, down=False)
        key = read_key(write_key(row, name), order)
        assert key is not None
        assert (key.value, key.number) == (getattr(row, order.stored.attname), row.pk)


def test_a_key_of_another_order_begins_anew(office):
    client, seen, _hidden = office
    key = write_key(seen[3], "amount_fen")
    assert read(client, f"?sort=year&after={key}").numbers == twin(seen, "year")[:7]


PARAMETERS = [
    "q",
    "sort",
    "after",
    "before",
    "last",
    "from",
    "year",
    "unit",
    "fund",
    "body_code",
    "cols",
    "view",
]
VALUES = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        ["-", "--year", "year", "-pk", "\0", "古\0树", "9" * 30, "-" + "9" * 30, "1e5", "²", "WyJ5ZWFyIixudWxsLDFd", "null"]
    ),
)  # fmt: skip


@given(asked=st.dictionaries(st.sampled_from(PARAMETERS), VALUES, max_size=4))
def test_no_address_is_an_error(asked):
    unit = Unit.objects.filter(code="H").first() or make_unit("H")
    client = Client()
    client.force_login(_person(unit), backend="django.contrib.auth.backends.ModelBackend")
    if not BudgetLine.objects.exists():
        make_line(unit)
    address = urlencode(asked, errors="replace")
    assert client.get(f"{LIST}?{address}").status_code == 200, asked
    assert client.get(f"{TOTALS}?{address}").status_code == 200, asked


def _person(unit: Unit):
    from yunpu.access.models import User

    found = User.objects.filter(unit=unit).first()
    if found is None:
        make_client(unit)
        found = User.objects.get(unit=unit)
    return found


# Queries of the register's own records; a change here is a change of every list.
PINNED = {
    "": (LIST, 2),  # numbers, rows
    "last": (LIST + "?last=1", 2),
    "filter": (LIST + "?fund=11", 5),  # where a first and a second window end, their numbers, rows
    "word": (LIST + "?q=古树", 4),  # hits expected (SQLite: a correction under way?), hits, numbers, rows
    "totals": (TOTALS, 1),  # count, sums, and whether they are of one currency
    "totals of a filter": (TOTALS + "?fund=11", 2),
    "record": ("", 5),  # the record, and twice numbers and rows of its neighbours
}


def queries_of(client: Client, address: str) -> list[str]:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return [one["sql"] for one in queries.captured_queries]


@pytest.mark.parametrize("title", PINNED)
def test_the_number_of_queries_of_records_is_pinned(office, title):
    client, seen, _hidden = office
    address, expected = PINNED[title]
    asked = queries_of(client, address or f"/budget/lines/{seen[0].pk}/")
    assert len([sql for sql in asked if "budget_budgetline" in sql or "ui_search" in sql]) == expected, asked


def test_no_page_asks_more_when_there_are_more_rows_and_units(office):
    client, seen, _hidden = office
    addresses = [address for address, _count in PINNED.values() if address]
    addresses.append(f"/budget/lines/{seen[0].pk}/")
    queries_of(client, LIST)  # what a session's first page asks once
    before = [len(queries_of(client, address)) for address in addresses]
    unit = seen[0].unit
    below = make_unit("B-2")
    Unit.objects.filter(pk=below.pk).update(parent=unit, path=f"{unit.path}{below.pk}/")
    more = [make_line(below, year=2017, function_name="古树") for _turn in range(40)]
    search.reindex(BudgetLine, [line.pk for line in more])
    assert [len(queries_of(client, address)) for address in addresses] == before

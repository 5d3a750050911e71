"""The content digest is that of the values: equal on every database, in every order, and only for equal content."""

import datetime as dt
import unicodedata

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from yunpu.stages.snapshots import reading
from yunpu.stages.snapshots.freezing import UnableToFreezeTable, _checked, write_table
from yunpu.stages.snapshots.reading import Block, one_moment, read_blocks, select
from yunpu.stages.snapshots.tests.sample import TABLE, Sample, sample_table, slow_digest
from yunpu.stages.snapshots.verifying import content_digest

pytestmark = pytest.mark.django_db(transaction=True)
TODAY = dt.date(2020, 12, 20)
INT64 = st.integers(-(2**63), 2**63 - 1)
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
ROW = st.fixed_dictionaries(
    {
        "code": TEXT,
        "note": st.none() | TEXT,
        "number": st.none() | INT64,
        "amount_fen": INT64,
        "day": st.none() | st.dates(dt.date(1900, 1, 1), dt.date(2199, 12, 31)),
        "flag": st.none() | st.booleans(),
    }
)
ROWS = st.lists(ROW, max_size=8, unique_by=lambda row: unicodedata.normalize("NFC", row["code"]))
FEW = settings(
    max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@pytest.fixture
def digest(monkeypatch, tmp_path):
    """Write rows to the database, freeze them, and give the content digest."""
    with sample_table(monkeypatch):

        def freeze_rows(rows):
            Sample.objects.all().delete()
            Sample.objects.bulk_create(Sample(**row) for row in rows)
            with one_moment() as reader:
                file = write_table(reader, select(TABLE, TODAY), tmp_path, lambda count: None)
            assert file.rows == len(rows)
            assert content_digest(TABLE, tmp_path / file.file_name) == file.digest
            return file.digest

        yield freeze_rows


def test_digest_equals_its_slow_twin_whatever_the_order(digest):
    @FEW
    @given(ROWS, st.randoms(use_true_random=False))
    def check(rows, random):
        first = digest(rows)
        assert first == slow_digest(rows)
        random.shuffle(rows)
        assert digest(rows) == first

    check()


def test_one_changed_cell_changes_the_digest(digest):
    @FEW
    @given(ROWS.filter(bool), st.data())
    def check(rows, data):
        before = digest(rows)
        at = data.draw(st.integers(0, len(rows) - 1))
        name = data.draw(st.sampled_from(["note", "number", "amount_fen", "day", "flag"]))
        other = data.draw(ROW.map(lambda row: row[name]))
        same = _nfc(other) == _nfc(rows[at][name])
        rows[at] = {**rows[at], name: other}
        assert (digest(rows) == before) == same

    check()


def _nfc(value):
    return unicodedata.normalize("NFC", value) if isinstance(value, str) else value


ZERO = {"code": "a", "note": "", "number": 0, "amount_fen": 0, "day": dt.date(1970, 1, 1), "flag": False}


@pytest.mark.parametrize("name", ["note", "number", "day", "flag"])
def test_missing_differs_from_zero_and_empty(digest, name):
    assert digest([ZERO]) != digest([{**ZERO, name: None}])


def test_columns_are_known_though_the_first_rows_hold_nothing(digest):
    rows = [{**ZERO, "code": f"{n:06}", "note": None if n < 70_000 else "迟到"} for n in range(70_002)]
    assert digest(rows) == slow_digest(rows)


def test_blocks_are_cut_again_whatever_the_driver_cuts(digest, monkeypatch):
    rows = [{**ZERO, "code": f"{n:04}"} for n in range(25)]
    digest(rows)
    monkeypatch.setattr(reading, "BLOCK", 10)
    with one_moment() as reader:
        blocks = list(read_blocks(reader, select(TABLE, TODAY)))
    assert [block.rows for block in blocks] == [10, 10, 5]
    assert [code.as_py() for block in blocks for code in block.values["code"]] == [
        row["code"] for row in rows
    ]


def test_codes_that_become_one_are_refused_with_their_place(digest):
    composed, decomposed = "\u00e9", "e\u0301"
    with pytest.raises(UnableToFreezeTable, match="é"):
        digest([{**ZERO, "code": composed}, {**ZERO, "code": decomposed}])


# Rows with everything that databases tell apart: missing and empty, signs, composed letters, Chinese order.
PINNED_ROWS = [
    {"code": "安石", "note": None, "number": -(2**63), "amount_fen": 0, "day": None, "flag": None},
    {"code": "Z", "note": "", "number": None, "amount_fen": -1, "day": dt.date(1969, 12, 31), "flag": False},
    {
        "code": "a",
        "note": "e\u0301𠮷",
        "number": 2**63 - 1,
        "amount_fen": 8982_0000_00,
        "day": TODAY,
        "flag": True,
    },
    {"code": "é", "note": "改革", "number": 0, "amount_fen": 1, "day": dt.date(2199, 12, 31), "flag": True},
]
PINNED = "014470ee01a24860cf82613416d79ed752a433554e3e878bc913920deba99b42"


def test_the_same_records_have_this_digest_on_every_database_for_ever(digest):
    assert digest(PINNED_ROWS) == PINNED
    assert digest(PINNED_ROWS[::-1]) == PINNED


@pytest.mark.parametrize(
    ("blocks", "repeated"),
    [
        (["ab", "cd"], ""),
        (["abb", "cd"], "b"),
        (["ab", "bc"], "b"),  # the last of one block, the first of the next
        (["ab", "c", "cd"], "c"),
        (["a", "a"], "a"),
    ],
)
def test_a_key_that_stands_twice_is_refused_also_across_blocks(blocks, repeated):
    made = [Block({"code": pa.array(list(keys))}, {}, len(keys)) for keys in blocks]
    if not repeated:
        assert list(_checked(made, TABLE)) == made
        return
    with pytest.raises(UnableToFreezeTable, match=repeated):
        list(_checked(made, TABLE))

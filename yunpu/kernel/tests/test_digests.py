import datetime as dt
import io
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yunpu.kernel.digests import CHUNK, Sm3, canonical, hmac_sm3, row_digest, sm3_file, sm3_hex

# GB/T 32905-2016, annex A
ABC = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
ABCD_16 = "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"
values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.text(st.characters(codec="utf-8")),
    st.binary(),
    st.dates(),
    st.fractions(),
    st.decimals(allow_nan=False, allow_infinity=False, places=3),
    st.datetimes(timezones=st.just(dt.UTC)),
)


def comparable(row: list[object]) -> list[tuple[object, ...]]:
    numbers = (Fraction, Decimal)
    return [("R", Fraction(v)) if isinstance(v, numbers) else (type(v).__name__, v) for v in row]  # type: ignore[arg-type]


def test_official_vectors() -> None:
    assert sm3_hex(b"abc") == ABC
    assert sm3_hex(b"abcd" * 16) == ABCD_16


@given(st.binary(), st.binary())
def test_pieces_digest_as_the_whole(first: bytes, second: bytes) -> None:
    digest = Sm3(first)
    assert digest.hexdigest() == sm3_hex(first)
    digest.update(second)
    assert digest.digest().hex() == sm3_hex(first + second)


def test_files(tmp_path: Path) -> None:
    content = b"x" * (CHUNK + 7)
    path = tmp_path / "file"
    path.write_bytes(content)
    assert sm3_file(path) == sm3_file(str(path)) == sm3_file(io.BytesIO(content)) == sm3_hex(content)


@given(st.binary(max_size=64), st.binary())
def test_hmac_follows_its_definition(key: bytes, message: bytes) -> None:
    padded = key.ljust(64, b"\0")
    inner = Sm3(bytes(byte ^ 0x36 for byte in padded) + message).digest()
    assert hmac_sm3(key, message) == sm3_hex(bytes(byte ^ 0x5C for byte in padded) + inner)


@given(st.lists(values, max_size=5), st.lists(values, max_size=5))
def test_different_rows_never_share_a_byte_form(one: list[object], other: list[object]) -> None:
    same = comparable(one) == comparable(other)
    assert (canonical(one) == canonical(other)) == same  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "other"),
    [([None], [""]), ([1], [True]), ([1], ["1"]), (["ab", "c"], ["a", "bc"]), ([""], []), (["a"], [b"a"])],
)
def test_what_must_differ_differs(one: list[object], other: list[object]) -> None:
    assert row_digest(one) != row_digest(other)  # type: ignore[arg-type]


def test_one_value_has_one_form() -> None:
    assert canonical([Decimal("1.50")]) == canonical([Fraction(3, 2)])
    west = dt.timezone(dt.timedelta(hours=-1))
    assert canonical([dt.datetime(2020, 1, 1, 8, tzinfo=dt.UTC)]) == canonical(
        [dt.datetime(2020, 1, 1, 7, tzinfo=west)]
    )


def test_the_byte_form_is_for_ever() -> None:
    assert canonical([None, "谱", 5, True, dt.date(2020, 12, 20)]) == (
        b"N\0\0\0\0S\0\0\0\x03\xe8\xb0\xb1I\0\0\0\x015B\0\0\0\x011D\0\0\0\x0a2020-12-20"
    )


@pytest.mark.parametrize("value", [1.5, Decimal("NaN"), [1], object()])
def test_what_has_no_form_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="byte form"):
        canonical([value])  # type: ignore[list-item]


def test_a_moment_needs_its_zone() -> None:
    with pytest.raises(AssertionError, match="time zone"):
        canonical([dt.datetime(2020, 1, 1)])  # noqa: DTZ001 - the defect in question

"""From a messy cell to a typed value, or to a finding. Never a repair of what cannot be known."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from yunpu.kernel import codes
from yunpu.kernel.text import mark as _
from yunpu.kernel.text import normalise
from yunpu.stages.intake.dates import read_date, read_month
from yunpu.stages.intake.formats import Column, Type
from yunpu.stages.intake.kinds import (
    BAD_CHARACTERS,
    BAD_CODE,
    DATE_IN_CODE,
    DIGITS_LOST,
    NOT_IN_LIST,
    NOT_YES_NO,
    TOO_LONG,
    Bad,
    show,
)
from yunpu.stages.intake.numbers import (
    EXPONENT,
    Reading,
    read_decimal,
    read_integer,
    read_money,
    read_percent,
    read_year,
)

_YES = {"是", "有", "y", "yes", "true", "1", "√", "✓", "对"}
_NO = {"否", "无", "n", "no", "false", "0", "×", "✗", "错", "没有"}
_AS_TEXT = re.compile(r'="(.*)"')
_INVISIBLE = dict.fromkeys(
    [0xAD, 0xFEFF, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2065)]
)


@dataclass(frozen=True)
class CellContext:
    """What a parser must know besides the cell: the column's unit here, the epoch, the answer about percents.

    `factor` turns numbers into the format's unit; `typeless` says that every cell of the file is text.
    """

    unit: str = ""
    epoch_1904: bool = False
    percent_reading: Reading | None = None
    factor: Fraction = Fraction(1)
    typeless: bool = False


Parse = Callable[[Any, bool], Any]


def make_parser(column: Column, context: CellContext) -> Parse:
    """The parser of one column of one sheet: cell and "has a percent format" in, value out. Raises Bad.

    Never called for an empty cell.
    """
    match column.type:
        case Type.TEXT:
            return lambda value, _percent: _text(column, value, context.typeless)
        case Type.INTEGER:
            return lambda value, _percent: read_integer(column, value, context.factor)
        case Type.DECIMAL:
            return lambda value, _percent: read_decimal(column, value, context.factor)
        case Type.MONEY:
            unit = context.unit or column.unit or "元"
            return lambda value, _percent: read_money(column, value, unit)
        case Type.PERCENT:
            reading, factor = context.percent_reading, context.factor
            return lambda value, percent: read_percent(column, value, percent, reading, factor)
        case Type.DATE:
            return lambda value, _percent: read_date(value, context.epoch_1904)
        case Type.MONTH:
            return lambda value, _percent: read_month(value, context.epoch_1904)
        case Type.YEAR:
            return lambda value, _percent: read_year(column, value)
        case Type.YES_NO:
            return lambda value, _percent: _yes_no(value)
        case Type.CODE:
            return _code_parser(column, context.typeless)
        case _:
            return lambda value, _percent: _identity(column, value, context.typeless)


def _plain(column: Column, value: str) -> str:
    """A text in one form, without what cannot be seen. Raises Bad for control characters."""
    text = normalise(value)
    if not text.isprintable():
        text = normalise(text.translate(_INVISIBLE))
        if any(c < " " or "\x7f" <= c < "\xa0" or "\ud800" <= c <= "\udfff" for c in text):
            raise Bad(BAD_CHARACTERS, title=column.title)
    return text


def _written(column: Column, value: Any, *, code: bool) -> str:
    """A cell as the text it stands for; `code` where each digit counts. Raises Bad where digits are lost."""
    if isinstance(value, str):
        text = _plain(column, value)
        if text.startswith('="') and (quoted := _AS_TEXT.fullmatch(text)):
            text = quoted[1].strip()
        if code:
            text = text.lstrip("'").strip()
        if (code or column.key) and EXPONENT.fullmatch(text):
            raise Bad(DIGITS_LOST, value=show(value))
        return text
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float):
        return _whole_digits(value) if value.is_integer() else repr(value)
    if isinstance(value, dt.date | dt.time | dt.timedelta):
        if code:
            raise Bad(DATE_IN_CODE, value=show(value), title=column.title)
        return value.isoformat()[:10] if isinstance(value, dt.date) else str(value)
    return str(value)


def _text(column: Column, value: Any, typeless: bool) -> str:
    text = _written(column, value, code=bool(column.length))
    if column.length and text.isdecimal() and text.isascii() and (typeless or not isinstance(value, str)):
        text = text.zfill(column.length)
    if column.length and len(text) != column.length:
        raise Bad(
            BAD_CODE,
            value=show(value),
            reason=_("位数不对"),
            remedy=_("对照代码表核对，前面的 0 不要丢"),
        )
    if len(text) > column.max_length:
        raise Bad(TOO_LONG, length=len(text), limit=column.max_length)
    return text


def _whole_digits(value: float) -> str:
    if abs(value) >= 1e15:
        raise Bad(DIGITS_LOST, value=f"{value:.0f}" if abs(value) < 1e30 else show(value))
    return str(int(value))


def _yes_no(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    text = normalise(show(value)).lower()
    if text in _YES:
        return True
    if text in _NO:
        return False
    raise Bad(NOT_YES_NO, value=show(value))


def _first_labels(labels: list[str], most: int = 120) -> Iterator[str]:
    """The labels that find room in a message, "…" for the rest."""
    room = most
    for label in labels:
        room -= len(label) + 1
        yield label if room >= 0 else "…"
        if room < 0:
            return


def _code_parser(column: Column, typeless: bool) -> Parse:
    known: dict[str, str] = {}
    for code, label in column.choices.items():
        known[normalise(label).lower()] = code
    for code in column.choices:
        known[normalise(code).lower()] = code
    listed = tuple(_first_labels(list(column.choices.values())))

    def parse(value: Any, _percent: bool) -> str:
        text = _written(column, value, code=True).lower()
        if text in known:
            return known[text]
        if column.length and text.isdecimal() and (typeless or not isinstance(value, str)):
            filled = text.zfill(column.length)
            if filled in known:
                return known[filled]
        raise Bad(NOT_IN_LIST, value=show(value), title=column.title, list=listed)

    return parse


_IDENTITIES: dict[Type, tuple[int, Callable[[str], codes.CodeFault | None]]] = {
    Type.CREDIT_CODE: (18, codes.check_credit_code),
    Type.IDENTITY_NUMBER: (18, codes.check_identity_number),
    Type.REGION_CODE: (6, codes.check_region_code),
    Type.PROJECT_CODE: (21, codes.check_project_code),
}
_PHONE = re.compile(r"1[0-9]{10}|0[0-9]{2,3}-?[0-9]{7,8}(-[0-9]{1,6})?|[0-9]{7,8}|[48]00-?[0-9]{3}-?[0-9]{4}")


def _identity(column: Column, value: Any, typeless: bool) -> str:
    text = _written(column, value, code=True).replace(" ", "").upper()
    if column.type is Type.PHONE:
        text = text.removeprefix("+86").removeprefix("0086")
        if not _PHONE.fullmatch(text):
            raise Bad(
                BAD_CODE, value=show(value), reason=_("不是电话号码"), remedy=_("手机 11 位，固定电话带区号")
            )
        return text
    length, check = _IDENTITIES[column.type]
    if text.isdecimal() and length <= 15 and (typeless or not isinstance(value, str)):
        text = text.zfill(length)
    fault = check(text)
    if fault:
        raise Bad(BAD_CODE, value=show(value), reason=fault.reason, remedy=fault.remedy)
    return text

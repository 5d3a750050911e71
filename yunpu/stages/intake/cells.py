"""From a messy cell to a typed value, or to a finding. Never a repair of what cannot be known."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from yunpu.kernel import codes
from yunpu.kernel.findings import FindingKind, Severity, declare
from yunpu.kernel.money import FEN_PER_UNIT, MINUS, NotMoney, parse_money
from yunpu.kernel.text import mark as _
from yunpu.kernel.text import normalise
from yunpu.stages.intake.formats import Column, Type
from yunpu.stages.intake.sheets import from_serial

_E = Severity.ERROR

MISSING = declare(
    FindingKind(
        "INT-001",
        _E,
        _("“%(title)s”没有填"),
        _("少了它就不知道这一行说的是什么。"),
        _("补填“%(title)s”"),
        "空单元格",
    )
)
NOT_NUMBER = declare(
    FindingKind(
        "INT-002",
        _E,
        _("“%(value)s”不是数字"),
        _("数字列里的文字不能计算。"),
        _("只填数字"),
        "金额写成“待定”",
    )
)
NOT_WHOLE = declare(
    FindingKind(
        "INT-003", _E, _("“%(value)s”不是整数"), _("“%(title)s”按个数统计。"), _("改成整数"), "人数 2.5"
    )
)
TOO_LARGE = declare(
    FindingKind(
        "INT-004",
        _E,
        _("“%(value)s”超出可记录的范围"),
        _("数字太大，多半是多敲了几位。"),
        _("核对后重填"),
        "2^70",
    )
)
OUT_OF_RANGE = declare(
    FindingKind(
        "INT-005",
        _E,
        _("“%(value)s”应在 %(low)s 到 %(high)s 之间"),
        _("超出范围的值会让合计出错。"),
        _("核对后重填"),
        "人数 -3",
    )
)
NOT_DATE = declare(
    FindingKind(
        "INT-006",
        _E,
        _("“%(value)s”不是日期"),
        _("没有日期就不能归入报告期。"),
        _("写成 2020-11-24"),
        "2020年13月1日",
    )
)
NOT_IN_LIST = declare(
    FindingKind(
        "INT-007",
        _E,
        _("“%(value)s”不在“%(title)s”的代码表里"),
        _("代码表以外的值无法归类。"),
        _("从 %(list)s 中选一个"),
        "类型写错",
    )
)
BAD_CODE = declare(
    FindingKind(
        "INT-008",
        _E,
        _("“%(value)s”：%(reason)s"),
        _("代码错了就会对到别的主体。"),
        "%(remedy)s",
        "信用代码抄错一位",
    )
)
DIGITS_LOST = declare(
    FindingKind(
        "INT-009",
        _E,
        _("“%(value)s”超过 15 位，存成数字时末尾几位已经丢失"),
        _("丢失的位数无法还原，猜出来的代码会对到别的主体。"),
        _("把这一列设为文本格式，重新录入"),
        "18 位代码存成数字",
    )
)
TOO_LONG = declare(
    FindingKind(
        "INT-010",
        _E,
        _("内容有 %(length)s 个字，最多 %(limit)s 个"),
        _("过长的内容存不下。"),
        _("缩短，或移到备注"),
        "超长文本",
    )
)
NOT_MONEY = declare(
    FindingKind(
        "INT-011",
        _E,
        _("“%(value)s”不是金额，或比分还小"),
        _("金额按分记账，不能四舍五入。"),
        _("写成如 1,234.50"),
        "1.234 元",
    )
)
NOT_YES_NO = declare(
    FindingKind(
        "INT-012", _E, _("“%(value)s”应为“是”或“否”"), _("其他写法无法判断。"), _("改成“是”或“否”"), "也许"
    )
)
PERCENT_QUESTION = declare(
    FindingKind(
        "INT-020",
        Severity.QUESTION,
        _("“%(title)s”里有 %(value)s，没有百分号也没有百分比格式"),
        _("0.4 可能是 0.4%%，也可能是 40%%，相差一百倍。"),
        _("选一次“按比例（0.4＝40%%）”或“按百分数（0.4＝0.4%%）”，整列都照此办理"),
        "百分比列里写 0.4",
    )
)

_LIMIT = 2**63
_YES = {"是", "有", "y", "yes", "true", "1", "√", "✓", "对"}
_NO = {"否", "无", "n", "no", "false", "0", "×", "✗", "错", "没有"}
_DATE = re.compile(
    r"(\d{4})\s*[-./年]\s*(\d{1,2})\s*[-./月]\s*(\d{1,2})\s*日?(?:\s+\d{1,2}:\d{2}(?::\d{2})?)?"
)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_MONTH = re.compile(r"(\d{4})\s*[-./年]\s*(\d{1,2})\s*月?")
_PLAIN = re.compile(r"[-+]?\d+")
_SIMPLE_MONEY = re.compile(r"(-?)(\d{1,12})(?:\.(\d{1,2}))?")


class Reading(StrEnum):
    """How bare fractions of a percent column are meant: the answer to INT-020."""

    RATIO = "ratio"
    PERCENT = "percent"


class Bad(Exception):
    """A cell that is no value of its column: kind of finding and its parameters."""

    def __init__(self, kind: FindingKind, **params: Any) -> None:
        self.kind = kind
        self.params = params
        super().__init__(kind.code)


@dataclass(frozen=True)
class CellContext:
    """What a parser must know besides the cell: the column's unit here, the epoch, the answer about percents."""

    unit: str = ""
    epoch_1904: bool = False
    percent_reading: Reading | None = None


Parse = Callable[[Any, bool], Any]


def make_parser(column: Column, context: CellContext) -> Parse:
    """The parser of one column of one sheet: cell and "has a percent format" in, value out. Raises Bad.

    Never called for an empty cell.
    """
    match column.type:
        case Type.TEXT:
            return lambda value, _percent: _text(column, value)
        case Type.INTEGER:
            return lambda value, _percent: _integer(column, value)
        case Type.DECIMAL:
            return lambda value, _percent: _decimal(column, value)
        case Type.MONEY:
            unit = context.unit or column.unit or "元"
            return lambda value, _percent: _money(column, value, unit)
        case Type.PERCENT:
            return lambda value, percent: _percentage(column, value, percent, context.percent_reading)
        case Type.DATE:
            return lambda value, _percent: _date(value, context.epoch_1904)
        case Type.MONTH:
            return lambda value, _percent: _month(value, context.epoch_1904)
        case Type.YEAR:
            return lambda value, _percent: _year(column, value)
        case Type.YES_NO:
            return lambda value, _percent: _yes_no(value)
        case Type.CODE:
            return _code_parser(column)
        case _:
            return lambda value, _percent: _identity(column, value)


def show(value: Any) -> str:
    """A cell as its reader sees it, cut to 40 characters."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = str(value)
    return text if len(text) <= 40 else text[:39] + "…"


def _text(column: Column, value: Any) -> str:
    if isinstance(value, float):
        text = _whole_digits(value) if value.is_integer() else repr(value)
    elif isinstance(value, dt.datetime | dt.date):
        text = value.isoformat()[:10]
    else:
        text = normalise(str(value)) if not isinstance(value, bool) else ("是" if value else "否")
    if column.length and text.isdecimal() and not isinstance(value, str):
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
        raise Bad(DIGITS_LOST, value=f"{value:.0f}")
    return str(int(value))


def _number(value: Any) -> Decimal:
    """A number as typed: thousands separators, full-width digits, brackets and U+2212 for minus."""
    if isinstance(value, bool | dt.date | dt.datetime | dt.time | dt.timedelta):
        raise Bad(NOT_NUMBER, value=show(value))
    if isinstance(value, int):
        return Decimal(value)
    if isinstance(value, float):
        return Decimal(repr(value))
    text = normalise(str(value)).replace(MINUS, "-").replace("，", ",")
    if text.startswith("(") and text.endswith(")"):
        text = "-" + text[1:-1]
    if "," in text:
        if not re.fullmatch(r"-?\d{1,3}(,\d{3})+(\.\d+)?", text):
            raise Bad(NOT_NUMBER, value=show(value))
        text = text.replace(",", "")
    if not re.fullmatch(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,3})?", text):
        raise Bad(NOT_NUMBER, value=show(value))
    try:
        return Decimal(text)
    except InvalidOperation:
        raise Bad(NOT_NUMBER, value=show(value)) from None


def _integer(column: Column, value: Any) -> int:
    if isinstance(value, str) and value.isascii() and len(value) < 19 and _PLAIN.fullmatch(value):
        whole = int(value)
    else:
        number = _number(value)
        if abs(number) >= _LIMIT:
            raise Bad(TOO_LARGE, value=show(value))
        if number != number.to_integral_value():
            raise Bad(NOT_WHOLE, value=show(value), title=column.title)
        whole = int(number)
    return _in_range(column, whole, value)


def _in_range(column: Column, number: int, value: Any) -> int:
    low, high = column.minimum, column.maximum
    if (low is not None and number < low) or (high is not None and number > high):
        low_shown = "…" if low is None else low
        raise Bad(OUT_OF_RANGE, value=show(value), low=low_shown, high="…" if high is None else high)
    return number


def _decimal(column: Column, value: Any) -> Decimal:
    number = _number(value)
    if abs(number) >= 10**18:
        raise Bad(TOO_LARGE, value=show(value))
    quantum = Decimal(1).scaleb(-column.places)
    return number.quantize(quantum) if isinstance(value, float) else number


def _money(column: Column, value: Any, unit: str) -> int:
    if isinstance(value, str):
        simple = _SIMPLE_MONEY.fullmatch(value)
        if simple and unit != "分":
            hundredths = int(simple[2]) * 100 + (int(simple[3].ljust(2, "0")) if simple[3] else 0)
            fen = hundredths * (FEN_PER_UNIT[unit] // 100)
            return _in_range(column, -fen if simple[1] else fen, value)
    try:
        fen = parse_money(value if isinstance(value, str | int) else _float_money(value, unit), unit)
    except (NotMoney, TypeError, ValueError):
        raise Bad(NOT_MONEY, value=show(value)) from None
    if abs(fen) >= _LIMIT:
        raise Bad(TOO_LARGE, value=show(value))
    return _in_range(column, fen, value)


def _float_money(value: Any, unit: str) -> Decimal:
    """A number cell holds binary fractions: 15 digits are what the office saw, and a fen is the smallest part."""
    if isinstance(value, bool) or not isinstance(value, float):
        raise NotMoney(str(value))
    shown = Decimal(f"{value:.15g}")
    if shown.is_zero() or not shown.is_finite():
        return shown
    exact = shown * FEN_PER_UNIT[unit]
    if exact != exact.to_integral_value() and abs(exact) >= 10**13:
        raise NotMoney(str(value))
    return shown


def _percentage(column: Column, value: Any, percent: bool, reading: Reading | None) -> Decimal:
    if isinstance(value, str):
        text = normalise(value)
        if text.endswith("%"):
            return _number(text[:-1])
        return _bare_percentage(column, _number(text), value, reading)
    number = _number(value)
    if percent:
        return _tidy(number * 100)
    return _bare_percentage(column, number, value, reading)


def _bare_percentage(column: Column, number: Decimal, value: Any, reading: Reading | None) -> Decimal:
    if reading is Reading.RATIO:
        return _tidy(number * 100)
    if reading is None and -1 < number < 1 and number:
        raise Bad(PERCENT_QUESTION, value=show(value), title=column.title)
    return number


def _tidy(number: Decimal) -> Decimal:
    """A percent out of a binary fraction: 12 digits are more than any office writes."""
    return Decimal(f"{number:.12g}")


def _date(value: Any, epoch_1904: bool) -> dt.date:
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    if isinstance(value, str):
        text = normalise(value)
        found = _DATE.fullmatch(text) or _COMPACT.fullmatch(text)
        if found:
            try:
                return dt.date(int(found[1]), int(found[2]), int(found[3]))
            except ValueError:
                raise Bad(NOT_DATE, value=show(value)) from None
        if re.fullmatch(r"\d{5}(\.\d+)?", text):
            return _serial_day(float(text), epoch_1904, value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        if float(value).is_integer() and 19000101 <= value <= 22001231:
            return _date(str(int(value)), epoch_1904)
        return _serial_day(float(value), epoch_1904, value)
    raise Bad(NOT_DATE, value=show(value))


def _serial_day(serial: float, epoch_1904: bool, value: Any) -> dt.date:
    day = from_serial(serial, epoch_1904=epoch_1904)
    if day is None:
        raise Bad(NOT_DATE, value=show(value))
    return day


def _month(value: Any, epoch_1904: bool) -> dt.date:
    if isinstance(value, float | int) and not isinstance(value, bool) and 190001 <= value <= 220012:
        value = str(int(value))
    if isinstance(value, str):
        text = normalise(value)
        found = _MONTH.fullmatch(text) or re.fullmatch(r"(\d{4})(\d{2})", text)
        if found:
            if not 1 <= int(found[2]) <= 12 or int(found[1]) < 1:
                raise Bad(NOT_DATE, value=show(value))
            return dt.date(int(found[1]), int(found[2]), 1)
    return _date(value, epoch_1904).replace(day=1)


def _year(column: Column, value: Any) -> int:
    if isinstance(value, str):
        value = normalise(value).removesuffix("年度").removesuffix("年")
    elif isinstance(value, dt.date | dt.datetime):
        value = value.year
    year = _integer(column, value)
    if not 1900 <= year <= 2200:
        raise Bad(OUT_OF_RANGE, value=show(value), low=1900, high=2200)
    return year


def _yes_no(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    text = show(value).strip().lower()
    text = normalise(text)
    if text in _YES:
        return True
    if text in _NO:
        return False
    raise Bad(NOT_YES_NO, value=show(value))


def _code_parser(column: Column) -> Parse:
    assert column.codes is not None
    known: dict[str, str] = {}
    for member in column.codes:
        label = str(getattr(member, "label", member.value))
        known[normalise(member.value).lower()] = member.value
        known[normalise(label).lower()] = member.value
    labels = "、".join(str(getattr(member, "label", member.value)) for member in column.codes)

    def parse(value: Any, _percent: bool) -> str:
        if isinstance(value, float):
            text = _whole_digits(value) if value.is_integer() else repr(value)
        else:
            text = normalise(str(value)).lower()
        if text in known:
            return known[text]
        if column.length and text.isdecimal() and text.zfill(column.length) in known:
            return known[text.zfill(column.length)]
        raise Bad(NOT_IN_LIST, value=show(value), title=column.title, list=labels[:120])

    return parse


_IDENTITIES: dict[Type, tuple[int, Callable[[str], codes.CodeFault | None]]] = {
    Type.CREDIT_CODE: (18, codes.check_credit_code),
    Type.IDENTITY_NUMBER: (18, codes.check_identity_number),
    Type.REGION_CODE: (6, codes.check_region_code),
    Type.PROJECT_CODE: (21, codes.check_project_code),
}
_PHONE = re.compile(r"1\d{10}|0\d{2,3}-?\d{7,8}|\d{7,8}")


def _identity(column: Column, value: Any) -> str:
    text = _whole_digits(value) if isinstance(value, float) and value.is_integer() else normalise(str(value))
    text = text.replace(" ", "").upper()
    if column.type is Type.PHONE:
        if not _PHONE.fullmatch(text):
            raise Bad(
                BAD_CODE, value=show(value), reason=_("不是电话号码"), remedy=_("手机 11 位，固定电话带区号")
            )
        return text
    length, check = _IDENTITIES[column.type]
    if not isinstance(value, str) and text.isdecimal() and length <= 15:
        text = text.zfill(length)
    fault = check(text)
    if fault:
        raise Bad(BAD_CODE, value=show(value), reason=fault.reason, remedy=fault.remedy)
    return text

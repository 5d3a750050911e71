"""From a messy cell to a typed value, or to a finding. Never a repair of what cannot be known."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any

from yunpu.kernel import codes
from yunpu.kernel.findings import FindingKind, Severity, declare
from yunpu.kernel.money import FEN_PER_UNIT, MINUS, NotMoney, Rounding, parse_money, round_to
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
        _("“%(value)s”不是金额"),
        _("金额列里的文字不能计算。"),
        _("只填数字，写成如 1,234.50"),
        "金额写成“待定”",
    )
)
FINER_THAN_FEN = declare(
    FindingKind(
        "INT-013",
        _E,
        _("“%(value)s”（%(unit)s）精确到了分以下"),
        _("金额按分记账，系统不替您四舍五入，免得与合计对不上。"),
        _("改成精确到分的数"),
        "1.234 元",
    )
)
DATE_IN_CODE = declare(
    FindingKind(
        "INT-014",
        _E,
        _("“%(title)s”里是日期 %(value)s，多半是 Excel 把编码改成了日期"),
        _("原来的写法已经丢失，猜出来的编码会对到别的记录。"),
        _("把这一列设为文本格式，重新录入"),
        "编码 3-5 被改成 3 月 5 日",
    )
)
BAD_CHARACTERS = declare(
    FindingKind(
        "INT-015",
        _E,
        _("“%(title)s”里有不能保存的控制字符"),
        _("看不见的字符会让相同的名称对不上。"),
        _("重新录入这一格"),
        "文字里有空字节",
    )
)
CELL_ERROR = declare(
    FindingKind(
        "INT-016",
        _E,
        _("“%(title)s”的公式结果是错误值"),
        _("错误值不是数据，当作空白会漏掉一个数。"),
        _("改好公式，或直接填数"),
        "#DIV/0!",
    )
)
NO_RESULT = declare(
    FindingKind(
        "INT-017",
        _E,
        _("“%(title)s”的公式没有存下计算结果"),
        _("系统不重新计算公式，当作空白会漏掉一个数。"),
        _("在 Excel 里打开并保存一次，再上传"),
        "程序生成、从未打开过的文件",
    )
)
ROUNDED = declare(
    FindingKind(
        "INT-018",
        Severity.WARNING,
        _("“%(title)s”的小数超过 %(places)s 位（如 %(value)s），已四舍五入"),
        _("多出的位数不保存，合计可能有细微差别。"),
        _("确认可以四舍五入，或改成 %(places)s 位小数"),
        "面积 3.14159",
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
    r"([0-9]{4})\s*[-./年]\s*([0-9]{1,2})\s*[-./月]\s*([0-9]{1,2})\s*[日号]?"
    r"(?:[T\s]+[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?"
)
_COMPACT = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_MONTH = re.compile(r"([0-9]{4})\s*[-./年]\s*([0-9]{1,2})\s*月?")
_PLAIN = re.compile(r"[-+]?[0-9]+")
_NUMBER = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]{1,3})?")
_THOUSANDS = re.compile(r"[-+]?[0-9]{1,3}([, ])[0-9]{3}(?:\1[0-9]{3})*(?:\.[0-9]+)?")
_EXPONENT = re.compile(r"[0-9](?:\.[0-9]+)?[eE]\+?[0-9]{2,3}")
_AS_TEXT = re.compile(r'="(.*)"')
_INVISIBLE = dict.fromkeys(
    [0xAD, 0xFEFF, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2065)]
)
_SIMPLE_MONEY = re.compile(r"(-?)([0-9]{1,12})(?:\.([0-9]{1,2}))?")


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
            return lambda value, _percent: _integer(column, value, context.factor)
        case Type.DECIMAL:
            return lambda value, _percent: _decimal(column, value, context.factor)
        case Type.MONEY:
            unit = context.unit or column.unit or "元"
            return lambda value, _percent: _money(column, value, unit)
        case Type.PERCENT:
            return lambda value, percent: _percentage(column, value, percent, context)
        case Type.DATE:
            return lambda value, _percent: _date(value, context.epoch_1904)
        case Type.MONTH:
            return lambda value, _percent: _month(value, context.epoch_1904)
        case Type.YEAR:
            return lambda value, _percent: _year(column, value)
        case Type.YES_NO:
            return lambda value, _percent: _yes_no(value)
        case Type.CODE:
            return _code_parser(column, context.typeless)
        case _:
            return lambda value, _percent: _identity(column, value, context.typeless)


def show(value: Any) -> str:
    """A cell as its reader sees it, cut to 40 characters, without what no database takes."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e18:
        value = int(value)
    text = str(value)
    text = text if len(text) <= 40 else text[:39] + "…"
    return text if text.isprintable() else "".join(c if c.isprintable() else "\ufffd" for c in text)


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
        if (code or column.key) and _EXPONENT.fullmatch(text):
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


def _number(value: Any, unit: str = "") -> Decimal:
    """A number as typed: thousands separators, full-width digits, brackets and U+2212 for minus, its unit behind."""
    if isinstance(value, bool | dt.date | dt.datetime | dt.time | dt.timedelta):
        raise Bad(NOT_NUMBER, value=show(value))
    if isinstance(value, int):
        return Decimal(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise Bad(NOT_NUMBER, value=show(value))
        return Decimal(f"{value:.15g}")
    text = normalise(str(value)).replace(MINUS, "-")
    if text.startswith("(") and text.endswith(")"):
        text = "-" + text[1:-1].strip()
    if unit:
        text = text.removesuffix(unit).rstrip()
    if ("," in text or " " in text) and _THOUSANDS.fullmatch(text):
        text = text.replace(",", "").replace(" ", "")
    if len(text) > 400 or not _NUMBER.fullmatch(text):
        raise Bad(NOT_NUMBER, value=show(value))
    return Decimal(text)


def _integer(column: Column, value: Any, factor: Fraction = Fraction(1)) -> int:
    if (
        isinstance(value, str)
        and factor == 1
        and value.isascii()
        and len(value) < 19
        and _PLAIN.fullmatch(value)
    ):
        whole = int(value)
    else:
        number = _number(value, column.unit)
        if abs(number) >= _LIMIT:
            raise Bad(TOO_LARGE, value=show(value))
        exact = Fraction(number) * factor
        if exact.denominator != 1:
            raise Bad(NOT_WHOLE, value=show(value), title=column.title)
        whole = int(exact)
        if abs(whole) >= _LIMIT:
            raise Bad(TOO_LARGE, value=show(value))
    return _in_range(column, whole, value)


def _in_range(column: Column, number: int, value: Any) -> int:
    low, high = column.minimum, column.maximum
    if (low is not None and number < low) or (high is not None and number > high):
        _refuse_range(low, high, value)
    return number


def _refuse_range(low: int | None, high: int | None, value: Any) -> None:
    raise Bad(
        OUT_OF_RANGE,
        value=show(value),
        low="…" if low is None else low,
        high="…" if high is None else high,
    )


def _decimal(column: Column, value: Any, factor: Fraction = Fraction(1)) -> Decimal:
    """Exact; with more places than declared it is rounded, and the caller says so by `is_finer`."""
    number = _number(value, column.unit)
    if abs(number) >= 10**18:
        raise Bad(TOO_LARGE, value=show(value))
    if factor != 1:
        number = round_to(Fraction(number) * factor, column.places, Rounding.HALF_UP)
    exponent = number.as_tuple().exponent
    assert isinstance(exponent, int), "the number is finite"
    if -exponent > column.places:
        number = round_to(number, column.places, Rounding.HALF_UP)
    if (column.minimum is not None and number < column.minimum) or (
        column.maximum is not None and number > column.maximum
    ):
        _refuse_range(column.minimum, column.maximum, value)
    return number


def is_finer(column: Column, value: Any) -> bool:
    """Whether a number of a decimal column has more places than the column keeps."""
    exponent = _number(value, column.unit).normalize().as_tuple().exponent
    return isinstance(exponent, int) and -exponent > column.places


def _money(column: Column, value: Any, unit: str) -> int:
    if isinstance(value, str):
        simple = _SIMPLE_MONEY.fullmatch(value)
        if simple and unit != "分":
            hundredths = int(simple[2]) * 100 + (int(simple[3].ljust(2, "0")) if simple[3] else 0)
            fen = hundredths * (FEN_PER_UNIT[unit] // 100)
            return _in_range(column, -fen if simple[1] else fen, value)
    if isinstance(value, bool) or not isinstance(value, str | int | float) or len(str(value)[:401]) > 400:
        raise Bad(NOT_MONEY, value=show(value))
    if isinstance(value, str) and _EXPONENT.fullmatch(value.strip()):
        value = Decimal(value.strip())
    if not isinstance(value, str) and not abs(value) < 10**20:
        raise Bad(TOO_LARGE, value=show(value))
    try:
        fen = parse_money(value, unit, strict=False)
        strict = parse_money(value, unit) == fen
    except NotMoney as fault:
        kind = FINER_THAN_FEN if _is_amount(value, unit) else NOT_MONEY
        words = {"unit": unit} if kind is FINER_THAN_FEN else {}
        raise Bad(kind, value=show(value), **words) from fault
    assert strict, "a strict reading equals the loose one, or fails"
    if abs(fen) >= _LIMIT:
        raise Bad(TOO_LARGE, value=show(value))
    return _in_range(column, fen, value)


def _is_amount(value: Any, unit: str) -> bool:
    try:
        parse_money(value, unit, strict=False)
    except NotMoney:
        return False
    return True


def _percentage(column: Column, value: Any, percent: bool, context: CellContext) -> Decimal:
    if isinstance(value, str):
        text = normalise(value)
        if text.endswith("%"):
            return _bounded(_number(text[:-1].rstrip()), value)
        number = _number(text)
    else:
        number = _number(value)
        if percent:
            return _bounded(_tidy(number * 100), value)
    if context.percent_reading is Reading.RATIO:
        return _bounded(_tidy(number * 100), value)
    if context.percent_reading is None and -1 < number < 1 and number:
        raise Bad(PERCENT_QUESTION, value=show(value), title=column.title)
    return _bounded(number if context.factor == 1 else _tidy(number * Decimal("0.1")), value)


def _bounded(number: Decimal, value: Any) -> Decimal:
    if abs(number) >= 10**12:
        raise Bad(TOO_LARGE, value=show(value))
    return round_to(number, 12, Rounding.HALF_UP).normalize() if _places(number) > 12 else number


def _places(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return -exponent if isinstance(exponent, int) else 0


def _tidy(number: Decimal) -> Decimal:
    """A percent out of a binary fraction: 12 digits are more than any office writes."""
    return Decimal(f"{number:.12g}")


def _date(value: Any, epoch_1904: bool) -> dt.date:
    if isinstance(value, dt.datetime):
        return _possible(value.date(), value)
    if isinstance(value, dt.date):
        return _possible(value, value)
    if isinstance(value, str):
        text = value if value.isascii() else normalise(value)
        found = _DATE.fullmatch(text.strip()) or _COMPACT.fullmatch(text.strip())
        if found:
            try:
                return _possible(dt.date(int(found[1]), int(found[2]), int(found[3])), value)
            except ValueError:
                raise Bad(NOT_DATE, value=show(value)) from None
        if re.fullmatch(r"[0-9]{5}(\.[0-9]+)?", text):
            return _serial_day(float(text), epoch_1904, value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        if isinstance(value, float) and not math.isfinite(value):
            raise Bad(NOT_DATE, value=show(value))
        if 19000101 <= value <= 22001231 and value == int(value):
            return _date(str(int(value)), epoch_1904)
        return _serial_day(value, epoch_1904, value)
    raise Bad(NOT_DATE, value=show(value))


def _possible(day: dt.date, value: Any) -> dt.date:
    """A day that an office can mean: 0201-03-04 is a slip of the finger."""
    if not 1900 <= day.year <= 2200:
        raise Bad(NOT_DATE, value=show(value))
    return day


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
        found = _MONTH.fullmatch(text) or re.fullmatch(r"([0-9]{4})([0-9]{2})", text)
        if found:
            if not 1 <= int(found[2]) <= 12 or not 1900 <= int(found[1]) <= 2200:
                raise Bad(NOT_DATE, value=show(value))
            return dt.date(int(found[1]), int(found[2]), 1)
    return _date(value, epoch_1904).replace(day=1)


def _year(column: Column, value: Any) -> int:
    if isinstance(value, str):
        value = normalise(value).removesuffix("年度").removesuffix("年").rstrip()
    elif isinstance(value, dt.date | dt.datetime):
        value = value.year
    year = _integer(column, value)
    if not 1900 <= year <= 2200:
        raise Bad(OUT_OF_RANGE, value=show(value), low=1900, high=2200)
    return year


def _yes_no(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    text = normalise(show(value)).lower()
    if text in _YES:
        return True
    if text in _NO:
        return False
    raise Bad(NOT_YES_NO, value=show(value))


def _code_parser(column: Column, typeless: bool) -> Parse:
    known: dict[str, str] = {}
    for code, label in column.choices.items():
        known[normalise(label).lower()] = code
    for code in column.choices:
        known[normalise(code).lower()] = code
    listed = "、".join(column.choices.values())
    listed = listed if len(listed) <= 120 else listed[:119] + "…"

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

"""Where the table is in a sheet: titles above, one to three rows of header, units in it, totals and notes below."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from yunpu.kernel.money import FEN_PER_UNIT
from yunpu.kernel.text import normalise
from yunpu.kernel.units import find_unit
from yunpu.stages.intake.formats import Column, Format, Type
from yunpu.stages.intake.mapping import Mapped, Match, match_titles

SEARCHED_ROWS = 40
EXAMPLE = "例："
_GUESSED = 6  # readings of the header whose titles are also compared by likeness
_BRACKET = re.compile(r"[(\[【（]([^()\[\]【】（）]*)[)\]】）]")
_UNIT_LINE = re.compile(r"(?:单位|單位)\s*:\s*([^\s,;。)）]{1,12})|单位\s*((?:千|万|百万|亿)?元)")
_MONEY = re.compile(r"(?:人民币)?((?:千|万|百万|亿)?元|分|千|万|亿)")
_LIKE_MONEY = re.compile(r".*(?:元|圆|圓|币|幣|美金|USD|EUR|[$€£¥￥])", re.IGNORECASE)
_AFTER_MARK = re.compile(r".+[:/,、 ]((?:人民币)?(?:分|元|千元|万元|百万元|亿元))")
_TIMES = {"十": 10, "百": 100, "千": 1_000, "万": 10_000, "亿": 100_000_000}
_TOTAL = re.compile(
    r"(?:本页|本表|本单位|全[区县市省]|各项|直辖市|直轄市|县市|縣市|[一二三四五六七八九十]+、)?(合计|小计|总计|共计|累计|合計|小計|總計)(?:数|额|金额|:)?"
    r"|(?:sub|grand)?total",
    re.IGNORECASE,
)
_NOTE = re.compile(
    r"(?:注|备注|说明|附注|填表|制表|填报|审核|复核|负责人|单位负责|联系|资料来源|数据来源|来源)[\w\s()、]{0,8}:"
    r"|注\d*[.、\s]|填表说明|填表人|制表人|制表日期|填报单位|联系人|联系电话|审核人|\*注|※"
)
_ORDINALS = frozenset("甲乙丙丁戊己庚辛壬癸") | {"栏次", "行次"}


@dataclass(frozen=True)
class Header:
    """The header found: its rows (1-based), the text of each column, the unit each names, its rows as they stand."""

    first_row: int
    last_row: int
    titles: tuple[str, ...]
    units: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...] = ()


@dataclass
class Layout:
    """A sheet seen as a format: header, matches, and how sure that is (0–1)."""

    header: Header
    matches: list[Match]
    score: float
    missing: list[str] = field(default_factory=list)
    extra: list[str] = field(default_factory=list)
    duplicates: list[str] = field(default_factory=list)

    @property
    def mapping(self) -> dict[str, int]:
        return {match.name: match.position for match in self.matches}


def is_blank(value: Any) -> bool:
    """Whether a cell holds nothing: None, or white space only."""
    return value is None or value == "" or (isinstance(value, str) and value.isspace())


def cell_text(value: Any) -> str:
    """A header's cell as text; what no database takes is left out."""
    if is_blank(value):
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = normalise(str(value)[:1_000])
    return text if text.isprintable() else "".join(c for c in text if c.isprintable())


def find_layout(
    rows: Sequence[Sequence[Any]], format: Format, remembered: dict[str, str] | None = None
) -> Layout | None:
    """The best reading of a sheet's first rows as a format; None where no row looks like its header.

    `remembered` maps header texts of this unit's last file to columns; it wins over every guess.
    """
    readings: list[tuple[float, int, int, Header, Mapped]] = []
    for header in _list_headers(rows, format):
        mapped = match_titles(header.titles, format, remembered or {}, guess=False)
        # Of two that say the same the one with more rows wins: the last of them names the units.
        readings.append((-mapped.score, -len(header.lines), len(readings), header, mapped))
    readings.sort(key=lambda reading: reading[:3])
    best: Layout | None = None
    for _score, _rows, _order, header, _exact in readings[:_GUESSED]:
        mapped = match_titles(header.titles, format, remembered or {})
        if best is None or mapped.score > best.score + 1e-9:
            best = Layout(
                header, mapped.matches, mapped.score, mapped.missing, mapped.extra, mapped.duplicates
            )
    return best if best and best.score >= 0.34 and len(best.matches) >= min(2, len(format.columns)) else None


def _list_headers(rows: Sequence[Sequence[Any]], format: Format) -> list[Header]:
    """Every reading of the first rows as a header: each row alone, and with one or two rows below it."""
    headers: list[Header] = []
    unit_above = ""
    for index, row in enumerate(rows[:SEARCHED_ROWS]):
        unit_above = find_unit_line(row) or unit_above
        texts = [value for value in row if isinstance(value, str) and not is_blank(value)]
        if not texts or (len(texts) == 1 and len(format.columns) > 2):
            continue
        titles = [cell_text(value) for value in row]
        lines = [tuple(titles)]
        headers.append(_header(index, titles, lines, unit_above))
        for below in rows[index + 1 : index + 3]:
            lower = [cell_text(value) for value in below]
            if not _looks_like_group(lines[-1], titles, lower):
                break
            titles = _join(titles, lower)
            lines.append(tuple(lower))
            headers.append(_header(index, titles, lines, unit_above))
    return headers


def _header(index: int, titles: list[str], lines: list[tuple[str, ...]], unit_above: str) -> Header:
    units = tuple(_own_unit(title) or unit_above for title in titles)
    return Header(index + 1, index + len(lines), tuple(titles), units, tuple(lines))


def _join(titles: list[str], lower: list[str]) -> list[str]:
    """Upper and lower titles as 上级/下级; an upper title holds until the next one, a lower unit is a unit."""
    width = max(len(titles), len(lower))
    joined, group = [], ""
    tops = titles + [""] * (width - len(titles))
    for top, sub in zip(tops, lower + [""] * (width - len(lower)), strict=True):
        group = top or (group if sub else "")
        if sub and group and (sub in FEN_PER_UNIT or _BRACKET.fullmatch(sub)):
            joined.append(f"{group}（{sub.strip('()[]【】（）')}）")
        elif group and sub and group != sub:
            joined.append(f"{group}/{sub}")
        else:
            joined.append(sub or group)
    return joined


def _looks_like_group(upper: Sequence[str], titles: list[str], lower: list[str]) -> bool:
    """Whether a row may be the lower part of a header: words, and gaps above them or beside them."""
    filled = [i for i, text in enumerate(lower) if text]
    if not filled or any(re.fullmatch(r"[-\d.,%]+", lower[i]) for i in filled):
        return False
    gaps = [i for i in filled if i >= len(upper) or not upper[i]]
    return bool(gaps) or len(filled) < len([text for text in titles if text])


# Units


def find_unit_line(row: Sequence[Any]) -> str:
    """The unit that a row above the table tells for all of it: 单位：万元."""
    filled = [value for value in row if not is_blank(value)]
    if len(filled) > 12:
        return ""
    for value in filled:
        if isinstance(value, str) and len(value) < 200 and (found := _UNIT_LINE.search(normalise(value))):
            named = money_unit(found[1] or found[2])
            if named or _LIKE_MONEY.fullmatch(found[1] or ""):
                return named or found[1]
    return ""


def money_unit(text: str) -> str:
    """The unit of money a text names (万元, 万, 人民币万元, 万元/人); empty where it is none we know."""
    found = _MONEY.fullmatch(text.split("/")[0].strip())
    if not found:
        return ""
    return found[1] if found[1] in FEN_PER_UNIT else found[1] + "元"


def _own_unit(title: str) -> str:
    """The unit in a title: 金额（万元）, 金额（单位：万元）, 金额/万元. Other words in brackets are none."""
    for part in reversed(_BRACKET.findall(title)):
        word = re.sub(r"^(?:金额)?(?:单位|單位):?", "", normalise(part))
        named = money_unit(word)
        if named:
            return named
        if word in ("%", "‰") or _LIKE_MONEY.fullmatch(word) or find_unit(word) or _times(word):
            return word
    found = _AFTER_MARK.fullmatch(title)
    return money_unit(found[1]) if found else ""


def _times(word: str) -> int:
    """The factor of 万人, 千公顷: what stands before a known unit; 0 where it is nothing of the kind."""
    if len(word) > 1 and word[0] in _TIMES and find_unit(word[1:]):
        return _TIMES[word[0]]
    return 0


@dataclass(frozen=True)
class UnitHere:
    """The unit in which a column's numbers stand: money's by name, others' by factor; `fault` is one not understood."""

    money: str = ""
    factor: Fraction = Fraction(1)
    percent: bool = False
    fault: str = ""


def unit_of(header: Header, position: int, column: Column) -> UnitHere:
    """The unit of a column of the file: the header's word, else the format's."""
    title = header.titles[position] if position < len(header.titles) else ""
    named = header.units[position] if position < len(header.units) else ""
    if column.type is Type.MONEY:
        if not named:
            return UnitHere(money=column.unit or "元")
        if named in FEN_PER_UNIT:
            return UnitHere(money=named)
        told = plain_of(title) in {plain_of(known) for known in column.titles} or named in {
            _own_unit(known) for known in column.titles
        }
        is_money = bool(_LIKE_MONEY.fullmatch(named)) and not told
        return UnitHere(money=column.unit or "元", fault=named if is_money else "")
    own = _own_unit(title)
    if column.type is Type.PERCENT:
        return UnitHere(percent=own in ("%", "‰"), factor=Fraction(1, 10) if own == "‰" else Fraction(1))
    if column.type not in (Type.INTEGER, Type.DECIMAL) or not own:
        return UnitHere()
    return _measure_of(own, column)


def plain_of(title: str) -> str:
    """A title with its brackets, as it is compared where the format itself names an unusual unit."""
    return re.sub(r"\s+", "", normalise(title))


def _measure_of(own: str, column: Column) -> UnitHere:
    times = _times(own)
    named = find_unit(own[1:] if times else own)
    if named is None:
        return UnitHere()
    wanted = find_unit(column.unit) if column.unit else None
    if wanted is None:
        return UnitHere(factor=Fraction(times or 1))
    if wanted.dimension != named.dimension:
        return UnitHere(fault=own)
    return UnitHere(factor=(times or 1) * named.factor / wanted.factor)


# Rows that are no data


def is_total(row: Sequence[Any]) -> str:
    """The word (合计, 小计 …) by which a row calls itself a total; empty where it does not."""
    for value in row[:4]:
        if (
            isinstance(value, str)
            and len(value) <= 16
            and ("计" in value or "計" in value or "otal" in value.lower())
        ):
            word = re.sub(r"[\s\u3000：]", "", value)
            found = _TOTAL.fullmatch(word)
            if found:
                return found[1] or word
    return ""


def is_note(row: Sequence[Any], width: int) -> bool:
    """A row under the table that is not data: 注：…, 填表人：…, 单位：万元 again, or one text alone."""
    filled = [value for value in row if not is_blank(value)]
    if not filled or len(filled) > max(2, width // 2):
        return False
    first = filled[0]
    if not isinstance(first, str):
        return False
    text = normalise(first[:200])
    if _NOTE.match(text) or (len(filled) <= 2 and _UNIT_LINE.match(text)):
        return True
    return len(filled) == 1 and width >= 3 and len(first) > 12


def is_ordinal_row(row: Sequence[Any]) -> bool:
    """The row under a header that numbers the columns: 甲 乙 1 2 3."""
    texts = [cell_text(value) for value in row if not is_blank(value)]
    if len(texts) < 3:
        return False
    numbers = [int(text) for text in texts if text.isdecimal() and len(text) < 4]
    words = [text for text in texts if text in _ORDINALS]
    if len(numbers) + len(words) != len(texts) or numbers != list(range(1, len(numbers) + 1)):
        return False
    return bool(words) or len(numbers) >= 4


def is_example(first: Any) -> bool:
    """The marked example row of a blank template."""
    return isinstance(first, str) and first.startswith(EXAMPLE)

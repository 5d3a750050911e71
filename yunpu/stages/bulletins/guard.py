"""The numeral guard (数字守卫): no number that counts something reaches print without its records.

Every numeral of the typed text – Arabic, full-width, Chinese, also inside words – is found first. It passes by itself
only by one of a few named rules (list marker, date, ordinal of a thing, document number, fixed word); a number followed
by a measure word never does, and what no rule knows is an offender. So a gap in the rules stops an issue; it never lets
a figure slip through.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from yunpu.kernel.text import mark as _
from yunpu.stages.bulletins.neutral import Document, FigureSpan, Text

SHIPPED_WORDS = Path(__file__).parent / "assets" / "fixed_words.txt"
FIGURE = "\ufffc"  # stands for a computed figure
CONTEXT = 8

_CHINESE = "零〇一二三四五六七八九十百千万亿两廿卅半壹贰叁肆伍陆柒捌玖拾佰仟萬億兩几"
_VAGUE = "数多余来近约超逾"
_MEASURES = [
    "个百分点",
    "百分点",
    "平方公里",
    "平方米",
    "公里",
    "公顷",
    "小时",
    "分钟",
    "万元",
    "亿元",
    "千元",
    "万人",
    "人次",
    "个月",
    "年级",
    "元",
    "人",
    "名",
    "位",
    "家",
    "户",
    "个",
    "条",
    "项",
    "份",
    "起",
    "处",
    "宗",
    "亩",
    "年",
    "天",
    "日",
    "周",
    "次",
    "场",
    "件",
    "台",
    "套",
    "辆",
    "间",
    "座",
    "栋",
    "所",
    "类",
    "种",
    "批",
    "期",
    "届",
    "轮",
    "组",
    "对",
    "双",
    "倍",
    "成",
    "折",
    "番",
    "吨",
    "米",
    "斤",
    "克",
    "升",
    "千瓦",
    "度",
    "%",
    "％",
    "‰",
    "℃",
    "村",
    "镇",
    "岁",
    "页",
    "篇",
    "部",
    "本",
    "张",
    "幅",
    "支",
    "队",
    "层",
    "级",
    "节",
    "课",
    "门",
    "笔",
    "单",
    "票",
    "秒",
    "点",
    "席",
    "例",
    "大",
]
_MEASURE = re.compile("|".join(sorted(map(re.escape, _MEASURES), key=len, reverse=True)))
_NUMERAL = re.compile(
    rf"(?:[\d]+(?:[,，.．·:：/／\-—~～]?[\d]+)*[{_CHINESE}]*|[{_CHINESE}]+)(?:[余多来][{_CHINESE}]+)?|(?:[①-⓿㈠-㉃㊀-㊉Ⅰ-ↈ½-¾⅓-⅞¼²³¹⁰-₉]+)"
)
_COUNTS = re.compile(rf"(?:{_NUMERAL.pattern})(?:{_MEASURE.pattern})")
_ORDER = "一二三四五六七八九十"
_MARKER = re.compile(
    rf"(?:[（(](?:[{_ORDER}]{{1,3}}|\d{{1,2}})[）)]|[{_ORDER}]{{1,3}}、|\d{{1,2}}[.．、](?!\d)|[{_ORDER}]{{1,3}}(?=是))"
)
_ORDINAL = re.compile(
    rf"第(?:\d{{1,4}}|[{_CHINESE}]{{1,4}})(?P<of>季度|号文|号令|号|批|届|期|条|款|章|编|方|版|卷|阶段|部分)?"
)
_YEAR = r"(?:(?:19|20)\d{2}|二[〇零][〇零一二三四五六七八九]{2}|一九[〇零一二三四五六七八九]{2})"
_MONTH = r"(?:1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九])"
_DAY = r"(?:3[01]|[12]\d|0?[1-9]|三十一?|二?十[一二三四五六七八九]?|[一二三四五六七八九])"
_DATE = re.compile(
    rf"{_YEAR}年(?:度|{_MONTH}月(?:份|{_DAY}日)?|[上下]半年|第?[一二三四1-4]季度)?"
    rf"|{_YEAR}[-./]{_MONTH}[-./]{_DAY}(?!\d)|(?<![\d{_CHINESE}个])(?:{_MONTH}[-—~～至])?{_MONTH}月(?:份|{_DAY}日)?"
    rf"|{_YEAR}(?=[-—~～至到]{_YEAR}年)"
)
_DOCUMENT_NUMBER = re.compile(
    r"[〔\[（(](?:19|20)\d{2}[〕\]）)]\s*\d{1,5}\s*号|第\s*\d{1,5}\s*号(?:令|文|公告)?"
)


@dataclass(frozen=True)
class Sighting:
    """One numeral: block and offset in it, its text, what stands around it, and the rule that decided (Chinese source)."""

    block: int
    offset: int
    text: str
    before: str
    after: str
    reason: str

    @property
    def context(self) -> str:
        return f"{self.before}{self.text}{self.after}"


@dataclass(frozen=True)
class Mark:
    """A person's word that a numeral is no figure: recognised by the numeral and what stands around it."""

    text: str
    before: str
    after: str
    reason: str
    by: str

    def fits(self, sighting: Sighting) -> bool:
        return (self.text, self.before, self.after) == (sighting.text, sighting.before, sighting.after)


@dataclass(frozen=True)
class GuardResult:
    """What the guard saw: passed by rule, marked by a person, and the offenders that stop the issue."""

    passed: tuple[Sighting, ...]
    marked: tuple[tuple[Sighting, Mark], ...]
    offenders: tuple[Sighting, ...]


def read_fixed_words(paths: Iterable[Path] = (SHIPPED_WORDS,)) -> dict[str, str]:
    """Fixed words with their reasons, from one or more lists; a later list wins.

    A line that is nothing but a number and a measure word (一批, 四家) is passed over: it could hide a figure.
    """
    words: dict[str, str] = {}
    for path in paths:
        if path.is_file():
            for line in path.read_text("utf-8").splitlines():
                word, _blank, reason = line.strip().partition(" ")
                if word and not word.startswith("#") and not _COUNTS.fullmatch(word):
                    words[word] = reason.strip() or _("固定词")
    return words


def check(document: Document, marks: Sequence[Mark] = (), words: dict[str, str] | None = None) -> GuardResult:
    """Look at every numeral of the typed text. `words` are the fixed words (default: the shipped list)."""
    known = read_fixed_words() if words is None else words
    passed: list[Sighting] = []
    marked: list[tuple[Sighting, Mark]] = []
    offenders: list[Sighting] = []
    for index, block in enumerate(document.blocks):
        text = "".join(span.text if isinstance(span, Text) else FIGURE for span in block.spans)
        assert all(isinstance(span, Text | FigureSpan) for span in block.spans)
        for sighting, good in _look(index, text, known):
            mark = next((one for one in marks if one.fits(sighting)), None)
            if good:
                passed.append(sighting)
            elif mark:
                marked.append((sighting, mark))
            else:
                offenders.append(sighting)
    return GuardResult(tuple(passed), tuple(marked), tuple(offenders))


def _look(index: int, text: str, words: dict[str, str]) -> Iterator[tuple[Sighting, bool]]:
    """Every numeral of a block, and whether it passes by itself."""
    plain, origin = _plain(text)
    covered = list(_allowed(plain, words))
    position = 0
    while found := _NUMERAL.search(plain, position):
        start, end = found.span()
        rule = next(((a, b, why) for a, b, why in covered if a <= start < b), None)
        if rule:
            end = min(end, rule[1]) if rule[1] < end else end
            cut = rule[1]
            if cut < found.end():  # the rule covers only the head of the run: the rest is looked at again
                yield _sighting(index, text, origin, start, cut, rule[2]), True
                position = cut
                continue
            yield _sighting(index, text, origin, start, found.end(), rule[2]), True
        else:
            nearest = min((a for a, _b, _why in covered if start < a < end), default=end)
            end = nearest
            yield _sighting(index, text, origin, start, end, _why_not(plain, start, end)), False
        position = max(end, start + 1)


def _plain(text: str) -> tuple[str, list[int]]:
    """The text as numerals are looked for: one character for one, without invisible ones, and where each stood."""
    characters, origin = [], []
    for position, character in enumerate(text):
        if unicodedata.category(character) in ("Cf", "Mn") and character != FIGURE:
            continue
        folded = (
            unicodedata.normalize("NFKC", character)
            if character.isdigit() and character.isdecimal()
            else character
        )
        characters.append(folded)
        origin.append(position)
    origin.append(len(text))
    return "".join(characters), origin


def _allowed(plain: str, words: dict[str, str]) -> Iterator[tuple[int, int, str]]:
    """The stretches in which numerals pass, with the rule."""
    for found in _DOCUMENT_NUMBER.finditer(plain):
        yield *found.span(), _("文号")
    for found in _DATE.finditer(plain):
        if not _is_counted(plain, found.start()):
            yield *found.span(), _("日期")
    for start in _beginnings(plain):
        found_marker = _MARKER.match(plain, start)
        if found_marker and not _is_measured_marker(plain, found_marker):
            yield *found_marker.span(), _("序号")
    for found in _ORDINAL.finditer(plain):
        if found["of"] or not _MEASURE.match(plain, found.end()):
            if not found["of"] and re.match(
                rf"[{_VAGUE}{_CHINESE}\d]", plain[found.end() : found.end() + 1] or " "
            ):
                continue
            yield *found.span(), _("次序")
    yield from _fixed(plain, words)


def _fixed(plain: str, words: dict[str, str]) -> Iterator[tuple[int, int, str]]:
    pattern = _word_pattern(tuple(sorted(words)))
    if pattern is None:
        return
    for found in pattern.finditer(plain):
        before = plain[found.start() - 1 : found.start()]
        # 二十一批 is no 一批, 近百姓 no number: a word that continues a numeral on its left is none.
        if before and re.match(rf"[\d{_CHINESE}.．]", before) and re.match(rf"[\d{_CHINESE}]", found[0]):
            continue
        yield *found.span(), words[found[0]]


@cache
def _word_pattern(words: tuple[str, ...]) -> re.Pattern[str] | None:
    longest_first = sorted(words, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first))) if words else None


def _beginnings(plain: str) -> Iterator[int]:
    """Where a list marker may stand: at the block's beginning, and after a mark that ends a clause."""
    yield 0
    for position, character in enumerate(plain[:-1], 1):
        if character in "。；;：:！!？?":
            yield position


def _is_measured_marker(plain: str, found: re.Match[str]) -> bool:
    """一、 and 一是 mark a list; 1. and 1、 only at the very beginning of a block."""
    return found.start() > 0 and found[0][0].isdigit()


def _is_counted(plain: str, start: int) -> bool:
    """近2000年 counts years; 2000年 is one."""
    return bool(start and plain[start - 1] in _VAGUE + "达共第历时满过")


def _why_not(plain: str, start: int, end: int) -> str:
    if _MEASURE.match(plain, end) or (plain[end : end + 1] in _VAGUE and plain[end : end + 1]):
        return _("后面是量词，是数字，必须由记录算出")
    return _("不是日期、序号、文号或固定词")


def _sighting(index: int, text: str, origin: list[int], start: int, end: int, reason: str) -> Sighting:
    first, last = origin[start], origin[end - 1] + 1
    return Sighting(
        index,
        first,
        text[first:last],
        text[max(0, first - CONTEXT) : first],
        text[last : last + CONTEXT],
        reason,
    )

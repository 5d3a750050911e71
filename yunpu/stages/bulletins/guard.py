"""The numeral guard (数字守卫): no number that counts something reaches print without its records.

Every numeral of the typed text – Arabic, full-width, circled, Chinese, inside words – is found first. It passes by
itself only by one of a few named rules (list marker, date, ordinal of a thing, document number, fixed word); a number
followed by a measure word never does, and what no rule knows is an offender. So a gap in the rules stops an issue; it
never lets a figure slip through. Words that name no number (若干, 多家, 许多) are not numerals.

The text is looked at without its blanks and invisible characters, every character in its plain form (NFKC).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from yunpu.kernel.numerals import read_number
from yunpu.kernel.text import mark as _
from yunpu.stages.bulletins.neutral import Document, Text

_ASSETS = Path(__file__).parent / "assets"
SHIPPED_WORDS = _ASSETS / "fixed_words.txt"
FIGURE = "\ufffc"  # stands for a computed figure
CONTEXT = 8


def _read_words(name: str) -> list[str]:
    """The words of a shipped list; lines that begin with # are remarks."""
    lines = (_ASSETS / name).read_text("utf-8").splitlines()
    return [word for line in lines if not line.startswith("#") for word in line.split()]


# ---- the words of the language -------------------------------------------------------------------------------------

_C = "零〇一二三四五六七八九十百千万亿两廿卅卌皕半兩萬億仨俩"
_WEAK = "壹贰叁肆伍陆柒捌玖拾佰仟貳弍弐弎參叄陸幺兆几"  # numerals that are mostly parts of words: only before another or a measure word
_ODD = "①"  # stands for a character that carries a number in another form: ⑩ Ⅳ ㈤ ½ 〡
_VAGUE = "余多来几"
_MEASURES = _read_words("measure_words.txt")
# What begins like a measure word and is none: decides after a fixed word, an ordinal, a marker – never after a bare number.
_OTHER_WORDS = _read_words("not_measure_words.txt")
# A measure that counts records: a word of the district's own list may not hide one, whatever follows it.
_COUNTING = "家户人名位份起处宗亩元%‰倍成折吨场笔辆台套栋"
_HALVES = "翻[一二两三四几]?番|翻了[一二两三四几]番|翻[一二两三四几]?倍|成倍|倍增|过半|半数|减半|折半|对半|翻番|翻倍"
_ENGLISH = (
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|sixty|seventy|eighty|"
    "ninety|hundreds?|thousands?|millions?|billions?|dozens?"
)

_MEASURE = "(?:" + "|".join(sorted(map(re.escape, _MEASURES), key=len, reverse=True)) + ")"
_OTHER = "(?:" + "|".join(sorted(map(re.escape, _OTHER_WORDS), key=len, reverse=True)) + ")"
_TRUE_MEASURE = re.compile(f"(?!{_OTHER}){_MEASURE}")
_THROUGH = (
    r"[“”‘’\"'「」『』()\[\]【】《》·•*_~^|\\/\-—–]*"  # what may stand between a number and its measure word
)
_MEASURED = re.compile(f"{_THROUGH}(?!{_OTHER}){_MEASURE}")

_ARABIC = rf"\d+(?:[,.:/·\-—–~]\d+)*[{_C}{_WEAK}]*"
_WORDS = rf"[{_WEAK}]*[{_C}]+[{_C}{_WEAK}]*(?:点[{_C}]+)?"
_WEAK_WORDS = rf"[{_WEAK}]+(?=(?!{_OTHER}){_MEASURE})"
_SOME = rf"(?<![人户件次家个总指参函基岁对级倍位少多大计分回天日台处页字招代系变常])数(?=(?!{_OTHER})[家个名位户人次年天月份场起条项])"
_LATIN = rf"(?<![A-Za-z])(?:(?i:{_ENGLISH})|[IVXLCDMlOo]+)(?=[余多]?(?!{_OTHER}){_MEASURE})"
_NUMERAL = re.compile(
    rf"(?:第|近|约|数(?=[{_C}])|上(?=[百千万]))?(?:[{_C}{_WEAK}]+分之)?(?:{_ARABIC}|{_WORDS}|{_WEAK_WORDS}|{_SOME}|{_LATIN}|[①-⑳]+|{_HALVES})"
    rf"(?:[{_VAGUE}][{_C}]*)?(?:{_MEASURE})?"
)
_FRACTION = re.compile(rf"[{_C}{_WEAK}\d]+分之[{_C}{_WEAK}\d]+")
# A computed figure whose words a person changes by typing at its edge.
_ALTERED = re.compile(rf"[负\-−+](?={FIGURE})|(?<={FIGURE})(?:[%‰倍成折点]|[余多](?!{_OTHER}){_MEASURE})")

# ---- the rules by which a numeral passes ---------------------------------------------------------------------------

_ORDER = "一二三四五六七八九十"
_MARKER = re.compile(
    rf"\((?:[{_ORDER}]{{1,3}}|\d{{1,2}})\)|[{_ORDER}]{{1,3}}、|\d{{1,2}}[.、](?!\d)|[①-⑳]|[{_ORDER}]{{1,3}}(?=是)"
)
_ORDINAL = re.compile(
    rf"第(?:\d{{1,4}}|[{_C}]{{1,4}})(?P<of>季度|号文|号令|号|批|届|期|条|款|章|编|方|版|卷|阶段|部分)?"
)
_NO_NUMERAL_BEFORE = rf"(?<![\d{_C}{_WEAK}])(?<!\d[,.])"
_YEAR = r"(?:(?:19|20)\d{2}|二[〇零][〇零一二三四五六七八九]{2}|一九[〇零一二三四五六七八九]{2})"
_MONTH = r"(?:1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九])"
_DAY = r"(?:3[01]|[12]\d|0?[1-9]|三十一?|二?十[一二三四五六七八九]?|[一二三四五六七八九])"
_TO = r"[\-—–~至到、和]"
_DATE = re.compile(
    rf"{_NO_NUMERAL_BEFORE}(?:"
    rf"{_YEAR}年(?:度|{_MONTH}月(?:份|{_DAY}日)?|[上下]半年|第?[一二三四1-4]季度)?(?:{_TO}{_MONTH}月(?:份|{_DAY}日)?)?"
    rf"|{_YEAR}[\-./]{_MONTH}[\-./]{_DAY}(?!\d)"
    rf"|(?:{_MONTH}{_TO})?{_MONTH}月(?:份|{_DAY}日)?"
    rf"|{_YEAR}(?={_TO}{_YEAR}年)"
    rf"|(?:19|20)世纪(?:[1-9]0年代)?|前?[一二三四1-4]季度|[上下]半年"
    rf")(?:(?<=日){_TO}{_DAY}日)?(?:(?<=日)(?:上午|下午|晚上?|凌晨)?(?:[01]?\d|2[0-3]):[0-5]\d)?"
)
_DOCUMENT_NUMBER = re.compile(
    r"[〔\[(](?:19|20)\d{2}[〕\])]\d{1,5}号|第\d{1,5}号(?:令|文|公告)?"
    r"|(?<![A-Za-z])(?:GB|DB|JGJ|CJJ|ISO|IEC|T)(?:/[A-Z])?\d+(?:\.\d+)*(?:[\-—–](?:19|20)\d{2})?(?![\d.])"
)
_REFERENCE = re.compile(r"\{\{.*?(?:\}\}|$)")


@dataclass(frozen=True)
class Sighting:
    """One numeral: block (below 0 in the head) and offset, its text, what stands around it, the rule that decided."""

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


@dataclass(frozen=True)
class Stretch:
    """A stretch of the plain text in which numerals pass (or never do), and why."""

    start: int
    end: int
    reason: str


# The shipped list's reasons, to be shown in the reader's language.
SHIPPED_REASONS = (
    _("会议和文件名称"),
    _("规划名称"),
    _("节日和纪念日"),
    _("倡议和政治用语"),
    _("政策和制度名称"),
    _("检查和工作方法名称"),
    _("主体和级别名称"),
    _("线路和专项名称"),
    _("技术名称和热线"),
    _("预算和统计用语"),
    _("时间泛指"),
    _("副词和连词"),
    _("次序词"),
    _("普通词语"),
)

# ---- fixed words ---------------------------------------------------------------------------------------------------


def read_fixed_words(path: Path = SHIPPED_WORDS) -> dict[str, str]:
    """The fixed words of a list with their reasons: `理由：词 词`. What could hide a figure is passed over."""
    words: dict[str, str] = {}
    for line in path.read_text("utf-8").splitlines():
        reason, colon, listed = line.partition("：")
        if colon and not line.startswith("#"):
            words |= {word: reason.strip() for word in listed.split() if not is_a_count(word)}
    return words


@cache
def shipped_words() -> Mapping[str, str]:
    """The list that comes with the program."""
    return read_fixed_words()


def is_a_count(word: str) -> bool:
    """Whether a word is a bare number, or a number and a measure word (一批, 四家, 近百余人): it could hide a figure."""
    plain = re.sub("^(?:[近约超逾达数]|上(?=[百千万]))+", "", _plain(word)[0])
    if re.fullmatch(rf"[{_C}]{{2,}}", plain):  # 十四五 is a name, 十五 a number
        return read_number(plain) is not None
    return not plain or bool(_NUMERAL.fullmatch(plain))


def hides_a_count(word: str) -> bool:
    """Whether a word holds a number of something that is counted in records (四家企业, 1.2亿元): no word for a district's list."""
    plain = _plain(word)[0]
    counted = (found[0] for found in _NUMERAL.finditer(plain))
    return is_a_count(word) or any(one[-1] in _COUNTING and one[0] != "一" for one in counted)


# ---- looking -------------------------------------------------------------------------------------------------------


def check(
    document: Document, marks: Sequence[Mark] = (), words: Mapping[str, str] | None = None
) -> GuardResult:
    """Look at every numeral of the typed text. `words` are the fixed words (default: the shipped list)."""
    known = _by_first_character(shipped_words() if words is None else words)
    passed: list[Sighting] = []
    marked: list[tuple[Sighting, Mark]] = []
    offenders: list[Sighting] = []
    for index, text in _texts(document):
        for sighting, good in _look(index, text, known):
            mark = next((one for one in marks if one.fits(sighting)), None)
            if good:
                passed.append(sighting)
            elif mark:
                marked.append((sighting, mark))
            else:
                offenders.append(sighting)
    return GuardResult(tuple(passed), tuple(marked), tuple(offenders))


def _texts(document: Document) -> Iterator[tuple[int, str]]:
    """All that a person typed: the head's entries as -1, -2 …, then the blocks as 0, 1 …"""
    for place, (_name, value) in enumerate(document.head, 1):
        yield -place, value
    for index, block in enumerate(document.blocks):
        yield index, "".join(span.text if isinstance(span, Text) else FIGURE for span in block.spans)


def _look(
    index: int, text: str, words: Mapping[str, list[tuple[str, str]]]
) -> Iterator[tuple[Sighting, bool]]:
    """Every numeral of a block in order, and whether it passes by itself."""
    plain, origin = _plain(text)
    never = [*_FRACTION.finditer(plain)]
    covered = [
        one
        for one in _allowed(plain, words)
        if not any(found.start() < one.end and one.start < found.end() for found in never)
    ]
    seen: list[tuple[Sighting, bool]] = []
    position = 0
    while found := _NUMERAL.search(plain, position):
        start, end = found.span()
        first = next((place for place in range(start, end) if plain[place] not in "第近约"), start)
        rule = next((one for one in covered if one.start <= first < one.end), None)
        if rule:
            # The rule may cover only the head of the run: the rest is looked at again.
            end = min(end, rule.end)
            seen.append((_sighting(index, text, origin, start, end, rule.reason), True))
        else:
            end = min((one.start for one in covered if first < one.start < end), default=end)
            seen.append((_sighting(index, text, origin, start, end, _why_not(plain, start, end)), False))
        position = max(end, start + 1)
    for found in _ALTERED.finditer(plain):
        seen.append((_sighting(index, text, origin, *found.span(), _("改变了旁边算出的数字")), False))
    yield from sorted(seen, key=lambda one: one[0].offset)


def _plain(text: str) -> tuple[str, list[int]]:
    """The text as numerals are looked for, and where each of its characters stood.

    One character for one, in its plain form; blanks and what cannot be seen are left out, but for the blank after
    a marker such as "1.".
    """
    characters: list[str] = []
    origin: list[int] = []
    for position, character in enumerate(text):
        if character != FIGURE and _is_unseen(character):
            marker = len(characters) < 4 and re.fullmatch(r"\d{1,2}[.、]", "".join(characters))
            if not (marker and character.isspace()):
                continue
            character = "\n"
        characters.append(_fold(character))
        origin.append(position)
    origin.append(len(text))
    return "".join(characters), origin


@cache
def _is_unseen(character: str) -> bool:
    return unicodedata.category(character) in ("Cf", "Cc", "Mn", "Me", "Zs", "Zl", "Zp") or character in (
        "\u115f\u1160\u3164\uffa0\u2800"
    )


@cache
def _fold(character: str) -> str:
    """A character in its plain form; what carries a number in a form of its own becomes one stand-in."""
    plain = unicodedata.normalize("NFKC", character)
    if "①" <= character <= "⑳":
        return character
    if len(plain) == 1 and (plain.isdecimal() or "\u4e00" <= plain <= "\u9fff" or plain == "〇"):
        return plain
    if unicodedata.numeric(character, None) is not None or re.search(rf"[\d{_C}]", plain):
        return _ODD
    return plain if len(plain) == 1 else character


def _allowed(plain: str, words: Mapping[str, list[tuple[str, str]]]) -> Iterator[Stretch]:
    """The stretches in which numerals pass, with the rule."""
    for found in _REFERENCE.finditer(plain):
        yield Stretch(*found.span(), _("引用没有写对，另行指出"))
    for found in _DOCUMENT_NUMBER.finditer(plain):
        yield Stretch(*found.span(), _("文号"))
    for found in _DATE.finditer(plain):
        if not _is_counted(plain, found.start()):
            yield Stretch(*found.span(), _("日期"))
    for start in _beginnings(plain):
        found_marker = _MARKER.match(plain, start)
        if found_marker and _marks_a_list(plain, found_marker):
            yield Stretch(*found_marker.span(), _("序号"))
    for found in _ORDINAL.finditer(plain):
        if _orders_a_thing(plain, found):
            yield Stretch(*found.span(), _("次序"))
    yield from _fixed(plain, words)


def _orders_a_thing(plain: str, found: re.Match[str]) -> bool:
    """第三批 and 第一书记 order things; 第六年 and 第40余家 count."""
    if found["of"]:
        return True
    rest = plain[found.end() :]
    return not (re.match(rf"[{_VAGUE}{_C}{_WEAK}\d.{FIGURE}]", rest) or _MEASURED.match(rest))


def _fixed(plain: str, words: Mapping[str, list[tuple[str, str]]]) -> Iterator[Stretch]:
    position = 0
    while position < len(plain):
        found = next(
            (
                (word, reason)
                for word, reason in words.get(plain[position], ())
                if plain.startswith(word, position) and _stands_alone(plain, position, word)
            ),
            None,
        )
        if found:
            yield Stretch(position, position + len(found[0]), found[1])
        position += len(found[0]) if found else 1


def _stands_alone(plain: str, start: int, word: str) -> bool:
    """No word where it is cut from a longer number: 二十一批, 系统一家, 2020家 hold no 一批, 统一, 2020."""
    before, rest = plain[:start], plain[start + len(word) :]
    if re.match(rf"[\d{_C}{_WEAK}{_ODD}]", word) and re.search(
        rf"(?:[\d{_C}{_WEAK}{FIGURE}]|\d[.,])$", before
    ):
        return False
    if re.search(r"\d$", word):
        return not (re.match(rf"[\d{_C}{_WEAK}{FIGURE}]|[.,]\d", rest) or _MEASURED.match(rest))
    if re.search(rf"[{_C}]$", word):
        return not (re.match(rf"[\d{_WEAK}{_C}{_VAGUE}]", rest) or _MEASURED.match(rest))
    return True


def _by_first_character(words: Mapping[str, str]) -> Mapping[str, list[tuple[str, str]]]:
    """The words in their plain form by their first character, the longest first."""
    found: dict[str, list[tuple[str, str]]] = {}
    for word in sorted(words, key=len, reverse=True):
        plain = _plain(word)[0]
        found.setdefault(plain[0], []).append((plain, words[word]))
    return found


def _beginnings(plain: str) -> Iterator[int]:
    """Where a list marker may stand: at the block's beginning, and after a mark that ends a clause."""
    yield 0
    for position, character in enumerate(plain[:-1], 1):
        if character in "。;:!?":
            yield position


def _marks_a_list(plain: str, found: re.Match[str]) -> bool:
    """一、 and 一是 mark a list anywhere; 1. and 1、 only where a block begins; （四）家 is a count."""
    if found[0][0].isdigit() and found.start() > 0:
        return False
    return found[0][-1] in "、.是" or not _MEASURED.match(plain, found.end())


def _is_counted(plain: str, start: int) -> bool:
    """近2000年 counts years; 2000年 is one."""
    return bool(start and plain[start - 1] in "数多余来近约超逾达共第历时满过")


def _why_not(plain: str, start: int, end: int) -> str:
    seen = plain[start:end]
    if re.search(rf"(?:{_MEASURE}|[{_VAGUE}])$", seen) or _MEASURED.match(plain, end):
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

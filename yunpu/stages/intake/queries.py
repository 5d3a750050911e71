"""Reads of the intake: loads in scope, findings as they are shown, previews in words, cells of the original."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import QuerySet
from django.utils.translation import gettext

from yunpu.kernel.findings import Finding, MergedFinding, Severity, column_letters, merge
from yunpu.kernel.money import FEN_PER_UNIT, show_money
from yunpu.kernel.refusals import Refusal, refusals
from yunpu.kernel.text import mark as _
from yunpu.stages.intake.files import sniff
from yunpu.stages.intake.formats import Column, Format, Type
from yunpu.stages.intake.models import Load
from yunpu.stages.intake.registry import get_format
from yunpu.stages.intake.sheets import open_book
from yunpu.trail.jobs import find_live_job
from yunpu.trail.models import Batch, Change, Event
from yunpu.ui.values import show_plain

SURROUNDING = 2
FINDINGS_A_PAGE = 50
RECORDS_A_PAGE = 50
WIDEST = 60
GROUPS = {
    Severity.ERROR: (_("必须改"), _("必须改，%(count)s 处")),
    Severity.WARNING: (_("提醒"), _("提醒，%(count)s 处，可以说明原因后导入")),
    Severity.QUESTION: (_("待答复"), _("待答复，%(count)s 处，答复后才能导入")),
    Severity.NOTE: (_("告知"), _("告知，%(count)s 处，不用改")),
}


@dataclass(frozen=True)
class CellView:
    """A cell of the original in its surroundings: columns with letter and title, numbered rows, the cell itself."""

    sheet: str
    address: str
    letters: list[str]
    titles: list[tuple[str, str]]
    rows: list[tuple[int, list[str]]]
    row: int
    column: int


@dataclass(frozen=True)
class Findings:
    """One page of a load's findings, equal ones merged, by severity; with what the page can be narrowed to."""

    groups: list[tuple[str, str, list[MergedFinding]]]  # severity, head, findings
    counts: list[tuple[str, str, int]]  # severity, word, how many were told
    kinds: list[tuple[str, str]]  # code, words
    severity: str
    kind: str
    page: int
    pages: int
    shown: int  # merged findings that fit
    total: int  # findings told, also beyond those that were kept
    is_cut: bool


@dataclass(frozen=True)
class Step:
    """One step of a load's page: `state` is done, here, bad or ahead."""

    title: str
    anchor: str
    state: str
    note: str


def list_loads(visible: QuerySet[Load]) -> QuerySet[Load]:
    """Loads the caller may see, the newest first."""
    return visible.select_related("unit", "original").order_by("-id")


def find_load_of_batch(batch_id: int) -> Load | None:
    """The load that wrote a batch."""
    return Load.objects.filter(batch_id=batch_id).select_related("original").first()


def get_batch(load: Load) -> Batch | None:
    return Batch.objects.filter(pk=load.batch_id).first() if load.batch_id else None


def is_interrupted(load: Load) -> bool:
    """Whether work on a load has begun and its process is gone."""
    working = load.state in (Load.State.CHECKING, Load.State.LOADING)
    return working and find_live_job(load) is None


def find_refusal(load: Load) -> Refusal | None:
    """Why the last thing asked of a load was refused."""
    if not load.refused:
        return None
    return refusals[load.refused["code"]](reason=load.refused["reason"], **load.refused["words"])


def find_withdrawal(load: Load) -> Event | None:
    """The event by which a load's batch was withdrawn."""
    events = Event.objects.filter(batch_id=load.batch_id, verb__endswith="-batch-withdrawn")
    return events.first() if load.batch_id else None


def find_same_file(load: Load) -> Load | None:
    """An earlier load of the same bytes for the same unit that is in the records."""
    same = Load.objects.filter(original=load.original, unit_id=load.unit_id, sheet_name=load.sheet_name)
    return same.filter(state=Load.State.KEPT, format_code=load.format_code, pk__lt=load.pk).first()


def list_findings(load: Load, severity: str = "", kind: str = "") -> list[MergedFinding]:
    """The findings of a load, equal ones merged, the heaviest first."""
    found = [Finding.from_json(stored) for stored in load.findings if kind in ("", stored["kind"])]
    if severity:
        found = [finding for finding in found if finding.severity == severity]
    return merge(found)


def count_by_severity(load: Load) -> dict[Severity, int]:
    """How many findings of each severity the check told, also beyond those that were kept."""
    return {
        Severity.ERROR: load.error_count if load.format_code else 0,
        Severity.WARNING: load.warning_count,
        Severity.QUESTION: load.question_count,
        Severity.NOTE: load.facts.get("notes", 0),
    }


def page_findings(load: Load, *, severity: str, kind: str, page: int) -> Findings:
    """The findings as the page shows them."""
    counts = count_by_severity(load)
    merged = list_findings(load, severity, kind)
    pages = max(1, -(-len(merged) // FINDINGS_A_PAGE))
    page = min(max(page, 1), pages)
    here = merged[(page - 1) * FINDINGS_A_PAGE : page * FINDINGS_A_PAGE]
    groups = [
        (
            one.value,
            gettext(GROUPS[one][1]) % {"count": f"{counts[one]:,}"},
            [found for found in here if found.finding.severity is one],
        )
        for one in Severity
    ]
    return Findings(
        groups=[group for group in groups if group[2]],
        counts=[(one.value, gettext(GROUPS[one][0]), counts[one]) for one in Severity if counts[one]],
        kinds=_list_kinds(load),
        severity=severity,
        kind=kind,
        page=page,
        pages=pages,
        shown=len(merged),
        total=sum(counts.values()),
        is_cut=sum(counts.values()) > len(load.findings),
    )


def _list_kinds(load: Load) -> list[tuple[str, str]]:
    """Every kind of finding that stands there, with its first words and its number."""
    first: dict[str, Finding] = {}
    counts: dict[str, int] = {}
    for stored in load.findings:
        code = stored["kind"]
        counts[code] = counts.get(code, 0) + 1
        if code not in first:
            first[code] = Finding.from_json(stored)
    return [
        (code, f"{_shorten(finding.what(gettext), 24)}（{counts[code]:,}）")
        for code, finding in first.items()
    ]


def list_missing(load: Load) -> list[str]:
    """What stands between a checked load and the records, in words."""
    if load.state != Load.State.CHECKED:
        return []
    if not load.format_code:
        return [gettext("选定格式")]
    missing = []
    if load.error_count:
        missing.append(gettext("改好 %(count)s 处") % {"count": f"{load.error_count:,}"})
    if load.question_count:
        missing.append(gettext("答复 %(count)s 个问题") % {"count": load.question_count})
    if not missing and load.preview is None:
        missing.append(gettext("文件里没有可以导入的行"))
    return missing


def list_steps(load: Load, batch: Batch | None) -> list[Step]:
    """The steps of a load, which of them are done, and where it stands."""
    states = Load.State
    columns = get_format(load.format_code).columns if load.format_code else ()
    taken = {name for _position, _title, name, _why in load.columns}
    done_states = (states.KEPT, states.UNCHANGED, states.WITHDRAWN)
    here = 5
    if load.state in (states.UPLOADED, states.CANCELLED, states.REFUSED, states.CHECKING):
        here = 1
    elif load.state in done_states:
        here = 6
    elif not load.format_code or not load.columns:
        here = 1
    elif any(column.required and column.name not in taken for column in columns):
        here = 2
    elif load.error_count or load.question_count:
        here = 3
    elif load.state == states.CHECKED:
        here = 4
    notes = ["", load.format_title, "", "", "", ""]
    if columns and load.columns:
        notes[2] = f"{len(taken)} / {len(columns)}"
    if load.preview:
        words = {"new": f"{load.new_count:,}", "changed": f"{load.changed_count:,}"}
        notes[4] = gettext("新增 %(new)s，更新 %(changed)s") % words
    if batch:
        notes[5] = f"#{batch.pk}"
    titles = (_("上传"), _("表与格式"), _("列对应"), _("核对"), _("预览"), _("导入"))
    anchors = ("", "reading", "reading", "findings", "keep", "keep")
    bad = load.state == states.REFUSED or (here in (2, 3) and bool(load.error_count))
    return [
        Step(
            gettext(title),
            anchors[i],
            "done" if i < here else "ahead" if i > here else "bad" if bad else "here",
            notes[i],
        )
        for i, title in enumerate(titles)
    ]


def list_guesses(load: Load) -> list[tuple[str, str, str]]:
    """What the file looks like, the likeliest first: sheet, format and why. The chosen one stands first."""
    found: list[tuple[str, str, str]] = []
    for sheet, code, _score, known, missing in load.guesses:
        words = (
            gettext("认出 %(known)s 列，必填列齐全")
            if not missing
            else gettext("认出 %(known)s 列，缺 %(missing)s 个必填列")
        )
        entry = (sheet, gettext(get_format(code).title), words % {"known": known, "missing": missing})
        chosen = (sheet, code) == (load.sheet_name, load.format_code)
        found.insert(0, entry) if chosen else found.append(entry)
    return found[:3]


def is_guessed(load: Load) -> bool:
    """Whether sheet and format are those that look likeliest."""
    return bool(load.guesses) and load.guesses[0][:2] == [load.sheet_name, load.format_code]


def list_sums(load: Load) -> list[tuple[str, str]]:
    """Title with unit, and the sum of each number column, as the check added it."""
    if not load.format_code:
        return []
    format = get_format(load.format_code)
    shown = []
    for name, total in load.facts.get("sums", {}).items():
        column = format.column(name)
        if column.key:
            continue  # a sum of numbers that name something says nothing
        if column.type is Type.MONEY and column.called:
            shown.append((f"{gettext(column.title)}（{gettext(column.called)}）", show_money(total)))
        elif column.type is Type.MONEY:
            unit = "万元" if abs(total) >= FEN_PER_UNIT["万元"] else "元"
            shown.append((f"{gettext(column.title)}（{gettext(unit)}）", show_money(total, unit)))
        else:
            shown.append((gettext(column.title), f"{total:,}"))
    return shown


def list_mapping(load: Load) -> list[dict[str, Any]]:
    """Each column of the format with the column of the file it was taken for, a sample of its values, and why."""
    if not load.format_code:
        return []
    taken = {name: (position, title, why) for position, title, name, why in load.columns}
    samples = load.facts.get("samples", [])
    rows = []
    for column in get_format(load.format_code).columns:
        position, title, why = taken.get(column.name, (None, "", ""))
        rows.append(
            {
                "column": column,
                "title": title,
                "sample": _joined(samples, position),
                "why": gettext(why) if why else "",
            }
        )
    return rows


def list_unused(load: Load) -> list[tuple[str, str, str]]:
    """The columns of the file that no column of the format takes: letters, title, sample."""
    taken = {position for position, _title, _name, _why in load.columns}
    samples = load.facts.get("samples", [])
    return [
        (column_letters(i + 1), title, _joined(samples, i))
        for i, title in enumerate(load.facts.get("titles", []))
        if title and i not in taken
    ]


def _joined(samples: list[list[str]], position: int | None) -> str:
    return gettext("、").join(samples[position]) if position is not None and position < len(samples) else ""


def list_choices(load: Load) -> list[tuple[int, str]]:
    """The file's columns by position, as a person chooses among them."""
    titles: Sequence[str] = load.facts.get("titles", [])
    return [(i, f"{column_letters(i + 1)}　{_shorten(title, 24)}") for i, title in enumerate(titles) if title]


def list_examples(load: Load) -> dict[str, Any]:
    """The preview in words: new rows by the format's columns, changed fields before and after, unchanged keys."""
    if not load.preview or not load.format_code:
        return {}
    words = Words(get_format(load.format_code))
    words.learn(load.preview["new_examples"] + load.preview["examples"] + load.preview["unchanged_examples"])
    new = load.preview["new_examples"]
    told = {name for example in new for name, _before, value in example["fields"] if value not in (None, "")}
    columns = [name for name in words.columns if name in told][:8]
    return {
        "heads": [words.title(name) for name in columns],
        "new": [
            (example["row"], [words.show(name, _after(example, name)) for name in columns]) for example in new
        ],
        "changed": [
            (example["row"], words.key(example), words.differences(example))
            for example in load.preview["examples"]
        ],
        "unchanged": [(example["row"], words.key(example)) for example in load.preview["unchanged_examples"]],
    }


def _after(example: dict[str, Any], name: str) -> Any:
    return next((after for other, _before, after in example["fields"] if other == name), None)


def list_changes(
    load: Load, records: QuerySet[Any], page: int
) -> list[tuple[int, str, list[tuple[str, str, str]]]]:
    """One page of the records that a kept load changed: number, name, and each field before and after.

    Only of `records`, those that the reader may see.
    """
    assert load.batch_id is not None, "a load in the records has its batch"
    words = Words(get_format(load.format_code))
    start = (page - 1) * RECORDS_A_PAGE
    changes = Change.objects.filter(batch_id=load.batch_id, object_id__in=records.values("pk")).order_by("id")
    here = list(changes[start : start + RECORDS_A_PAGE])
    names = records.in_bulk([change.object_id for change in here])
    examples = [
        {
            "key": [],
            "fields": [[name, change.before.get(name), after] for name, after in change.after.items()],
        }
        for change in here
    ]
    words.learn(examples)
    return [
        (change.object_id, str(names[change.object_id]), words.differences(example))
        for change, example in zip(here, examples, strict=True)
    ]


class Words:
    """Stored values of one format's records in words: titles of columns, labels of codes, names of records."""

    def __init__(self, format: Format) -> None:
        self.format, self.model = format, apps.get_model(format.model)
        self.fields = {stored.attname: stored for stored in self.model._meta.concrete_fields}
        self.known: dict[str, dict[Any, models.Model]] = {}
        by_attname = {
            f"{column.name}_id" if column.refers else column.name: column for column in format.columns
        }
        self.columns: dict[str, Column] = {
            name: column for name, column in by_attname.items() if name in self.fields
        }

    def learn(self, examples: Iterable[dict[str, Any]]) -> None:
        """Read the names of all records that the examples mention, a query for each kind.

        A record that the same file brings has no number yet; its key is its name.
        """
        numbers: dict[str, set[Any]] = {}
        for example in examples:
            pairs = [
                (name, value) for name, *values in [*example["key"], *example["fields"]] for value in values
            ]
            for name, value in pairs:
                if isinstance(value, int) and self.fields[name].is_relation:
                    numbers.setdefault(name, set()).add(value)
        for name, asked in numbers.items():
            related: Any = self.fields[name].related_model
            self.known[name] = related._default_manager.in_bulk(list(asked))

    def title(self, name: str) -> str:
        column = self.columns.get(name)
        if column is None:
            return str(self.fields[name].verbose_name)
        unit = column.shown_unit
        return f"{gettext(column.title)}（{gettext(unit)}）" if unit else gettext(column.title)

    def show(self, name: str, value: Any) -> str:
        stored, column = self.fields[name], self.columns.get(name)
        if hasattr(stored, "trail_value"):
            return "•••" if value else show_plain(None)
        if value is None or value == "":
            return show_plain(None)
        if stored.is_relation:
            return str(self.known.get(name, {}).get(value, value))
        if stored.choices:
            return gettext(str(dict(stored.flatchoices).get(value, value)))
        if column is not None and column.type is Type.CODE:
            return gettext(column.choices.get(value, str(value)))
        if column is not None and column.type is Type.MONEY:
            return show_money(int(value), column.unit or "元")
        return _shorten(show_plain(value), 60)

    def key(self, example: dict[str, Any]) -> str:
        return " · ".join(self.show(name, value) for name, value in example["key"])

    def differences(self, example: dict[str, Any]) -> list[tuple[str, str, str]]:
        return [
            (self.title(name), self.show(name, before), self.show(name, after))
            for name, before, after in example["fields"]
        ]


def read_cell(load: Load, sheet_name: str, row: int, column: int) -> CellView | None:
    """A cell of the original with two rows above and below it; None where the file has no such row.

    `row` and `column` count from 1; column 0 shows the row from its beginning. Beside the cell stand its neighbours
    and the first column, which tells whose row it is. Reading a later row of a large file takes as long as reading
    up to it.
    """
    if load.original is None:
        return None
    path = load.path
    book = open_book(path, sniff(path))
    sheet = next((one for one in book.sheets if one.name[:64] == sheet_name[:64]), None)
    if sheet is None or row < 1:
        return None
    first = max(1, row - SURROUNDING)
    rows = list(islice(sheet.rows(), first - 1, row + SURROUNDING))
    if len(rows) <= row - first:
        return None
    widest = max(len(one) for one in rows)
    if column:
        near = {0, column - 2, column - 1, column}
        shown = sorted(i for i in near if 0 <= i < max(widest, column))
    else:
        shown = list(range(min(widest, WIDEST)))
    titles = load.facts.get("titles", []) if sheet.name == load.sheet_name else []
    return CellView(
        sheet.name,
        f"{column_letters(column)}{row}" if column else str(row),
        [column_letters(i + 1) for i in shown],
        [(column_letters(i + 1), titles[i]) for i in shown if i < len(titles) and titles[i]],
        [
            (first + offset, [_shown(one[i]) if i < len(one) else "" for i in shown])
            for offset, one in enumerate(rows)
        ],
        row,
        shown.index(column - 1) if column else -1,
    )


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return _shorten(str(value), 30)


def _shorten(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"

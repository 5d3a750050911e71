"""From an upload to records: receive, check, answer, keep, withdraw. Every step says what it did."""

from __future__ import annotations

import datetime as dt
import os
import pickle
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, astuple
from itertools import chain, islice
from pathlib import Path
from typing import IO, Any

from django.apps import apps
from django.conf import settings
from django.db import IntegrityError
from django.db.models import Q
from django.utils import translation

from yunpu.access.scope import may, visible_unit_ids
from yunpu.kernel.digests import Sm3
from yunpu.kernel.findings import Severity
from yunpu.kernel.refusals import Reasoned
from yunpu.kernel.text import mark as _
from yunpu.reference.models import Unit
from yunpu.stages.intake.checked import Checked, CheckedRow
from yunpu.stages.intake.checking import check_rows
from yunpu.stages.intake.drafting import Drafter, ForeignRecords, Resolver
from yunpu.stages.intake.files import LIMITS, TOO_BIG, Limits, UnableToRead, sniff
from yunpu.stages.intake.formats import Format
from yunpu.stages.intake.guessing import guess
from yunpu.stages.intake.layout import cell_text, is_blank
from yunpu.stages.intake.loading import (
    Row,
    Target,
    UnableToLoad,
    clean_killed_loads,
    load_rows,
    preview,
)
from yunpu.stages.intake.models import Load, Memory, Original
from yunpu.stages.intake.queries import is_interrupted
from yunpu.stages.intake.registry import get_format, list_formats
from yunpu.stages.intake.sheets import Book, Sheet, open_book
from yunpu.stages.intake.withdrawing import UnableToWithdraw, withdraw_batch
from yunpu.trail.jobs import Cancelled, Progress, no_progress
from yunpu.trail.models import Batch, Event
from yunpu.trail.operations import Actor, operation, preparing

_BLOCK = 1 << 20
NOT_YOURS = _("这个台账不归您的角色维护")
CHECKABLE = (
    Load.State.UPLOADED,
    Load.State.CHECKED,
    Load.State.CANCELLED,
    Load.State.UNCHANGED,
)


class UnableToKeep(Reasoned):
    """A load that is not ready for the records."""

    code = "INT-104"
    headline = _("还不能导入：%(reason)s")
    why = _("没有写入任何一行，原文件和核对结果都还在。")
    ways_out = (
        (_("回到这个文件，看还差什么"), "/intake/files/%(load)s/"),
        (_("改好后重新上传"), "/intake/upload/"),
    )


@contextmanager
def _copied(stream: IO[bytes], limits: Limits) -> Iterator[tuple[Path, str, int]]:
    """A copy of the stream beside the originals, its SM3 digest and size; gone at the end unless it was moved."""
    folder = Path(settings.ORIGINALS_FOLDER)
    folder.mkdir(parents=True, exist_ok=True)
    digest, size = Sm3(), 0
    part = folder / f"part-{os.getpid()}-{time.monotonic_ns()}"
    try:
        with part.open("wb") as out:
            while block := stream.read(_BLOCK):
                size += len(block)
                if size > limits.file_bytes:
                    raise UnableToRead(reason=TOO_BIG)
                digest.update(block)
                out.write(block)
            out.flush()
            os.fsync(out.fileno())
        yield part, digest.hexdigest(), size
    finally:
        part.unlink(missing_ok=True)


def receive_file(
    stream: IO[bytes],
    *,
    name: str,
    unit: Unit,
    by: Actor,
    at: dt.datetime,
    format_code: str = "",
    limits: Limits = LIMITS,
) -> Load:
    """Take in a file for a unit; the same bytes are kept once. Nothing is read yet. Raises UnableToRead."""
    if format_code:
        get_format(format_code)
    shown = "".join(c for c in Path(name).name if c.isprintable())[:255]
    with (
        _copied(stream, limits) as (part, sm3, size),
        operation("intake.file-received", by=by, at=at) as note,
    ):
        # The row's lock keeps apart two people with the same file: one refused, one received.
        original, _created = Original.objects.select_for_update().get_or_create(
            sm3=sm3, defaults={"size": size, "stored_at": at}
        )
        original.path.parent.mkdir(exist_ok=True)
        part.replace(original.path)
        original.path.chmod(0o440)
        load = Load.objects.create(
            original=original,
            name=shown,
            unit=unit,
            by_id=by.pk,
            by_name=by.trail_name(),
            at=at,
            format_code=format_code,
        )
        note.created(load)
    return load


def check_load(load: Load, *, by: Actor, at: dt.datetime, progress: Progress = no_progress) -> Load:
    """Read the whole file against its format: all findings, and what keeping it would do.

    Guesses sheet and format where none was chosen. Raises Cancelled, UnableToKeep for a file that is being worked on
    or is in the records; a file that cannot be read ends refused.
    """
    started = time.monotonic()
    _claim(load, Load.State.CHECKING, *CHECKABLE)
    _set(load, refused=None, preview=None, findings=[])
    try:
        _check(load, by, at, progress)
    except UnableToRead as refusal:
        _refuse(load, refusal, by=by, at=at)
    except Cancelled:
        _staged_path(load).unlink(missing_ok=True)
        _set(load, state=Load.State.CANCELLED)
        raise
    except BaseException:
        _set(load, state=Load.State.UPLOADED)
        raise
    _set(load, seconds=round(time.monotonic() - started, 1))
    return load


def change_reading(load: Load, *, by: Actor, at: dt.datetime, **choices: Any) -> Load:
    """Choose format, sheet, column mapping, or answer questions: `format_code`, `sheet_name`, `mapping`, `answers`.

    What was checked under the former reading no longer counts: the file waits for its check again.
    """
    assert set(choices) <= {"format_code", "sheet_name", "mapping", "answers"}
    with operation("intake.reading-changed", by=by, at=at) as note:
        _claim(load, Load.State.UPLOADED, *CHECKABLE)
        if {"format_code", "sheet_name"} & {name for name in choices if choices[name] != getattr(load, name)}:
            choices = {"mapping": None, "answers": {}, **choices}
        for field, value in choices.items():
            setattr(load, field, value)
        load.preview = None
        load.save(update_fields=[*choices, "preview"])
        note.act(load, name=load.name, **{key: str(value) for key, value in choices.items()})
    _staged_path(load).unlink(missing_ok=True)
    return load


def keep_load(
    load: Load, *, by: Actor, at: dt.datetime, acknowledgement: str = "", progress: Progress = no_progress
) -> Load:
    """Write a checked file into the records, all or nothing.

    Raises UnableToKeep while errors, unanswered questions or unacknowledged warnings stand, or when the records
    changed since the check so that what was shown no longer holds; UnableToLoad when the register is busy. The same
    file again changes nothing and ends `unchanged`.
    """
    load.refresh_from_db()
    refuse_unready(load, acknowledgement)
    if not _may(get_format(load.format_code), by, at, "import"):
        raise UnableToKeep(reason=NOT_YOURS, load=load.pk)
    if _is_stale(load, by):
        _check_anew(load, by=by, at=at, progress=progress)
    _claim(
        load, Load.State.LOADING, Load.State.CHECKED, acknowledgement=acknowledgement.strip(), refused=None
    )
    try:
        batch = _load(load, by=by, at=at, progress=progress)
    except UnableToLoad as refusal:
        _set(load, state=Load.State.CHECKED, refused=_stored(refusal))
        raise
    except BaseException:
        _set(load, state=Load.State.CHECKED)
        raise
    if batch is None:
        _set(load, state=Load.State.UNCHANGED)
        _remember(load)
    load.refresh_from_db()
    _staged_path(load).unlink(missing_ok=True)
    return load


def withdraw_load(
    load: Load, *, by: Actor, at: dt.datetime, reason: str, progress: Progress = no_progress
) -> Load:
    """Take a kept load back out of the records; its original stays. Raises UnableToWithdraw, UnableToLoad."""
    load.refresh_from_db()
    refuse_withdrawal(load, by=by, at=at, reason=reason)
    assert load.batch_id is not None, "a kept load has its batch"

    def tell(_batch: Batch) -> None:
        Load.objects.filter(pk=load.pk).update(state=Load.State.WITHDRAWN, refused=None)

    batch = Batch.objects.get(pk=load.batch_id)
    withdraw_batch(batch, by=by, at=at, reason=reason.strip(), progress=progress, together=tell)
    load.refresh_from_db()
    return load


def refuse_withdrawal(load: Load, *, by: Actor, at: dt.datetime, reason: str) -> None:
    """Raise UnableToWithdraw for what can be told without looking at the records."""
    if load.state != Load.State.KEPT:
        raise UnableToWithdraw(reason=_("这个文件现在是“%(state)s”"), state=_state_word(load))
    if not reason.strip():
        raise UnableToWithdraw(reason=_("需要写明理由"))
    if not _may(get_format(load.format_code), by, at, "withdraw"):
        raise UnableToWithdraw(reason=NOT_YOURS)


def keep_refusal(load: Load, refusal: Reasoned) -> None:
    """Let the load tell why work on it in the background was refused."""
    _set(load, refused=_stored(refusal))


def refuse_unready(load: Load, acknowledgement: str) -> None:
    """Raise UnableToKeep for the first thing that is missing."""
    if load.state != Load.State.CHECKED:
        raise UnableToKeep(reason=_("这个文件现在是“%(state)s”"), state=_state_word(load), load=load.pk)
    if load.error_count:
        raise UnableToKeep(reason=_("有 %(count)s 处必须改"), count=load.error_count, load=load.pk)
    if load.question_count:
        raise UnableToKeep(reason=_("有 %(count)s 个问题还没有答复"), count=load.question_count, load=load.pk)
    if load.preview is None:
        raise UnableToKeep(reason=_("没有可以导入的行"), load=load.pk)
    if load.warning_count and not acknowledgement.strip():
        raise UnableToKeep(
            reason=_("有 %(count)s 处提醒，需要写明为什么仍要导入"), count=load.warning_count, load=load.pk
        )


def _may(format: Format, by: Actor, at: dt.datetime, action: str) -> bool:
    """Whether this person may write the register by file: who may by hand; the tree of units only who administers
    all of it."""
    model, on = apps.get_model(format.model), at.date()
    whole_tree = model is not Unit or visible_unit_ids(by, on=on, action=action, model=Unit) is None
    return whole_tree and may(by, action, on=on, model=model)


def recover_load(load: Load) -> None:
    """Set a load free whose worker was killed: nothing of it was written, so it can be started again."""
    load.refresh_from_db()
    if not is_interrupted(load):
        return
    clean_killed_loads()
    state = Load.State.CHECKED if load.state == Load.State.LOADING else Load.State.UPLOADED
    with preparing("intake.progress"):
        Load.objects.filter(pk=load.pk, state=load.state).update(state=state)
    load.refresh_from_db()


def _is_stale(load: Load, by: Actor) -> bool:
    """Whether the check may no longer hold: another person keeps it, or records, units or rights changed since."""
    if load.facts.get("checked_by") != by.pk or not _staged_path(load).exists():
        return True
    format = get_format(load.format_code)
    models = {format.model, *(column.refers.model for column in format.columns if column.refers)}
    labels = [model.lower() for model in models]
    batches = Batch.objects.filter(target__in=labels).values("pk")
    since = Event.objects.filter(id__gt=load.facts.get("last_event", 0))
    return since.filter(
        Q(object_type__in=[*labels, "reference.unit", "access.grant"]) | Q(batch_id__in=batches)
    ).exists()


def _check_anew(load: Load, *, by: Actor, at: dt.datetime, progress: Progress) -> None:
    """Check again before keeping; refuse where what the person saw and decided on is no longer so.

    Where the records became equal to the file meanwhile, nothing is left to decide: it ends unchanged.
    """
    seen = (load.preview, load.findings)
    check_load(load, by=by, at=at, progress=progress)
    plan = load.preview
    if (plan, load.findings) != seen and (plan is None or plan["created"] or plan["changed"]):
        refusal = UnableToKeep(reason=_("台账在核对之后变了，已经重新核对，请再看一遍"), load=load.pk)
        _set(load, refused=_stored(refusal))
        raise refusal


def _load(load: Load, *, by: Actor, at: dt.datetime, progress: Progress) -> Batch | None:
    """Load the rows put aside; the load's own state changes in the commit that shows them."""
    format = get_format(load.format_code)
    target = _read_target(load, format)
    assert target is not None, "a load with a preview has its rows put aside"

    def tell(batch: Batch) -> None:
        Load.objects.filter(pk=load.pk).update(state=Load.State.KEPT, batch_id=batch.pk)
        _remember(load)

    try:
        return load_rows(
            target,
            _loader_rows(load),
            verb=f"{format.code}-loaded",
            name=load.name,
            by=by,
            at=at,
            total=int(load.facts.get("good_rows", 0)),
            reason=load.acknowledgement,
            progress=progress,
            together=tell,
        )
    except IntegrityError as error:
        what = str(error).splitlines()[0][:120]
        raise UnableToLoad(reason=_("有一行违反了台账的约束：%(value)s"), value=what) from error


def _loader_rows(load: Load) -> Iterator[Row]:
    """The drafted rows that the last check put aside."""
    sheet = load.sheet_name[:64]
    with _staged_path(load).open("rb") as file:
        pickle.load(file)  # noqa: S301 - written by this platform into its own folder
        while True:
            try:
                chunk = pickle.load(file)  # noqa: S301 - as above
            except EOFError:
                return
            for values, number in chunk:
                yield Row(values, sheet, number)


def _read_target(load: Load, format: Format) -> Target | None:
    """What the rows put aside fill; None where nothing is put aside."""
    path = _staged_path(load)
    if not path.exists():
        return None
    with path.open("rb") as file:
        names, assumed = pickle.load(file)  # noqa: S301 - written by this platform into its own folder
    drafter = Drafter(format, load.unit_id)
    drafter.names, drafter.assumed = names, assumed
    return drafter.target() if names else None


def _refuse(load: Load, refusal: UnableToRead, *, by: Actor, at: dt.datetime) -> None:
    """The load says why; of the file itself nothing stays, unless another load has the same bytes."""
    _staged_path(load).unlink(missing_ok=True)
    assert load.original is not None, "a load that is checked has its file"
    with operation("intake.file-refused", by=by, at=at) as note:
        original = Original.objects.select_for_update().get(pk=load.original.pk)
        note.act(load, name=load.name, reason=str(refusal.params["reason"]), sm3=original.sm3)
        load.original, load.state, load.refused = None, Load.State.REFUSED, _stored(refusal)
        load.facts, load.columns, load.guesses = {}, [], []
        load.error_count = load.warning_count = load.question_count = 0
        load.save()
        if not original.loads.exists():
            original.path.unlink(missing_ok=True)
            original.delete()


def _check(load: Load, by: Actor, at: dt.datetime, progress: Progress) -> None:
    path = load.path
    progress(0, 0, str(_("识别文件")))
    book = open_book(path, sniff(path))
    guesses = guess(book, list_formats())
    mine = [one for one in guesses if load.format_code in ("", one.format)]
    if not load.sheet_name or load.sheet_name not in {sheet.name for sheet in book.sheets}:
        visible = [sheet for sheet in book.sheets if not sheet.hidden] or book.sheets
        load.sheet_name = mine[0].sheet if mine else visible[0].name
    if not load.format_code:
        here = [one for one in guesses if one.sheet == load.sheet_name]
        load.format_code = here[0].format if here else ""
    load.guesses = [list(astuple(one)) for one in guesses[:10]]
    checked = Checked(sheet=load.sheet_name)
    sheet = next(sheet for sheet in book.sheets if sheet.name == load.sheet_name)
    last_event = Event.objects.order_by("-id").values_list("id", flat=True).first() or 0
    preview = None
    if load.format_code:
        format = get_format(load.format_code)
        units = visible_unit_ids(by, on=at.date(), action="import")
        _run_check(load, book, sheet, format, checked, units, progress)
        if checked.may_load and checked.good_rows:
            preview = _preview(load, format, checked, units, progress)
    _store_result(load, checked, book, sheet)
    load.facts |= {"last_event": last_event, "checked_by": by.pk}
    load.preview = preview if checked.may_load else None
    if load.preview is None:
        _staged_path(load).unlink(missing_ok=True)
    if not load.format_code:
        load.error_count = 1
    _set(load, state=Load.State.CHECKED)


def _run_check(
    load: Load,
    book: Any,
    sheet: Any,
    format: Format,
    checked: Checked,
    units: frozenset[int] | None,
    progress: Progress,
) -> None:
    memory = Memory.objects.filter(unit=load.unit, format_code=format.code).first()
    total = _estimate_rows(load)
    rows = check_rows(
        book,
        sheet,
        format,
        checked,
        mapping=load.mapping,
        answers=load.answers,
        remembered=memory.mapping if memory else None,
        progress=lambda done: progress(done, max(total, done + 1), str(_("核对"))),
    )
    resolved = Resolver(format, checked, units).resolve(rows)
    _put_aside(load, Drafter(format, load.unit_id), resolved)


def _put_aside(load: Load, drafter: Drafter, rows: Iterator[CheckedRow]) -> None:
    """Keep the drafted rows in a file of their own until they are kept: names first, then chunks."""
    path = _staged_path(load)
    path.parent.mkdir(parents=True, exist_ok=True)
    drafted = drafter.rows(rows)
    first = list(islice(drafted, 1))
    with path.open("wb") as file:
        pickle.dump((drafter.names, drafter.assumed), file, protocol=5)
        chunks = chain(first, drafted)
        while chunk := [(row.values, row.number) for row in islice(chunks, 2_000)]:
            pickle.dump(chunk, file, protocol=5)


def _preview(
    load: Load, format: Format, checked: Checked, units: frozenset[int] | None, progress: Progress
) -> dict[str, Any]:
    """What keeping would do. A record of a unit for which this person may not import becomes a finding."""
    target = _read_target(load, format)
    assert target is not None, "a checked load has its rows put aside"
    watch = ForeignRecords(target, checked, units).see if units is not None else None
    plan = preview(target, _loader_rows(load), total=checked.good_rows, progress=progress, watch=watch)
    return asdict(plan)


def _store_result(load: Load, checked: Checked, book: Book, sheet: Sheet) -> None:
    load.findings = [finding.to_json() for finding in sorted(checked.findings, key=lambda one: one.sort_key)]
    load.error_count = checked.counts[Severity.ERROR]
    load.warning_count = checked.counts[Severity.WARNING]
    load.question_count = checked.counts[Severity.QUESTION]
    seen = checked.layout
    load.columns = (
        [[match.position, match.title, match.name, match.why] for match in seen.matches] if seen else []
    )
    load.facts = {
        "rows": checked.rows,
        "good_rows": checked.good_rows,
        "notes": checked.counts[Severity.NOTE],
        "sums": checked.sums,
        "sheets": [one.name for one in book.sheets],
        "hidden_sheets": [one.name for one in book.sheets if one.hidden],
        "titles": list(seen.header.titles) if seen else [],
        "header_row": seen.header.last_row if seen else 0,
        "samples": _samples(load, sheet, seen.header.last_row) if seen else [],
        "head": [] if seen else [[cell_text(cell)[:30] for cell in row[:8]] for row in sheet.head[:5]],
    }


def _samples(load: Load, sheet: Sheet, header_row: int) -> list[list[str]]:
    """The first three different values of each column of the file; personal ones are not shown."""
    format = get_format(load.format_code)
    hidden = {position for position, _title, name, _why in load.columns if format.column(name).personal}
    rows = sheet.head[header_row:]
    samples: list[list[str]] = []
    for position in range(max(map(len, rows), default=0)):
        values = dict.fromkeys(
            cell_text(row[position])[:20]
            for row in rows
            if position < len(row) and not is_blank(row[position])
        )
        samples.append(["•••"] if position in hidden else list(values)[:3])
    return samples


def _estimate_rows(load: Load) -> int:
    """A guess for the progress bar: text files by size, others by a wide margin."""
    return load.path.stat().st_size // 120 + 1


def _remember(load: Load) -> None:
    titles: Mapping[str, str] = {title: name for _position, title, name, _why in load.columns}
    with preparing("intake.mapping-remembered"):
        Memory.objects.update_or_create(
            unit=load.unit, format_code=load.format_code, defaults={"mapping": dict(titles)}
        )


def _claim(load: Load, state: Load.State, *allowed: Load.State, **values: Any) -> None:
    """Move a load on, if it still is where it may be; of two who ask at once, one. Raises UnableToKeep."""
    with preparing("intake.progress"):
        moved = Load.objects.filter(pk=load.pk, state__in=allowed).update(state=state, **values)
    load.refresh_from_db()
    if not moved:
        raise UnableToKeep(reason=_("这个文件现在是“%(state)s”"), state=_state_word(load), load=load.pk)


def _state_word(load: Load) -> str:
    """The state in Chinese, to be translated when it is shown."""
    with translation.override("zh-hans"):
        return str(load.get_state_display())


def _stored(refusal: Reasoned) -> dict[str, Any]:
    """A refusal as the load keeps it, to be told in any language, later."""
    return {"code": refusal.code, "reason": refusal.template, "words": refusal.words}


def _set(load: Load, **values: Any) -> None:
    """Bookkeeping of the check itself: no record changes, so no event."""
    for name, value in values.items():
        setattr(load, name, value)
    with preparing("intake.progress"):
        load.save()


def _staged_path(load: Load) -> Path:
    return Path(settings.FOLDER) / "staged" / f"{load.pk}.rows"

"""From an upload to records: receive, check, answer, keep, withdraw. Every step says what it did."""

from __future__ import annotations

import datetime as dt
import os
import pickle
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.db import IntegrityError

from yunpu.access.scope import visible_unit_ids
from yunpu.kernel.digests import Sm3
from yunpu.kernel.findings import Severity
from yunpu.kernel.refusals import Refusal
from yunpu.kernel.text import mark as _
from yunpu.reference.models import Unit
from yunpu.stages.intake.checked import Checked, CheckedRow
from yunpu.stages.intake.checking import check_rows
from yunpu.stages.intake.drafting import Drafter, Resolver
from yunpu.stages.intake.files import LIMITS, TOO_BIG, Limits, UnableToRead, sniff
from yunpu.stages.intake.formats import Format
from yunpu.stages.intake.guessing import guess
from yunpu.stages.intake.loading import (
    Row,
    Target,
    UnableToLoad,
    UnableToWithdraw,
    load_rows,
    preview,
    withdraw_batch,
)
from yunpu.stages.intake.models import Load, Memory, Original
from yunpu.stages.intake.registry import get_format, list_formats
from yunpu.stages.intake.sheets import open_book
from yunpu.trail.jobs import Cancelled, Progress, no_progress
from yunpu.trail.models import Batch
from yunpu.trail.operations import Actor, operation, preparing

_BLOCK = 1 << 20


_CHECKABLE = (Load.State.UPLOADED, Load.State.CHECKING, Load.State.CHECKED, Load.State.CANCELLED)


class UnableToKeep(Refusal):
    """A load that is not ready for the records."""

    code = "INT-104"
    headline = _("还不能导入：%(reason)s")
    why = _("没有写入任何一行，核对结果还在。")
    ways_out = ((_("按核对结果改好文件，重新上传"), ""),)


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

    Guesses sheet and format where none was chosen. Raises Cancelled; a file that cannot be read ends refused.
    """
    _refuse_unless(load, *_CHECKABLE)
    started = time.monotonic()
    _set(load, state=Load.State.CHECKING, refusal="", preview=None, findings=[])
    try:
        _check(load, by, at, progress)
    except UnableToRead as refusal:
        _refuse(load, refusal, by=by, at=at)
    except Cancelled:
        _set(load, state=Load.State.CANCELLED)
        raise
    except BaseException:
        _set(load, state=Load.State.UPLOADED)
        raise
    _set(load, seconds=round(time.monotonic() - started, 1))
    return load


def change_reading(load: Load, *, by: Actor, at: dt.datetime, **choices: Any) -> Load:
    """Choose format, sheet, column mapping, or answer questions: `format_code`, `sheet_name`, `mapping`, `answers`."""
    _refuse_unless(load, *_CHECKABLE)
    assert set(choices) <= {"format_code", "sheet_name", "mapping", "answers"}
    with operation("intake.reading-changed", by=by, at=at) as note:
        if "format_code" in choices and choices["format_code"] != load.format_code:
            choices = {"mapping": None, "answers": {}, **choices}
        for field, value in choices.items():
            setattr(load, field, value)
        load.save(update_fields=list(choices))
        note.act(load, name=load.name, **{key: str(value) for key, value in choices.items()})
    return load


def keep_load(
    load: Load, *, by: Actor, at: dt.datetime, acknowledgement: str = "", progress: Progress = no_progress
) -> Load:
    """Write a checked file into the records, all or nothing.

    Raises UnableToKeep while errors, unanswered questions or unacknowledged warnings stand; UnableToLoad when the
    register is busy. The same file again changes nothing and ends `unchanged`.
    """
    _refuse_unless(load, Load.State.CHECKED)
    if load.error_count:
        raise UnableToKeep(reason=_("有必须改的地方"))
    if load.question_count:
        raise UnableToKeep(reason=_("有问题还没有答复"))
    if load.warning_count and not acknowledgement.strip():
        raise UnableToKeep(reason=_("有提醒，需要写明原因"))
    format = get_format(load.format_code)
    target = _read_target(load, format)
    if target is None:
        raise UnableToKeep(reason=_("核对结果已经过期，请重新核对"))
    total = int(load.facts.get("good_rows", 0))
    _set(load, state=Load.State.LOADING, acknowledgement=acknowledgement.strip())
    try:
        batch = load_rows(
            target,
            _loader_rows(load),
            verb=f"{format.code}-loaded",
            name=load.name,
            by=by,
            at=at,
            total=total,
            reason=acknowledgement.strip(),
            progress=progress,
        )
    except IntegrityError as error:
        _set(load, state=Load.State.CHECKED)
        raise UnableToLoad(
            reason=_("有一行违反了台账的约束：%(what)s") % {"what": str(error)[:120]}
        ) from error
    except BaseException:
        _set(load, state=Load.State.CHECKED)
        raise
    _set(load, state=Load.State.KEPT if batch else Load.State.UNCHANGED, batch_id=batch.pk if batch else None)
    _remember(load)
    _staged_path(load).unlink(missing_ok=True)
    return load


def withdraw_load(load: Load, *, by: Actor, at: dt.datetime, reason: str) -> Load:
    """Take a kept load back out of the records. Raises UnableToWithdraw."""
    _refuse_unless(load, Load.State.KEPT)
    if not reason.strip():
        raise UnableToWithdraw(reason=_("需要写明理由"))
    assert load.batch_id is not None, "a kept load has its batch"
    withdraw_batch(Batch.objects.get(pk=load.batch_id), by=by, at=at, reason=reason.strip())
    _set(load, state=Load.State.WITHDRAWN)
    return load


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
        names = pickle.load(file)  # noqa: S301 - written by this platform into its own folder
    drafter = Drafter(format, load.unit_id)
    drafter.names = names
    return drafter.target() if names else None


def _refuse(load: Load, refusal: UnableToRead, *, by: Actor, at: dt.datetime) -> None:
    """The load says why; of the file itself nothing stays, unless another load has the same bytes."""
    _staged_path(load).unlink(missing_ok=True)
    assert load.original is not None, "a load that is checked has its file"
    with operation("intake.file-refused", by=by, at=at) as note:
        original = Original.objects.select_for_update().get(pk=load.original.pk)
        note.act(load, name=load.name, reason=str(refusal.params["reason"]), sm3=original.sm3)
        load.original, load.state, load.refusal = None, Load.State.REFUSED, refusal.template
        load.facts, load.columns, load.guesses = {"refusal": refusal.words}, [], []
        load.error_count = load.warning_count = load.question_count = 0
        load.save()
        if not original.loads.exists():
            original.path.unlink(missing_ok=True)
            original.delete()


def _check(load: Load, by: Actor, at: dt.datetime, progress: Progress) -> None:
    path = load.path
    progress(0, 0, str(_("识别文件")))
    book = open_book(path, sniff(path))
    formats = [get_format(load.format_code)] if load.format_code else list(list_formats())
    guesses = guess(book, formats)
    if not load.sheet_name or load.sheet_name not in {sheet.name for sheet in book.sheets}:
        visible = [sheet for sheet in book.sheets if not sheet.hidden] or book.sheets
        load.sheet_name = guesses[0].sheet if guesses else visible[0].name
    if not load.format_code:
        here = [one for one in guesses if one.sheet == load.sheet_name]
        load.format_code = here[0].format if here else ""
    load.guesses = [[one.sheet, one.format, one.score, one.why] for one in guesses[:10]]
    checked = Checked(sheet=load.sheet_name)
    sheet = next(sheet for sheet in book.sheets if sheet.name == load.sheet_name)
    if load.format_code:
        format = get_format(load.format_code)
        units = visible_unit_ids(by, on=at.date())
        _run_check(load, book, sheet, format, checked, units, progress)
    _store_result(load, checked, [one.name for one in book.sheets])
    if load.format_code and checked.may_load and checked.good_rows:
        load.preview = _preview(load, get_format(load.format_code), progress)
    else:
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
        pickle.dump(drafter.names, file, protocol=5)
        chunks = chain(first, drafted)
        while chunk := [(row.values, row.number) for row in islice(chunks, 2_000)]:
            pickle.dump(chunk, file, protocol=5)


def _preview(load: Load, format: Format, progress: Progress) -> dict[str, Any]:
    target = _read_target(load, format)
    assert target is not None, "a checked load has its rows put aside"
    plan = preview(target, _loader_rows(load), total=int(load.facts["good_rows"]), progress=progress)
    return {
        "created": plan.created,
        "changed": plan.changed,
        "unchanged": plan.unchanged,
        "examples": plan.examples,
    }


def _store_result(load: Load, checked: Checked, sheets: list[str]) -> None:
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
        "sheets": sheets,
        "titles": list(seen.header.titles) if seen else [],
        "header_row": seen.header.last_row if seen else 0,
    }


def _estimate_rows(load: Load) -> int:
    """A guess for the progress bar: text files by size, others by a wide margin."""
    return load.path.stat().st_size // 120 + 1


def _remember(load: Load) -> None:
    titles: Mapping[str, str] = {title: name for _position, title, name, _why in load.columns}
    with preparing("intake.mapping-remembered"):
        Memory.objects.update_or_create(
            unit=load.unit, format_code=load.format_code, defaults={"mapping": dict(titles)}
        )


def _refuse_unless(load: Load, *states: Load.State) -> None:
    load.refresh_from_db(fields=["state"])
    if load.state not in states:
        state = Load.State(load.state).label
        raise UnableToKeep(reason=_("这个文件现在是“%(state)s”") % {"state": state})


def _set(load: Load, **values: Any) -> None:
    """Bookkeeping of the check itself: no record changes, so no event."""
    for name, value in values.items():
        setattr(load, name, value)
    with preparing("intake.progress"):
        load.save()


def _staged_path(load: Load) -> Path:
    return Path(settings.FOLDER) / "staged" / f"{load.pk}.rows"

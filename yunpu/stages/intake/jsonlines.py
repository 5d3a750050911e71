"""JSON lines: one flat object a line, the first one names the columns."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from yunpu.kernel.text import mark as _
from yunpu.stages.intake.files import LONG_CELL, TOO_TALL, TOO_WIDE, Limits, Sniffed, UnableToRead
from yunpu.stages.intake.kinds import show


class _Twice(ValueError):
    """An object that names a field twice."""


def _flat(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise _Twice(next(name for i, (name, _value) in enumerate(pairs) if name in dict(pairs[:i])))
    return made


def read_rows(path: Path, sniffed: Sniffed, limits: Limits) -> Iterator[list[Any]]:
    """The rows, after one with the names. Numbers with a fraction stay as they are written. Raises UnableToRead."""
    names: list[str] = []
    known: set[str] = set()
    with path.open(encoding=sniffed.encoding) as file:
        number = 0
        while line := file.readline(limits.line_bytes):
            number += 1
            if not line.strip():
                continue
            if number > limits.rows:
                raise UnableToRead(reason=TOO_TALL)
            values = _parse(line, number)
            if len(values) > limits.columns:
                raise UnableToRead(reason=TOO_WIDE, limit=limits.columns)
            if not names:
                names, known = list(values), set(values)
                yield list(names)
            if not values.keys() <= known:
                extra = min(values.keys() - known)
                raise UnableToRead(
                    reason=_("第 %(line)s 行有前面没有的字段 %(value)s"), line=number, value=show(extra)
                )
            row = [values.get(name) for name in names]
            for value in row:
                if isinstance(value, list | dict):
                    raise UnableToRead(reason=_("第 %(line)s 行有嵌套的内容"), line=number)
                if isinstance(value, str) and len(value) > limits.cell_characters:
                    raise UnableToRead(reason=LONG_CELL)
            yield row


def _parse(line: str, number: int) -> dict[str, Any]:
    try:
        values = json.loads(line, parse_float=str, parse_constant=str, object_pairs_hook=_flat)
    except _Twice as twice:
        raise UnableToRead(
            reason=_("第 %(line)s 行的字段 %(value)s 写了两次"), line=number, value=show(str(twice))
        ) from None
    except (ValueError, RecursionError):
        raise UnableToRead(reason=_("第 %(line)s 行不是完整的 JSON"), line=number) from None
    if not isinstance(values, dict):
        raise UnableToRead(reason=_("第 %(line)s 行不是一个对象"), line=number)
    return values

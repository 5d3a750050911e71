"""What a domain freezes: the declaration of a snapshot table.

    ATTENDANCE = FrozenTable(
        name="outreach.attendance",
        title=_("参加记录"),
        model="outreach.Attendance",
        columns=(
            FrozenColumn("event_code", Kind.TEXT, source="event__code", title=_("活动编码")),
            FrozenColumn("held_on", Kind.DATE, source="event__held_on", title=_("举办日期")),
            FrozenColumn("people", Kind.INTEGER, title=_("人数")),
        ),
        key=("event_code", "credit_code"),
        as_of="held_on",
        left_out={"person_name": _("个人信息")},
    )

A column named `unit_code` (the code of the record's unit) lets lineage tell whose row it was, also when the live
record is gone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """The five types of a snapshot. No float, no write time, no surrogate number."""

    INTEGER = "int64"
    FEN = "fen"  # int64, money in fen
    TEXT = "utf8"  # NFC
    DATE = "date32"
    YES_NO = "bool"


@dataclass(frozen=True)
class FrozenColumn:
    """One column: `source` is the field path in the ORM's spelling (default: the column's own name).

    `codes` is the code list behind a text column: what the codes are called is for readers, and in no digest.
    """

    name: str
    kind: Kind
    title: str
    source: str = ""
    unit: str = ""
    codes: type[StrEnum] | None = None

    def label(self, code: str) -> str:
        """What a code of the column is called; the code itself where it has no list, or is not in it."""
        if self.codes is None or code not in {str(known) for known in self.codes}:
            return code
        return str(getattr(self.codes(code), "label", code))

    @property
    def path(self) -> str:
        return self.source or self.name


@dataclass(frozen=True)
class FrozenTable:
    """One table of the snapshot. Every field of the model is a column or stands in `left_out` with its reason.

    `key` is the natural key: unique, never null. `as_of` names the column by which facts after the freeze's date
    stay out, and rows without a date with them: a date, or the year where a fact has only that (dated 1 January).
    Empty where the record has no date (identities).
    """

    name: str
    title: str
    model: str
    columns: tuple[FrozenColumn, ...]
    key: tuple[str, ...]
    as_of: str = ""
    left_out: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        names = [column.name for column in self.columns]
        assert len(names) == len(set(names)), f"{self.name}: a column stands twice"
        assert not any(name.startswith("source_") for name in names), (
            f"{self.name}: source_… is kept for origins"
        )
        assert self.key, f"{self.name}: no natural key"
        assert set(self.key) <= set(names), f"{self.name}: key columns must be frozen"
        assert not self.as_of or self.as_of in names, f"{self.name}: as_of must be a frozen column"
        assert not self.as_of or self.column(self.as_of).kind in (Kind.DATE, Kind.INTEGER), (
            f"{self.name}: as_of must be a date or a year"
        )

    def column(self, name: str) -> FrozenColumn:
        return next(column for column in self.columns if column.name == name)

    @property
    def schema_text(self) -> str:
        """What the digest says of the columns: names, kinds and key, in order. Never change its form."""
        columns = "".join(f"{column.name}:{column.kind.value}\n" for column in self.columns)
        return f"{columns}key:{','.join(self.key)}\n"

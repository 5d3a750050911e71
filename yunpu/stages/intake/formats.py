"""What a file means: the declaration of a format. A domain declares, the machinery does the rest.

ATTENDANCE = Format(
    "outreach.attendance",
    _("参加名单"),
    model="outreach.Attendance",
    columns=(
        Column("activity", _("活动编号"), Type.TEXT, refers=Reference("outreach.Activity", "code"), key=True),
        Column("held_on", _("日期"), Type.DATE, aliases=("举办日期",)),
        Column("cost_fen", _("费用"), Type.MONEY, unit="元", required=False),
    ),
)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from yunpu.kernel.findings import Finding
from yunpu.kernel.money import FEN_PER_UNIT

Values = dict[str, Any]
RowCheck = Callable[[Values], Iterable[Finding]]
RegisterCheck = Callable[[], RowCheck]
TableCheck = Callable[[Iterator[tuple[int, Values]]], Iterable[Finding]]
CodeList = type[StrEnum] | Mapping[str, str]


class Type(StrEnum):
    """The types of a column, with the Python value a cell becomes."""

    TEXT = "text"  # str
    INTEGER = "integer"  # int of 64 bits
    DECIMAL = "decimal"  # Decimal
    MONEY = "money"  # int, fen
    PERCENT = "percent"  # Decimal: 40.62 means 40.62 %
    DATE = "date"  # date
    MONTH = "month"  # date, the first of the month
    YEAR = "year"  # int
    YES_NO = "yes_no"  # bool
    CODE = "code"  # str of a closed list
    CREDIT_CODE = "credit_code"  # str, GB 32100
    IDENTITY_NUMBER = "identity_number"  # str, GB 11643
    PHONE = "phone"  # str
    REGION_CODE = "region_code"  # str, GB/T 2260
    PROJECT_CODE = "project_code"  # str of 21


NUMBERS = frozenset({Type.INTEGER, Type.DECIMAL, Type.MONEY})


@dataclass(frozen=True)
class Reference:
    """A column that names another record by its natural key: `model` is "app.Model", `field` unique in it.

    A `soft` one is kept as the text it is; one that is not registered is a warning, not an error.
    """

    model: str
    field: str
    soft: bool = False


@dataclass(frozen=True)
class Column:
    """One column: `name` is the model's field, `title` what offices write, `unit` the default where none is said.

    Money of another currency counts in `unit` as ours does, and is `called` by its own: a euro is two places like 元.

    `codes` is a closed list (an enum whose members have `.label`, or code to label); the file may hold either. `length` is
    the fixed length of a code: leading zeros that Excel dropped come back. `write` is `name` of the model field
    when it differs from the column (a reference fills `<name>_id`).
    """

    name: str
    title: str
    type: Type = Type.TEXT
    aliases: tuple[str, ...] = ()
    unit: str = ""
    called: str = ""
    required: bool = True
    codes: CodeList | None = None
    key: bool = False
    length: int = 0
    max_length: int = 200
    refers: Reference | None = None
    minimum: int | None = None
    maximum: int | None = None
    places: int = 2
    personal: bool = False
    note: str = ""
    example: str = ""

    def __post_init__(self) -> None:
        assert self.type is not Type.CODE or self.codes, f"{self.name}: a code column needs its list"
        assert self.type is not Type.MONEY or self.unit in ("", *FEN_PER_UNIT), (
            f"{self.name}: unknown unit {self.unit}"
        )
        assert not self.key or self.required, f"{self.name}: a key column is required"
        assert self.name.isidentifier(), f"{self.name}: the name is a model's field"
        assert self.title.strip(), f"{self.name}: no title"
        assert 0 <= self.places <= 9, f"{self.name}: {self.places} decimal places"

    @property
    def choices(self) -> dict[str, str]:
        """The closed list as code to label, in its order."""
        if isinstance(self.codes, Mapping):
            return dict(self.codes)
        return {one.value: str(getattr(one, "label", one.value)) for one in self.codes or ()}

    @property
    def titles(self) -> tuple[str, ...]:
        """Every text by which a header may call this column."""
        return (self.title, *self.aliases, self.name)

    @property
    def shown_unit(self) -> str:
        """The unit that people read: in a template's header, and beside the values."""
        return self.called or self.unit or {Type.MONEY: "元", Type.PERCENT: "%"}.get(self.type, "")


@dataclass(frozen=True)
class Format:
    """One kind of file. The key is the columns with `key=True`; the same key again is the same record.

    `checks` get one row's values by column name. `register_checks` compare rows with what is registered: each makes the
    check of one reading of a file, which asks the register once and may say a thing once. `table_checks` get all rows, with their numbers, once more: declare
    one only where a row alone cannot tell. Both place their findings by `Place(row=…, title=column name)`.
    """

    code: str
    title: str
    model: str
    columns: tuple[Column, ...]
    checks: tuple[RowCheck, ...] = ()
    register_checks: tuple[RegisterCheck, ...] = ()
    table_checks: tuple[TableCheck, ...] = ()
    draft: Callable[[Values], Values] | None = None
    about: str = ""
    fixed: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        names = [column.name for column in self.columns]
        assert len(names) == len(set(names)), f"{self.code}: a column stands twice"
        assert self.key, f"{self.code}: no key column"
        assert "." in self.model, f"{self.code}: the model is named app.Model"

    @property
    def key(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns if column.key)

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)

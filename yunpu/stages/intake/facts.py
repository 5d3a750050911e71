"""What a sheet tells beside its values: formats, formulas, errors, what is hidden; and how far it reaches."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field

from yunpu.kernel.findings import column_letters
from yunpu.stages.intake.files import DAMAGED, TOO_TALL, TOO_WIDE, Limits, UnableToRead

_MOST = 1_048_576


@dataclass
class Runs:
    """A set of cells, kept as runs of rows in each column: a whole column of formulas is two numbers."""

    columns: dict[int, list[int]] = field(default_factory=dict)  # column to [first, last, first, last, …]
    strays: set[tuple[int, int]] = field(
        default_factory=set
    )  # what came out of order, as no program writes it

    def add(self, row: int, column: int) -> None:
        runs = self.columns.setdefault(column, [])
        if not runs or row > runs[-1] + 1:
            runs += (row, row)
        elif row >= runs[-1]:
            runs[-1] = row
        else:
            self.strays.add((row, column))

    def __contains__(self, cell: tuple[int, int]) -> bool:
        row, column = cell
        runs = self.columns.get(column)
        if not runs:
            return False
        at = bisect_right(runs, row)
        return at % 2 == 1 or (at > 0 and runs[at - 1] == row) or cell in self.strays

    def __bool__(self) -> bool:
        return bool(self.columns)


@dataclass
class Facts:
    """What a sheet tells beside its values. Rows count from 1, columns from 0."""

    percent: Runs = field(default_factory=Runs)  # cells with a percent format
    errors: Runs = field(default_factory=Runs)  # cells whose value is #DIV/0!, #REF! …
    uncached: Runs = field(default_factory=Runs)  # formulas without a stored result
    computed: Runs = field(default_factory=Runs)  # formulas whose result, if it is empty, was never stored
    merged: list[tuple[int, int, int, int]] = field(
        default_factory=list
    )  # first row, column, last row, column
    formulas: int = 0
    first_formula: str = ""
    hidden_rows: list[int] = field(default_factory=list)
    hidden_columns: int = 0
    links: int = 0
    last_row: int = 0
    last_column: int = 0

    def add_formula(self, row: int, column: int) -> None:
        self.formulas += 1
        self.first_formula = self.first_formula or f"{column_letters(column + 1)}{row}"

    def reach(self, row: int, column: int) -> None:
        """Note a cell that holds something."""
        if column > self.last_column:
            self.last_column = column
        if row > self.last_row:
            self.last_row = row

    def measure(self, limits: Limits) -> None:
        """Refuse a sheet that is too large to be laid out. Raises UnableToRead."""
        if self.last_column + 1 > limits.columns:
            raise UnableToRead(reason=TOO_WIDE, limit=limits.columns)
        if self.last_row > limits.rows or self.last_row * (self.last_column + 1) > limits.cells:
            raise UnableToRead(reason=TOO_TALL)


def local_name(tag: str) -> str:
    """A tag without its prefix."""
    return tag.rpartition(":")[2]


def whole(text: str) -> int:
    """A number of an attribute. Raises UnableToRead for what no sheet can have: more than its 1,048,576 rows."""
    if text.isdecimal() and len(text) < 9 and (number := int(text)) <= _MOST:
        return number
    raise UnableToRead(reason=DAMAGED)


def column_index(letters: str) -> int:
    """A is 0."""
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - 64
    return index - 1

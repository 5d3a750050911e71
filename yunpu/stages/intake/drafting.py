"""From typed rows to records to be: references resolved to their numbers, the domain's draft, and what the loader fills."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from django.apps import apps
from django.db import models

from yunpu.kernel.findings import FindingKind, Place, Severity, declare
from yunpu.kernel.text import mark as _
from yunpu.reference.models import Enterprise, Unit
from yunpu.stages.intake.checked import Checked, CheckedRow
from yunpu.stages.intake.formats import Column, Format, Reference
from yunpu.stages.intake.loading import Found, Row, Target
from yunpu.trail.models import Sourced

UNKNOWN_REFERENCE = declare(
    FindingKind(
        "INT-050",
        Severity.ERROR,
        _("“%(value)s”不在%(register)s里"),
        _("对不上的记录无法归属，统计时会漏掉。"),
        _("先登记%(register)s里的“%(value)s”，或改正这一格"),
        "活动编号写错",
    )
)
FOREIGN_UNIT = declare(
    FindingKind(
        "INT-051",
        Severity.ERROR,
        _("“%(value)s”不在您可以导入的单位之内"),
        _("只能为本单位和下属单位导入。"),
        _("改成本单位的编码，或请该单位自己导入"),
        "替别的单位报数",
    )
)
FOREIGN_RECORD = declare(
    FindingKind(
        "INT-052",
        Severity.ERROR,
        _("“%(value)s”是%(unit)s的记录，不在您可以导入的单位之内"),
        _("只能更新本单位和下属单位的记录。"),
        _("改正关键字，或请该单位自己导入"),
        "用别的单位的活动编号报数",
    )
)
UNKNOWN_SOFT_REFERENCE = declare(
    FindingKind(
        "INT-054",
        Severity.WARNING,
        _("“%(value)s”不在%(register)s里"),
        _("照样保存，但按%(register)s汇总时归不进去。"),
        _("核对这一格；没有写错就先登记%(register)s里的“%(value)s”"),
        "所在地写成未登记的区划代码",
    )
)
NOTHING_REGISTERED = declare(
    FindingKind(
        "INT-055",
        Severity.NOTE,
        _("%(register)s还是空的，没有核对“%(title)s”"),
        _("没有登记就无从核对。"),
        _("先导入%(register)s，再核对这份文件"),
        "还没有导入行政区划就导入企业名录",
    )
)


class ForeignRecords:
    """Records of other units that a file would change: each becomes a finding."""

    def __init__(self, target: Target, checked: Checked, unit_ids: frozenset[int]) -> None:
        self.target, self.checked, self.unit_ids = target, checked, unit_ids
        name = f"{getattr(target.model, 'scope_field', None)}_id"
        self.position = target.names.index(name) if name in target.names else -1

    def see(self, found: Found, row: Row) -> None:
        unit_id = found.values[self.position] if self.position >= 0 else None
        if unit_id is not None and unit_id not in self.unit_ids:
            key = "、".join(str(value) for value in self.target.key_of(row.values))
            unit = str(Unit.objects.get(pk=unit_id))
            self.checked.say(FOREIGN_RECORD, Place(self.checked.sheet, row.number), value=key, unit=unit)


class Resolver:
    """Turns natural keys into record numbers, a chunk at a time; unknown ones become findings."""

    def __init__(self, format: Format, checked: Checked, unit_ids: frozenset[int] | None) -> None:
        self.format, self.checked, self.unit_ids = format, checked, unit_ids
        self.columns = [(i, column) for i, column in enumerate(format.columns) if column.refers]
        self.known: dict[str, dict[Any, int]] = {column.name: {} for _i, column in self.columns}
        self.columns = [(i, column) for i, column in self.columns if not self._is_unchecked(column)]
        # A record belongs to the unit of the record it hangs on: an attendance to the unit of its activity.
        scope = str(getattr(apps.get_model(format.model), "scope_field", None) or "")
        self.owner, _dots, self.owner_unit = scope.partition("__")
        self.foreign: set[int] = set()

    def _is_unchecked(self, column: Column) -> bool:
        """A soft reference to a register without any record says nothing of any row; that is told once."""
        assert column.refers is not None
        model = apps.get_model(column.refers.model)
        if not column.refers.soft or model._default_manager.exists():
            return False
        self.checked.say(
            NOTHING_REGISTERED,
            Place(self.checked.sheet),
            register=str(model._meta.verbose_name),
            title=column.title,
        )
        return True

    def resolve(self, rows: Iterable[CheckedRow], size: int = 2_000) -> Iterator[CheckedRow]:
        """The rows with record numbers in place of natural keys; rows with an unknown one are left out."""
        if not self.columns:
            yield from rows
            return
        iterator = iter(rows)
        while chunk := list(islice(iterator, size)):
            for index, column in self.columns:
                assert column.refers is not None
                asked = {row.values[index] for row in chunk} - self.known[column.name].keys() - {None}
                found = _find_numbers(column.refers, asked)
                self.known[column.name] |= found
                if self.owner_unit and column.name == self.owner and self.unit_ids is not None:
                    self.foreign |= self._find_foreign(column.refers, found.values())
            for row in chunk:
                resolved = self._resolve_row(row)
                if resolved is not None:
                    yield resolved

    def _resolve_row(self, row: CheckedRow) -> CheckedRow | None:
        values, good = list(row.values), True
        for index, column in self.columns:
            value = values[index]
            if value is None:
                continue
            number = self.known[column.name].get(value)
            seen = self.checked.layout.mapping.get(column.name, -1) if self.checked.layout else -1
            place = Place(self.checked.sheet, row.number, seen + 1 if seen >= 0 else None, column.title)
            assert column.refers is not None
            model = apps.get_model(column.refers.model)
            if column.refers.soft:
                if number is None:
                    title = str(model._meta.verbose_name)
                    self.checked.say(UNKNOWN_SOFT_REFERENCE, place, value=str(value), register=title)
                continue
            if number is None:
                good = False
                self.checked.say(
                    UNKNOWN_REFERENCE, place, value=str(value), register=str(model._meta.verbose_name)
                )
            elif model is Unit and self.unit_ids is not None and number not in self.unit_ids:
                good = False
                self.checked.say(FOREIGN_UNIT, place, value=str(value))
            elif column.name == self.owner and number in self.foreign:
                good = False
                owner: Any = model._default_manager.get(pk=number)
                for name in self.owner_unit.split("__"):
                    owner = getattr(owner, name)
                self.checked.say(FOREIGN_RECORD, place, value=str(value), unit=str(owner))
            values[index] = number
        if not good:
            self.checked.good_rows -= 1
            return None
        return CheckedRow(tuple(values), row.number)

    def _find_foreign(self, refers: Reference, numbers: Iterable[int]) -> set[int]:
        """Those of the records that belong to a unit for which this person may not import."""
        records = apps.get_model(refers.model)._default_manager
        found = list(numbers)
        foreign: set[int] = set()
        for start in range(0, len(found), 500):
            part = records.filter(pk__in=found[start : start + 500])
            mine = part.filter(**{f"{self.owner_unit}__in": self.unit_ids})
            foreign |= set(part.values_list("pk", flat=True)) - set(mine.values_list("pk", flat=True))
        return foreign


def _find_numbers(refers: Reference, asked: set[Any]) -> dict[Any, int]:
    model = apps.get_model(refers.model)
    found: dict[Any, int] = {}
    wanted = sorted(asked, key=str)
    for start in range(0, len(wanted), 500):
        part = {f"{refers.field}__in": wanted[start : start + 500]}
        if model is Enterprise:
            # A merged enterprise's code stands for the one it was merged into.
            for value, number, kept in model.objects.filter(**part).values_list(
                refers.field, "pk", "merged_into"
            ):
                found[value] = kept or number
        else:
            found |= dict(model._default_manager.filter(**part).values_list(refers.field, "pk"))
    return found


class Drafter:
    """Makes records to be of one format for one unit."""

    def __init__(self, format: Format, unit_id: int) -> None:
        self.format, self.unit_id = format, unit_id
        model = apps.get_model(format.model)
        assert issubclass(model, Sourced), f"{format.code}: {format.model} keeps no provenance"
        self.model: type[Sourced] = model
        fields = {stored.name: stored for stored in model._meta.concrete_fields}
        self.attnames = {name: stored.attname for name, stored in fields.items()}
        self.attnames |= {stored.attname: stored.attname for stored in fields.values()}
        self.fill_unit = "unit" in fields
        self.blank: dict[str, Any] = {
            stored.attname: stored.get_default() for stored in fields.values() if not stored.null
        }
        # A part of the key that the file does not tell has its default: the project code of a book without projects.
        self.key_names = {
            name for key in self._unique_keys() for name in key if self.blank.get(name) is not None
        }
        self.names: tuple[str, ...] = ()
        self.assumed: frozenset[str] = frozenset()

    def draft(self, values: Sequence[Any]) -> dict[str, Any]:
        """The model's attribute values of one typed row."""
        named = {column.name: value for column, value in zip(self.format.columns, values, strict=True)}
        drafted = self.format.draft(named) if self.format.draft else named
        out = {self.attnames[name]: value for name, value in {**self.format.fixed, **drafted}.items()}
        if self.fill_unit and out.get("unit_id") is None:
            out["unit_id"] = self.unit_id
            self.assumed = frozenset({"unit_id"})
        for name in self.key_names - out.keys():
            out[name] = self.blank[name]
        for name, value in out.items():
            if value is None and name in self.blank:
                out[name] = self.blank[name]
        return out

    def rows(self, checked: Iterable[CheckedRow]) -> Iterator[CheckedRow]:
        """The rows with the model's values in place of the file's; `names` and `target` are known after the first."""
        for row in checked:
            drafted = self.draft(row.values)
            if not self.names:
                self.names = tuple(drafted)
            yield CheckedRow(tuple([drafted[name] for name in self.names]), row.number)

    def target(self) -> Target:
        """What the loader fills. Only after a row was drafted."""
        key = self._key()
        return Target(self.model, self.names, key, self.assumed - set(key))

    def _key(self) -> tuple[str, ...]:
        """The model's own unique natural key that the draft fills."""
        for key in self._unique_keys():
            if set(key) <= set(self.names):
                return key
        raise AssertionError(
            f"{self.format.code}: {self.model._meta.label} has no natural key that the file fills"
        )

    def _unique_keys(self) -> list[tuple[str, ...]]:
        meta = self.model._meta
        uniques: list[Sequence[str]] = [
            constraint.fields
            for constraint in meta.constraints
            if isinstance(constraint, models.UniqueConstraint)
            and constraint.fields
            and not constraint.condition
        ]
        uniques += [
            [stored.name] for stored in meta.concrete_fields if stored.unique and not stored.primary_key
        ]
        return [tuple(self.attnames[name] for name in unique) for unique in uniques]

from dataclasses import replace

import pytest
from django.apps import apps

from yunpu.stages.snapshots.registry import faults, list_tables, model_of
from yunpu.stages.snapshots.shared import ENTERPRISES, UNITS
from yunpu.stages.snapshots.tables import FrozenColumn, FrozenTable, Kind
from yunpu.trail.models import Sourced


@pytest.mark.parametrize("table", list_tables(), ids=lambda table: table.name)
def test_every_field_is_frozen_or_left_out_with_a_reason(table):
    assert faults(table) == []


def test_every_shared_identity_is_frozen():
    """Units, enterprises, regions, projects, classifications, the calendar: all that files bring into reference."""
    kept = {
        model._meta.label
        for model in apps.get_app_config("reference").get_models()
        if issubclass(model, Sourced)
    }
    assert {table.model for table in list_tables() if table.name.startswith("reference.")} == kept


@pytest.mark.parametrize("table", list_tables(), ids=lambda table: table.name)
def test_no_personal_field_is_frozen(table):
    personal = {
        stored.name for stored in model_of(table)._meta.concrete_fields if hasattr(stored, "trail_value")
    }
    assert not personal & {column.path.split("__")[0] for column in table.columns}
    assert personal <= set(table.left_out)


def _without(table, name):
    return replace(table, columns=tuple(column for column in table.columns if column.name != name))


def _with(table, column):
    return replace(table, columns=(*table.columns, column))


@pytest.mark.parametrize(
    ("table", "fault"),
    [
        (_without(ENTERPRISES, "industry"), "field industry is neither frozen nor left out"),
        (replace(ENTERPRISES, left_out={"name": "重复"}), "left out name is no field, or frozen"),
        (_with(UNITS, FrozenColumn("nothing", Kind.TEXT, "无")), "has no field named 'nothing'"),
        (
            _with(UNITS, FrozenColumn("deep", Kind.TEXT, "深", source="name__code")),
            "name leads to no other record",
        ),
        (
            _with(UNITS, FrozenColumn("size", Kind.INTEGER, "大小", source="level")),
            "size is int64, its source a CharField",
        ),
        (replace(UNITS, key=("parent_code",)), "key column parent_code may be null"),
        (
            _with(UNITS, FrozenColumn("amount", Kind.FEN, "金额", source="batch_id")),
            "its name must end in _fen",
        ),
    ],
)
def test_faults_are_told(table, fault):
    assert any(fault in told for told in faults(table)), faults(table)


COLUMN = FrozenColumn("code", Kind.TEXT, "编码")


@pytest.mark.parametrize(
    "values",
    [
        {"columns": (COLUMN, COLUMN)},
        {"key": ()},
        {"key": ("other",)},
        {"as_of": "other"},
        {"as_of": "code"},
        {"columns": (COLUMN, FrozenColumn("source_row", Kind.INTEGER, "行"))},
    ],
)
def test_impossible_declarations_are_defects(values):
    with pytest.raises(AssertionError):
        FrozenTable(
            **{"name": "t", "title": "表", "model": "m.M", "columns": (COLUMN,), "key": ("code",), **values}
        )

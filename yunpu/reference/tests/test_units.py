"""The tree of units: what the operations do, what they refuse, what the database itself refuses."""

import datetime as dt
import random

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from yunpu.access.tests.factories import browser_of, make_user
from yunpu.reference import queries
from yunpu.reference.models import Unit
from yunpu.reference.operations import (
    UnableToCloseUnit,
    UnableToPlaceUnit,
    change_unit,
    close_unit,
    create_unit,
    move_unit,
)
from yunpu.reference.tests.factories import AT, BY, make_tree, make_unit
from yunpu.trail.models import Event
from yunpu.trail.operations import preparing
from yunpu.ui import search

pytestmark = pytest.mark.django_db
DAY = dt.date(2020, 6, 1)


def move(unit, parent):
    return move_unit(unit, parent, reason="机构改革", by=BY, at=AT)


def close(unit, on):
    return close_unit(unit, on, reason="机构改革", by=BY, at=AT)


def paths_slowly():
    """Every path by walking up, record by record."""
    made = {}
    for unit in Unit.objects.all():
        here, path = unit, ""
        while here is not None:
            path = f"/{here.pk}{path}"
            here = Unit.objects.filter(code=here.parent_id).first() if here.parent_id else None
        made[unit.pk] = path + "/"
    return made


def paths_stored():
    return dict(Unit.objects.values_list("pk", "path"))


def test_a_new_unit_stands_below_its_parent_and_is_found():
    tree = make_tree()
    assert tree["U"].path == "".join(f"/{tree[code].pk}" for code in "SCDBU") + "/"
    assert list(search.search(Unit.objects.all(), "单位U")) == [tree["U"]]
    assert Event.objects.filter(verb="reference.unit-created").count() == 7


def test_moving_takes_the_whole_subtree_along_in_one_operation():
    tree = make_tree()
    before = Event.objects.count()
    move(tree["B"], tree["E"])
    assert paths_stored() == paths_slowly()
    assert Unit.objects.get(code="U").path.startswith(Unit.objects.get(code="E").path)
    event = Event.objects.latest("id")
    assert Event.objects.count() == before + 1
    assert (event.verb, event.reason) == ("reference.unit-moved", "机构改革")
    assert (event.before["parent"], event.after["parent"]) == ("D", "E")


def test_a_number_that_begins_like_another_is_not_taken_along():
    """/1/ is no prefix of /11/: the slash at the end keeps them apart."""
    top, other = make_unit("S"), make_unit("T")
    for number in range(12):
        make_unit(f"C{number}", top)
    for unit in Unit.objects.filter(level="city"):
        move(unit, other)
    assert paths_stored() == paths_slowly()


def test_a_thousand_random_moves_leave_every_path_as_a_slow_walk_gives_it():
    tree, chance, refused = make_tree(), random.Random(7), 0
    for _turn in range(60):
        unit, parent = chance.choice(list(tree)), chance.choice([*tree, None])
        try:
            move(Unit.objects.get(code=unit), Unit.objects.get(code=parent) if parent else None)
        except UnableToPlaceUnit:
            refused += 1
    assert paths_stored() == paths_slowly()
    assert 0 < refused < 60


@pytest.mark.parametrize(
    ("unit", "parent", "reason"),
    [
        ("D", "D", "它会成为自己的上级"),
        ("D", "U", "它会成为自己的上级"),
        ("S", "B", "它会成为自己的上级"),
        ("C", "B", "它会成为自己的上级"),
        ("E", "D", "层级必须低于上级单位"),
        ("F", "U", "层级必须低于上级单位"),
    ],
)
def test_a_circle_or_a_wrong_order_is_refused_and_nothing_changes(unit, parent, reason):
    tree = make_tree()
    before = paths_stored()
    with pytest.raises(UnableToPlaceUnit, match=reason):
        move(tree[unit], tree[parent])
    assert paths_stored() == before
    assert not Event.objects.filter(verb="reference.unit-moved").exists()


def test_a_level_may_be_left_out_on_the_way_down():
    """A county directly below the province (省直管县), a bureau of the city."""
    tree = make_tree()
    move(tree["D"], tree["S"])
    move(Unit.objects.get(code="B"), tree["C"])
    assert paths_stored() == paths_slowly()


def test_a_unit_ends_after_everything_below_it():
    tree = make_tree()
    with pytest.raises(UnableToCloseUnit, match=r"还有下级单位没有停用.*单位U"):
        close(tree["B"], DAY)
    close(tree["U"], DAY)
    assert close(Unit.objects.get(code="B"), DAY).valid_to == DAY
    assert Event.objects.latest("id").verb == "reference.unit-closed"


def test_a_unit_does_not_end_before_it_began():
    unit = make_unit("S", valid_from=DAY)
    with pytest.raises(UnableToCloseUnit, match="不晚于启用日期"):
        close(unit, DAY)


def test_nothing_new_is_put_below_a_unit_that_ends_earlier():
    top = make_unit("S", valid_to=DAY)
    with pytest.raises(UnableToPlaceUnit, match="超出了上级单位的"):
        make_unit("C", top)
    assert make_unit("C", top, valid_to=DAY).parent == top
    late = make_unit("T", valid_from=DAY)
    with pytest.raises(UnableToPlaceUnit, match="超出了上级单位的"):
        make_unit("D", late)
    with pytest.raises(UnableToPlaceUnit, match="超出了上级单位的"):
        move(Unit.objects.get(code="C"), late)


def test_a_parent_cannot_change_so_that_its_children_lose_their_place():
    tree = make_tree()
    with pytest.raises(UnableToPlaceUnit, match="层级必须低于上级单位"):
        change_unit(tree["B"], {"level": "subordinate"}, by=BY, at=AT)
    with pytest.raises(UnableToPlaceUnit, match="超出了上级单位的"):
        change_unit(tree["B"], {"valid_from": DAY}, by=BY, at=AT)


def test_a_new_code_goes_with_the_children():
    tree = make_tree()
    change_unit(tree["B"], {"code": "BB", "name": "新名"}, by=BY, at=AT)
    assert Unit.objects.get(code="U").parent_id == "BB"
    assert Unit.objects.get(code="U").parent.name == "新名"
    assert paths_stored() == paths_slowly()
    connection.check_constraints()


def test_a_code_that_another_unit_has_is_refused():
    tree = make_tree()
    with pytest.raises(ValidationError, match="单位编码"):
        change_unit(tree["B"], {"code": "F"}, by=BY, at=AT)


def test_the_tree_of_a_day_is_what_is_in_force_then():
    tree = make_tree()
    close(tree["U"], DAY)
    day_before = DAY - dt.timedelta(days=1)
    assert Unit.objects.get(code="U") in queries.in_force(Unit.objects.all(), day_before)
    assert Unit.objects.get(code="U") not in queries.in_force(Unit.objects.all(), DAY)
    shown = [
        (unit.code, depth)
        for unit, depth in queries.list_unit_tree(queries.in_force(Unit.objects.all(), DAY))
    ]
    assert shown == [("S", 0), ("C", 1), ("D", 2), ("B", 3), ("F", 3), ("E", 2)]


def test_a_unit_whose_parent_is_out_of_sight_stands_at_the_top():
    make_tree()
    part = Unit.objects.filter(code__in=["B", "U"])
    assert [(unit.code, depth) for unit, depth in queries.list_unit_tree(part)] == [("B", 0), ("U", 1)]


@pytest.mark.parametrize(
    "values",
    [
        {"code": "X", "parent_id": "X"},
        {"code": "X", "valid_from": DAY, "valid_to": DAY},
    ],
)
def test_the_database_itself_refuses(values):
    with pytest.raises(IntegrityError), preparing("test"), transaction.atomic():
        Unit.objects.create(name="坏", level="city", path="/", **values)


def test_the_database_keeps_a_parent_that_is_pointed_to():
    tree = make_tree()
    with pytest.raises(IntegrityError), preparing("test"), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM reference_unit WHERE id = %s", [tree["S"].pk])
        connection.check_constraints()


def test_only_who_administers_all_units_puts_one_at_the_top():
    """A unit at the top lies in nobody's subtree: whoever has a part would otherwise found a second tree."""
    tree = make_tree()
    part = make_user(tree["D"], "administrator")
    whole = make_user(tree["S"], "administrator")
    values = {"code": "NEW", "name": "新", "level": Unit.Level.PROVINCE, "parent": None}
    with pytest.raises(UnableToPlaceUnit, match="最上级"):
        create_unit(Unit, dict(values), by=part, at=AT)
    with pytest.raises(UnableToPlaceUnit, match="最上级"):
        move_unit(tree["B"], None, reason="x", by=part, at=AT)
    with pytest.raises(UnableToPlaceUnit, match="最上级"):
        change_unit(tree["B"], {"parent": None}, by=part, at=AT)
    assert Unit.objects.filter(parent=None).count() == 1
    assert create_unit(Unit, values, by=whole, at=AT).path.count("/") == 2


def test_an_administrator_of_a_part_changes_its_topmost_unit_and_leaves_it_in_place():
    tree = make_tree()
    client = browser_of(make_user(tree["D"], "administrator"))
    url = reverse("reference:units-change", args=[tree["D"].pk])
    form = client.get(url).context["form"]
    assert tree["C"] in form.fields["parent"].queryset
    given = {"code": "D", "name": "改名", "level": "district", "parent": tree["C"].pk}
    assert client.post(url, given).status_code == 302
    assert client.post(url, given | {"parent": ""}).status_code == 409
    tree["D"].refresh_from_db()
    assert (tree["D"].name, tree["D"].parent) == ("改名", tree["C"])

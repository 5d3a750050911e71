"""Codes of schemes: levels are derived, years do not overlap, parents are there."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from yunpu.reference import queries
from yunpu.reference.models import Classification, Region, Scheme
from yunpu.reference.operations import change_region, change_subject, create_region, create_subject
from yunpu.reference.tests.factories import AT, BY
from yunpu.trail.models import Event
from yunpu.trail.operations import preparing

pytestmark = pytest.mark.django_db


@pytest.fixture
def scheme():
    with preparing("test"):
        return Scheme.objects.create(code="F", name="功能分类", source="测试")


def enter(scheme, code, parent="", first=2024, last=None, name="科目"):
    values = {
        "scheme": scheme,
        "code": code,
        "name": name,
        "name_en": "",
        "parent_code": parent,
        "first_year": first,
        "last_year": last,
        "note": "",
    }
    return create_subject(Classification, values, by=BY, at=AT)


def test_levels_follow_the_parents(scheme):
    levels = [enter(scheme, *given).level for given in (("206",), ("20601", "206"), ("2060101", "20601"))]
    assert levels == [1, 2, 3]
    moved = change_subject(Classification.objects.get(code="20601"), {"parent_code": ""}, by=BY, at=AT)
    assert moved.level == 1
    assert Classification.objects.get(code="2060101").level == 2
    assert Event.objects.latest("id").verb == "reference.classification-changed"


def test_a_code_may_come_again_under_another_name_in_later_years(scheme):
    enter(scheme, "206", last=2024, name="旧名")
    enter(scheme, "206", first=2025, name="新名")
    enter(scheme, "20601", "206", first=2024, last=2024)
    enter(scheme, "20601", "206", first=2025)
    every = Classification.objects.all()
    for year, name in ((2024, "旧名"), (2025, "新名"), (2030, "新名")):
        tree = queries.list_classification_tree(queries.classification_in(every, year))
        assert [(one.code, depth) for one, depth in tree] == [("206", 0), ("20601", 1)]
        assert tree[0][0].name == name
    assert not queries.classification_in(every, 2023).exists()


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        (("20601", "209"), "上级科目“209”"),
        (("20601", "206", 2023), "在 2023 年没有"),
        (("206", "", 2020), "有两个名称"),
        (("207", "", 2024, 2020), "终止年度 2020 早于起始年度 2024"),
    ],
)
def test_what_does_not_fit_is_said_at_its_field(scheme, given, fault):
    enter(scheme, "206")
    with pytest.raises(ValidationError, match=fault):
        enter(scheme, *given)
    assert Classification.objects.count() == 1


def test_a_circle_is_refused(scheme):
    enter(scheme, "206")
    enter(scheme, "20601", "206")
    with pytest.raises(ValidationError, match="又回到了它自己"):
        change_subject(Classification.objects.get(code="206"), {"parent_code": "20601"}, by=BY, at=AT)


def test_a_code_with_codes_below_it_keeps_its_code(scheme):
    enter(scheme, "206")
    enter(scheme, "20601", "206")
    with pytest.raises(ValidationError, match="还有下级科目"):
        change_subject(Classification.objects.get(code="206"), {"code": "299"}, by=BY, at=AT)


def test_two_schemes_may_have_the_same_code(scheme):
    with preparing("test"):
        other = Scheme.objects.create(code="E", name="经济分类", source="测试")
    enter(scheme, "301")
    assert enter(other, "301").level == 1


@pytest.mark.parametrize(
    "values",
    [
        {"code": "206", "first_year": 2024},
        {"code": "207", "first_year": 2024, "last_year": 2023},
        {"code": "207", "first_year": 2024, "parent_code": "207"},
    ],
)
def test_the_database_itself_refuses(scheme, values):
    enter(scheme, "206")
    with pytest.raises(IntegrityError), preparing("test"), transaction.atomic():
        Classification.objects.create(scheme=scheme, name="坏", **values)


def test_the_level_of_a_region_is_told_by_its_code():
    values = {"code": "360100", "name": "南昌市", "valid_from": None, "valid_to": None, "note": ""}
    region = create_region(Region, values, by=BY, at=AT)
    assert (region.level, region.parent_code) == ("prefecture", "360000")
    changed = change_region(region, {**values, "code": "360102", "name": "东湖区"}, by=BY, at=AT)
    assert (changed.level, changed.parent_code) == ("county", "360100")
    with pytest.raises(ValidationError, match="6位数字"):
        create_region(Region, {**values, "code": "36"}, by=BY, at=AT)

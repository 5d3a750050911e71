"""The search index: what is found, that three ways to look find the same, that no other model moves it, that it heals."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from yunpu.config import health
from yunpu.config.cli import main
from yunpu.kernel.text import grams, normalise, query_grams
from yunpu.reference.models import Enterprise
from yunpu.ui import search
from yunpu.ui.search import searched_models, space_of

pytestmark = pytest.mark.django_db


def make(*names: str) -> list[Enterprise]:
    made = [
        Enterprise.objects.create(credit_code=f"{n:018}", name=name)
        for n, name in enumerate(names, Enterprise.objects.count() + 1)
    ]
    search.reindex(Enterprise, [one.pk for one in made])
    return made


def found(query: str, **how: bool) -> list[str]:
    return sorted(one.name for one in search.search(Enterprise.objects.all(), query, **how))


def test_two_characters_are_found_and_longer_words_stand_together():
    make("云谱古树保护中心", "树古云谱", "建设信息", "信息化建设公司", "信息与建设化工")
    assert found("古树") == ["云谱古树保护中心"]
    assert found("信息化建设") == ["信息化建设公司"]
    assert found("信息 建设") == sorted(["建设信息", "信息化建设公司", "信息与建设化工"])
    assert found("树") == sorted(["云谱古树保护中心", "树古云谱"])
    assert found("没有") == []


def test_full_width_and_case_do_not_matter():
    make("ABC科技")
    assert found("ａｂｃ") == ["ABC科技"]


@pytest.mark.parametrize(
    "query", ["'", '"', "a' OR '1", "%", "_", "(", "古 AND", "*", "NEAR(", "\\", "古\x00树", "&|!", ":*"]
)
def test_signs_of_query_languages_are_nothing_special(query):
    make("云谱古树")
    for one_by_one in (False, True):
        found(query, one_by_one=one_by_one)
    search.has_many_hits(Enterprise, query)


NAMES = st.lists(
    st.text(st.sampled_from("古树云谱信息ab1 "), min_size=1, max_size=12), min_size=1, max_size=12
)


@given(names=NAMES, query=st.text(st.sampled_from("古树云谱信息ab1 "), min_size=1, max_size=4))
def test_every_way_finds_what_the_twin_finds(names, query):
    search.forget_rows(Enterprise, list(Enterprise.objects.values_list("pk", flat=True)))
    Enterprise.objects.all().delete()
    make(*names)
    words = query_grams(query)
    longer = [part for part in normalise(query).lower().split() if len(part) > 2]
    twin = sorted(
        name
        for name in names
        if all(word in grams(name).split() for word in words) and all(part in name.lower() for part in longer)
    )
    if words:
        assert found(query) == twin
        assert found(query, one_by_one=True) == twin
        for down in (False, True):
            hits = search.next_hits(Enterprise.objects.all(), query, beyond=None, down=down, limit=100)
            assert sorted(one.name for one in hits) == twin


def test_the_next_hits_begin_beyond_a_number_and_end_at_the_limit():
    made = make(*[f"古树{n}" for n in range(9)])
    numbers = [one.pk for one in made]

    def next_ones(beyond: int | None, down: bool) -> list[int]:
        rows = search.next_hits(Enterprise.objects.all(), "古树", beyond=beyond, down=down, limit=3)
        return sorted(rows.values_list("pk", flat=True))

    assert next_ones(None, False) == numbers[:3]
    assert next_ones(None, True) == numbers[-3:]
    assert next_ones(numbers[3], False) == numbers[4:7]
    assert next_ones(numbers[3], True) == numbers[:3]


def test_many_hits_are_known_from_the_index(monkeypatch):
    make(*[f"古树{n}" for n in range(4)])
    monkeypatch.setattr(search, "MANY", 3)
    assert search.has_many_hits(Enterprise, "古树")
    monkeypatch.setattr(search, "MANY", 4)
    assert not search.has_many_hits(Enterprise, "古树")


def test_a_space_is_the_models_own_whatever_other_models_there_are():
    # These numbers are in installed databases: if they change, a migration must renew the index.
    known = {"budget.budgetline": 792564, "reference.enterprise": 119423, "outreach.activity": 6177243}
    assert {label: space_of(apps.get_model(label)) for label in known} == known


def test_no_two_models_share_a_space():
    spaces = [space_of(model) for model in searched_models()]
    assert len(spaces) == len(set(spaces))
    assert all(0 <= space < 1 << 23 for space in spaces)


def test_words_of_one_model_are_not_found_in_another():
    (one,) = make("古树")
    other = next(model for model in searched_models() if model is not Enterprise)
    search.index_rows(other, [(one.pk + 1, ["古树"])])
    assert found("古树") == ["古树"]
    search.forget_rows(other, [one.pk + 1])


def spoil() -> None:
    """Lose the words of one record, keep those of one that is gone, mix those of a third."""
    first, second, third = make("古树一", "古树二", "古树三")
    search.forget_rows(Enterprise, [first.pk])
    Enterprise.objects.filter(pk=second.pk).delete()
    Enterprise.objects.filter(pk=third.pk).update(name="新名")


def test_the_doctor_sees_a_spoilt_index_and_rebuilds_it(capsys):
    spoil()
    assert search.missing(Enterprise) == 2
    assert health.check_search().state == "bad"
    main(["--lang", "zh", "doctor", "--rebuild-search"])
    assert "企业: 2" in capsys.readouterr().out
    assert search.missing(Enterprise) == 0
    assert health.check_search().state == "good"
    assert found("古树") == ["古树一"]
    assert found("新名") == ["新名"]


def test_words_left_under_the_number_of_a_new_record_give_way():
    """A table dropped and made again counts from one: the words of its old rows are still there."""
    (old,) = make("古树一")
    Enterprise.objects.filter(pk=old.pk).delete()
    Enterprise.objects.create(pk=old.pk, credit_code="2" * 18, name="新名")
    search.index_rows(Enterprise, [(old.pk, ["新名"])])
    assert found("新名") == ["新名"]
    assert found("古树") == []
    assert search.missing(Enterprise) == 0


def test_an_empty_index_is_filled_after_a_migration():
    made = make("古树一", "古树二")
    search.forget_rows(Enterprise, [one.pk for one in made])
    assert search.is_unbuilt(Enterprise)
    call_command("migrate", verbosity=0)
    assert found("古树") == ["古树一", "古树二"]
    assert not search.is_unbuilt(Enterprise)


def test_strays_alone_are_forgotten_by_a_rebuild():
    made = make(*[f"古树{n}" for n in range(5)])
    Enterprise.objects.filter(pk__in=[one.pk for one in made]).delete()
    assert search.missing(Enterprise) == 5
    assert search.rebuild(Enterprise) == 0
    assert search.missing(Enterprise) == 0


@pytest.mark.skipif(
    connection.vendor != "sqlite", reason="SQLite only: on PostgreSQL words change in the commit of the texts"
)
def test_a_blurred_record_is_found_by_what_it_says_only():
    one, other = make("古树名木", "水利工程")
    search.blur(Enterprise, [(one.pk, ["古树名木", "水利设施"])])
    assert search.is_blurred(Enterprise)
    assert (found("水利"), found("古树")) == ([other.name], [one.name])
    Enterprise.objects.filter(pk=one.pk).update(name="水利设施")
    assert (found("水利"), found("古树")) == (sorted([other.name, "水利设施"]), [])
    while search.sharpen(Enterprise):
        pass
    assert not search.is_blurred(Enterprise)
    assert (found("水利"), found("古树")) == (sorted([other.name, "水利设施"]), [])

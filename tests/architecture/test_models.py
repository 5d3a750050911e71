"""What must hold of every table."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import models

from tests.architecture.source import PACKAGE
from yunpu import flow
from yunpu.trail.models import Sourced, SourcedManager

OURS = [model for model in apps.get_models() if model.__module__.startswith("yunpu.")]
MONEY_WORDS = ("amount", "price", "cost", "fee", "salary", "money", "fund_amount")
CLOSED = ("snapshots", "indicators", "bulletins")  # what is frozen is pointed at by number, never by key


def app_of(model: type[models.Model]) -> str:
    return model._meta.app_label


def domain_labels() -> set[str]:
    return {config.label for config in flow.list_domains()}


def foreign_keys(model: type[models.Model]) -> list[models.ForeignKey]:
    return [stored for stored in model._meta.get_fields() if isinstance(stored, models.ForeignKey)]


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
def test_no_foreign_key_leads_from_one_domain_to_another(model):
    for stored in foreign_keys(model):
        target = app_of(stored.related_model)
        if app_of(model) in domain_labels():
            assert target not in domain_labels() - {app_of(model)}, f"{model._meta.label}.{stored.name}"


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
def test_no_foreign_key_leads_from_records_into_what_is_frozen(model):
    for stored in foreign_keys(model):
        if app_of(model) not in CLOSED:
            assert app_of(stored.related_model) not in CLOSED, f"{model._meta.label}.{stored.name}"


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
def test_records_are_protected_from_cascades(model):
    if issubclass(model, Sourced):
        for stored in foreign_keys(model):
            assert stored.remote_field.on_delete is models.PROTECT, f"{model._meta.label}.{stored.name}"


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
def test_money_is_named_by_its_unit_and_is_an_integer(model):
    for stored in model._meta.concrete_fields:
        assert not isinstance(stored, models.FloatField), f"{model._meta.label}.{stored.name} is a float"
        if any(word in stored.name for word in MONEY_WORDS):
            assert stored.name.endswith("_fen"), f"{model._meta.label}.{stored.name}: money ends in _fen"
        if stored.name.endswith("_fen"):
            assert isinstance(stored, models.BigIntegerField), f"{model._meta.label}.{stored.name}: 64 bits"


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
def test_kept_records_have_the_one_manager_that_hides_unseen_rows(model):
    """Another manager would show rows of a load that is still being written."""
    if issubclass(model, Sourced):
        assert type(model._default_manager) is SourcedManager, model._meta.label


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
def test_every_table_says_what_a_row_is_and_is_ordered(model):
    doc = model.__doc__ or ""
    assert " is " in doc or " gives " in doc, f"{model._meta.label}: 'One row is …'"
    assert not doc.startswith(f"{model.__name__}("), f"{model._meta.label} has no docstring"


@pytest.mark.parametrize("config", flow.list_domains(), ids=lambda config: config.code)
def test_every_table_of_a_domain_stands_in_its_readme(config):
    readme = PACKAGE / "domains" / config.code / "README.md"
    assert readme.exists(), f"{config.code} has no README.md"
    text = readme.read_text("utf-8")
    for model in config.get_models():
        assert f"`{model.__name__}`" in text, f"{config.code}/README.md does not name {model.__name__}"

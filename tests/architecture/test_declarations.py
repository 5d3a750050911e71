"""What domains declare is complete, and no code stands twice."""

from __future__ import annotations

import re

import pytest

from yunpu import flow
from yunpu.kernel.findings import all_kinds
from yunpu.kernel.refusals import all_refusals
from yunpu.stages.indicators.definitions import Disclosure
from yunpu.stages.indicators.registry import list_indicators
from yunpu.stages.intake.registry import list_formats
from yunpu.stages.snapshots.registry import faults, list_tables

CHINESE = re.compile("[一-鿿]")


@pytest.mark.parametrize("indicator", list_indicators(), ids=lambda indicator: indicator.code)
def test_every_indicator_says_unit_source_words_and_disclosure(indicator):
    assert indicator.unit
    assert CHINESE.search(indicator.words), "the definition in words"
    assert CHINESE.search(indicator.source), "where the records come from"
    assert isinstance(indicator.disclosure, Disclosure)
    assert indicator.table in {table.name for table in list_tables()}


@pytest.mark.parametrize("table", list_tables(), ids=lambda table: table.name)
def test_every_snapshot_table_accounts_for_every_field(table):
    assert faults(table) == []


@pytest.mark.parametrize("format", list_formats(), ids=lambda format: format.code)
def test_formats_name_money_by_its_unit(format):
    for column in format.columns:
        if column.type == "money":
            assert column.name.endswith("_fen"), f"{format.code}.{column.name}"
            assert column.shown_unit, f"{format.code}.{column.name}: money says its unit"


def test_codes_of_findings_and_refusals_are_unique():
    codes = [kind.code for kind in all_kinds()] + [refusal.code for refusal in all_refusals()]
    assert len(codes) == len(set(codes))


OUR_REFUSALS = [one for one in all_refusals() if ".tests." not in one.__module__]


@pytest.mark.parametrize("refusal", OUR_REFUSALS, ids=lambda refusal: refusal.code)
def test_every_refusal_names_a_way_out(refusal):
    assert refusal.headline
    assert refusal.why
    assert refusal.ways_out


def test_indicator_codes_are_unique():
    codes = [indicator.code for indicator in list_indicators()]
    assert len(codes) == len(set(codes))


def test_every_domain_declares_itself_in_the_menu():
    for config in flow.list_domains():
        assert CHINESE.search(config.title), config.name
        assert config.order, config.name

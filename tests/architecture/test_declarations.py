"""What domains declare is complete, and no code stands twice."""

from __future__ import annotations

import re
from argparse import _SubParsersAction

import pytest
from django.urls import Resolver404, resolve

from yunpu import flow
from yunpu.config.cli import build_parser
from yunpu.config.urls import urlpatterns  # the whole program is imported, so that every refusal is declared
from yunpu.kernel.findings import all_kinds
from yunpu.kernel.refusals import all_refusals
from yunpu.kernel.text import fill, parameters
from yunpu.stages.indicators.definitions import Disclosure
from yunpu.stages.indicators.registry import list_indicators
from yunpu.stages.intake.registry import list_formats
from yunpu.stages.snapshots.registry import faults, list_tables

CHINESE = re.compile("[一-鿿]")
COMMAND = re.compile(r"yunpu ((?:[a-z-]+ ?)+)")
assert urlpatterns
PROGRAM = build_parser(str)  # likewise its commands


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


def addresses(refusal):
    """The ways out that are pages, with any parameter filled in; one that is a parameter as a whole is a made address."""
    for _label, way in refusal.ways_out:
        if way.startswith("/"):
            yield fill(way, dict.fromkeys(parameters(way), 1))


def commands(refusal):
    """The commands that the ways out name: as such, or in their words."""
    for text in (text for way in refusal.ways_out for text in way):
        yield from COMMAND.findall(text)


@pytest.mark.parametrize("refusal", OUR_REFUSALS, ids=lambda refusal: refusal.code)
def test_every_way_out_of_a_refusal_leads_somewhere(refusal):
    for _label, way in refusal.ways_out:
        assert re.match(r"/|yunpu |%\(\w+\)s$|$", way), f"{way!r} is neither a page nor a command"
    for address in addresses(refusal):
        resolve(address)
    for command in commands(refusal):
        assert is_command(command.split()), f"yunpu {command} is no command"


def is_command(words, parser=None):
    """Whether the program knows these words, one below the other; what follows the last step is its own."""
    steps = [action for action in (parser or PROGRAM)._actions if isinstance(action, _SubParsersAction)]
    if not words or not steps:
        return True
    return words[0] in steps[0].choices and is_command(words[1:], steps[0].choices[words[0]])


def test_ways_that_lead_nowhere_are_found():
    assert is_command(["bulletin", "build"])
    assert is_command(["doctor", "--rebuild-search"])
    assert not is_command(["bulletin", "bild"])
    assert not is_command(["docter"])
    with pytest.raises(Resolver404):
        resolve("/indicators/")


def test_indicator_codes_are_unique():
    codes = [indicator.code for indicator in list_indicators()]
    assert len(codes) == len(set(codes))


def test_every_domain_declares_itself_in_the_menu():
    for config in flow.list_domains():
        assert CHINESE.search(config.title), config.name
        assert config.order, config.name

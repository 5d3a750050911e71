"""Every kind of finding has an example that provokes it, and says its words in both languages."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest
from django.utils import translation
from django.utils.translation import gettext

from yunpu.config.urls import urlpatterns  # the whole program is imported, so that every kind is declared
from yunpu.kernel.findings import all_kinds

ROOT = Path(__file__).resolve().parents[2]
CHINESE = re.compile("[一-鿿]")
assert urlpatterns


def find_provocations():
    """`PROVOKED` of every `tests/provocations.py`: code of a kind to what provokes it, given a path to write to."""
    provoked = {}
    for file in sorted(ROOT.glob("yunpu/**/tests/provocations.py")):
        name = ".".join(file.relative_to(ROOT).with_suffix("").parts)
        for code, provoke in importlib.import_module(name).PROVOKED.items():
            assert code not in provoked, f"{code} is provoked twice"
            provoked[code] = provoke
    return provoked


PROVOKED = find_provocations()
KINDS = [kind for kind in all_kinds() if not kind.code.startswith("TST")]


def is_tested_by_name(kind):
    """Whether a test of the stage asserts the code: for what needs a whole district to go wrong."""
    return any(f'"{kind.code}"' in file.read_text("utf-8") for file in ROOT.glob("yunpu/**/tests/test_*.py"))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.code)
def test_every_kind_of_finding_has_an_example_that_provokes_it(kind, tmp_path, db):
    if kind.code not in PROVOKED:
        assert is_tested_by_name(kind), f"{kind.code} has no example: add it to a tests/provocations.py"
        return
    found = [one for one in PROVOKED[kind.code](tmp_path / "file") if one.kind == kind.code]
    assert found, f"the example of {kind.code} does not provoke it"
    with translation.override("en"):
        words = [found[0].what(gettext), found[0].why(gettext), found[0].remedy(gettext)]
        shown = re.sub('[“"].*?[”"]', "", " ".join(words))
    assert all(words)
    for value in dict(found[0].params).values():
        for one in value if isinstance(value, tuple) else (value,):
            shown = shown.replace(str(one), "")
    assert not CHINESE.search(shown), f"{kind.code} in English: {shown}"


def test_no_example_provokes_what_nobody_declares():
    assert not PROVOKED.keys() - {kind.code for kind in KINDS}

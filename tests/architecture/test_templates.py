"""Templates: nothing inline, none unused; and the check itself finds what it is there to find."""

from __future__ import annotations

import sys

import pytest

from tests.architecture.source import ROOT

sys.path.insert(0, str(ROOT / "tools"))
import check_templates


def test_templates_compile_and_are_clean_and_used():
    faults = [
        *check_templates.compile_faults(),
        *check_templates.inline_faults(),
        *check_templates.unused_faults(),
    ]
    assert faults == []


@pytest.mark.parametrize(
    "source",
    [
        '<p style="color: red">x</p>',
        "<style>p { color: red }</style>",
        "<script>alert(1)</script>",
        '<a onclick="go()">x</a>',
        '<a href="javascript:go()">x</a>',
        '<script src="https://cdn.example/x.js"></script>',
    ],
)
def test_inline_code_is_found(source):
    assert check_templates.find_inline(source)


@pytest.mark.parametrize(
    "source",
    [
        '<script type="application/json" id="x">{"a": 1}</script>',
        "<script src=\"{% static 'ui/app.js' %}\"></script>",
        '{# <p style="color: red"> #}<p class="style">x</p>',
    ],
)
def test_clean_templates_pass(source):
    assert check_templates.find_inline(source) == []

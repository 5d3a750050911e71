"""Styles and scripts as they are served: what office browsers of 2023 understand, and only icons that are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.apps import apps
from django.templatetags.static import static
from django.test import Client

from yunpu.ui.context import STYLE_SHEETS
from yunpu.ui.menu import list_entries
from yunpu.ui.registers import list_registers

ROOT = Path(apps.get_app_config("ui").path).parent
SHEETS = [*STYLE_SHEETS, "yunpu/print.css"]
TOO_NEW = (
    "oklch(",
    "oklab(",
    "color-mix(",
    "light-dark(",
    "@scope",
    "text-wrap: balance",
    ":has(",
    "@starting-style",
)


def served(name: str) -> str:
    response = Client().get(static(name))
    assert response.status_code == 200, name
    return b"".join(response.streaming_content).decode()


@pytest.mark.parametrize("name", SHEETS)
def test_chromium_109_understands_every_rule(name):
    text = re.sub(r"/\*.*?\*/", "", served(name), flags=re.DOTALL)
    for word in TOO_NEW:
        assert word not in text, f"{name}: {word}"
    nested = re.search(r"\{[^{}@]*\{", re.sub(r"@(media|page|supports)[^{]*\{", "", text))
    assert nested is None, f"{name}: nested rules need Chromium 120"


def test_colours_are_tokens_and_tokens_are_hex():
    tokens = served("yunpu/tokens.css")
    declared = re.findall(r"--yp-[\w-]+:\s*([^;]+);", tokens)
    assert declared
    assert all(re.fullmatch(r"#[0-9A-Fa-f]{6}", value.strip()) for value in declared)
    names = set(re.findall(r"--yp-[\w-]+(?=:)", tokens))
    for sheet in SHEETS:
        used = set(re.findall(r"var\((--yp-[\w-]+)\)", served(sheet)))
        assert used <= names, f"{sheet}: {used - names}"


def test_every_theme_sets_every_colour():
    blocks = re.findall(
        r"(:root|html\[data-theme=\"?\w+\"?\]) \{(.*?)\}", served("yunpu/tokens.css"), re.DOTALL
    )
    sets = [set(re.findall(r"(--yp-[\w-]+):", body)) for _name, body in blocks]
    assert len(sets) == 3
    light, *dark = sets
    for one in dark:
        assert light - one <= {"--yp-paper-red"}


def test_every_icon_that_is_used_is_in_the_sprite():
    there = set(re.findall(r'<symbol id="([\w-]+)"', served("vendor/icons.svg")))
    used = set()
    for path in ROOT.rglob("templates/**/*.html"):
        used |= set(re.findall(r'{% icon "([\w-]+)"', path.read_text("utf-8")))
    for register in list_registers():
        used |= {action.icon for action in (*register.actions, *register.page_actions)}
    used |= {entry.icon for entry in list_entries()}
    assert used <= there, used - there


def test_scripts_are_modules_that_load_one_another_only():
    for path in sorted((ROOT / "ui" / "static" / "yunpu").glob("*.js")):
        for module in re.findall(r'from "([^"]+)"|^import "([^"]+)"', path.read_text("utf-8"), re.MULTILINE):
            name = next(filter(None, module))
            assert name.startswith("./"), f"{path.name}: {name}"
            assert (path.parent / name).exists(), f"{path.name}: {name}"

"""The flow is declared once: menu, contracts, folders and documentation follow it."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

from django.conf import settings

from tests.architecture.source import PACKAGE, ROOT
from yunpu import flow

CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]


def contract(beginning: str) -> dict:
    return next(one for one in CONTRACTS if one["name"].startswith(beginning))


def test_stages_stand_in_the_same_order_in_flow_and_contract():
    layers = [layer.strip("() ") for layer in contract("Flow")["layers"]]
    assert [stage.name for stage in flow.STAGES] == list(reversed(layers))


def test_stages_are_the_folders_of_stages():
    folders = {path.name for path in (PACKAGE / "stages").iterdir() if (path / "apps.py").exists()}
    assert folders == {stage.name for stage in flow.STAGES}


def test_installed_stages_stand_in_the_order_of_the_flow():
    installed = [
        name.removeprefix("yunpu.stages.")
        for name in settings.INSTALLED_APPS
        if name.startswith("yunpu.stages.")
    ]
    assert installed == [stage.name for stage in flow.STAGES]


def test_every_domain_folder_is_one_line_of_the_settings():
    folders = {path.parent.name for path in (PACKAGE / "domains").glob("*/apps.py")}
    assert {name.rsplit(".", 1)[1] for name in settings.DOMAINS} == folders


def test_every_line_of_the_settings_is_a_declared_domain():
    """An apps.py that imports DomainConfig by name is silently a plain app (architecture notes)."""
    assert {config.name for config in flow.list_domains()} == set(settings.DOMAINS)


def test_import_contracts_hold():
    program = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run([program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:]

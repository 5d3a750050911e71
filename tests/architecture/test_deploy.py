"""The service files and the installer of the bundle say what the program understands."""

from __future__ import annotations

import re
import shlex
import subprocess

import pytest

from tests.architecture.source import ROOT
from yunpu.config.cli import build_parser

FOLDER = ROOT / "tools" / "deploy"
SERVICES = sorted(FOLDER.glob("*.service"))


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.name)
def test_a_service_starts_a_command_there_is(path):
    (line,) = re.findall(r"ExecStart=(.*)", path.read_text())
    program, *words = shlex.split(line)
    assert program == "/opt/yunpu/.venv/bin/yunpu"
    assert build_parser(lambda text: text).parse_args(words).command in path.name or "web" in path.name


def test_a_damaged_bundle_is_not_installed(tmp_path):
    """The installer compares every file before it does anything."""
    (tmp_path / "install.sh").write_text((FOLDER / "install.sh").read_text())
    (tmp_path / "a").write_text("as it was")
    subprocess.run("sha256sum a > SHA256SUMS; echo changed > a", shell=True, check=True, cwd=tmp_path)
    done = subprocess.run(["sh", "install.sh"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert not (tmp_path / ".venv").exists()


def test_the_proxy_lets_the_largest_file_through_and_hides_the_figures():
    text = (FOLDER / "nginx.conf").read_text()
    assert "client_max_body_size 513m" in text
    assert "location = /metrics { return 404; }" in text

"""The generated pages say what the code says."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from tests.architecture.source import ROOT, python_files, tracked_files
from yunpu.config.options import OPTIONS, read_options

sys.path.insert(0, str(ROOT / "tools"))


def test_generated_pages_are_up_to_date():
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "tools/generate_docs.py", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]


def test_every_setting_is_read_from_the_table():
    """A YUNPU_… variable that is not in the table would be a setting nobody can find."""
    known = {option.variable for option in OPTIONS} | {"YUNPU_CONFIG"}
    tests = {"YUNPU_TEST_DATABASE", "YUNPU_SEED"}
    for path in python_files():
        for name in re.findall(r"YUNPU_[A-Z_]+", path.read_text("utf-8")):
            assert name in known | tests, f"{path}: {name}"


def test_a_setting_of_the_environment_comes_before_the_file(tmp_path):
    file = tmp_path / "yunpu.toml"
    file.write_text('district = "甲区"\nhttps = true\n', "utf-8")
    assert read_options({"YUNPU_CONFIG": str(file)})["district"] == "甲区"
    assert read_options({"YUNPU_CONFIG": str(file)})["https"] == "yes"
    assert read_options({"YUNPU_CONFIG": str(file), "YUNPU_DISTRICT": "乙区"})["district"] == "乙区"


def test_an_unknown_setting_is_refused(tmp_path):
    file = tmp_path / "yunpu.toml"
    file.write_text('distrikt = "甲区"\n', "utf-8")
    with pytest.raises(ValueError, match="distrikt"):
        read_options({"YUNPU_CONFIG": str(file)})


def test_links_between_pages_lead_somewhere():
    faults = []
    for path in tracked_files():
        if path.suffix == ".md":
            for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", path.read_text("utf-8")):
                if (
                    "://" not in target
                    and not target.startswith("mailto:")
                    and not (path.parent / target).exists()
                ):
                    faults.append(f"{path.relative_to(ROOT)}: {target}")
    assert faults == []


def test_make_help_lists_every_target():
    text = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.search(r"^\.PHONY: (.*)$", text, re.M)[1].split())
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert {line.split()[1] for line in shown.splitlines() if line.startswith("  make ")} == targets

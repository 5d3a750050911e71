"""A new domain is one folder and one line: skeleton, how-to page and contracts are held together here."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.source import ROOT
from yunpu.config import skeletons
from yunpu.config.skeletons import UnableToStartDomain

PAGE = ROOT / "docs" / "how-to" / "add-a-domain.md"
MADE = ("yunpu/ui/assets/fonts", "yunpu/ui/static/vendor")  # fetched and built, not in the repository
# Every test that is asked of land, and those that look at all that is declared. The walk does not undo yet: it knows
# of no removal to put back, in any register.
OF_LAND = (
    "not test_new_domain and not undo and (land or Land or LND or test_indexes or test_declarations or test_catalogue or test_docs"
    " or test_flow or test_templates)"
)
BLOCK = re.compile(r"^`(?P<file>[\w/.]+)`[^\n]*\n\n```\w*\n(?P<text>.*?)^```$", re.M | re.S)


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A copy of the project in which the domain `land` was started by the command line."""
    folder = tmp_path_factory.mktemp("project") / "copy"
    kept_out = shutil.ignore_patterns(
        ".*", "__pycache__", "fonts", "vendor", "*.mo", "node_modules", "var", "dist", "build"
    )
    shutil.copytree(ROOT, folder, ignore=kept_out)
    for made in MADE:
        (folder / made).symlink_to(ROOT / made)
    (folder / ".venv").mkdir()
    done = run(
        folder, "-c", "from yunpu.config.cli import run; run()", "startdomain", "land", "--title", "土地"
    )
    assert done.returncode == 0, done.stderr
    add_further_files(folder / "yunpu" / "domains" / "land")
    done = run(folder, "-m", "django", "makemigrations", "land")
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def add_further_files(land: Path) -> None:
    """The codes and the check that the page adds to the skeleton, used as the page says."""
    for match in BLOCK.finditer(PAGE.read_text("utf-8")):
        if match["file"] in ("codes.py", "checks.py", "tests/provocations.py"):
            (land / match["file"]).write_text(match["text"], "utf-8")
    intake = land / "intake.py"
    text = intake.read_text("utf-8")
    text = text.replace(
        "from yunpu.kernel", "from yunpu.domains.land.checks import check_amount\nfrom yunpu.kernel", 1
    )
    text = text.replace("    ),\n)\n", "    ),\n    checks=(check_amount,),\n)\n", 1)
    intake.write_text(text, "utf-8")


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess:
    environment = {
        **os.environ,
        "PYTHONPATH": str(folder),
        "DJANGO_SETTINGS_MODULE": "yunpu.config.settings_test",
        "YUNPU_TEST_DATABASE": "",
        "PYTHONWARNINGS": "ignore",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    for name in list(environment):
        if name.startswith(("PYTEST_", "COV_")):
            del environment[name]
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def finished(copy):
    """The copy after the last steps of the page: texts translated, pages generated; the domain's files untouched."""
    run_tool(copy, "messages.py", "update")
    missing = [line.split("\t")[2] for line in run_tool(copy, "messages.py", "missing").splitlines()]
    own = copy.parent / "land.po"
    texts = [ast.literal_eval(text) for text in missing]
    own.write_text(
        "\n".join(
            f'msgid {json.dumps(text, ensure_ascii=False)}\nmsgstr "Land {n}"\n'
            for n, text in enumerate(texts)
        )
    )
    run_tool(copy, "messages.py", "merge", str(own))
    run_tool(copy, "compile_messages.py")
    run_tool(copy, "generate_docs.py")
    return copy


def run_tool(folder: Path, name: str, *arguments: str) -> str:
    done = run(folder, f"tools/{name}", *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_its_tests_pass(copy):
    done = run(copy, "-m", "pytest", "-q", "-p", "no:cacheprovider", "yunpu/domains/land")
    assert done.returncode == 0, done.stdout[-4000:]
    assert re.search(r"\d+ passed", done.stdout)


def test_it_passes_the_architecture_tests_as_it_is(finished):
    """What is said of every domain, table, register, format, address and text is true of a new one."""
    done = run(finished, "-m", "pytest", "-v", "-p", "no:cacheprovider", "tests/architecture", "-k", OF_LAND)
    assert done.returncode == 0, done.stdout[-4000:]
    assert int(re.search(r"(\d+) passed", done.stdout)[1]) > 150
    assert "[LND-001] PASSED" in done.stdout, "the page's own finding is provoked"


def test_it_is_in_form(copy):
    ruff = Path(sys.executable).parent / "ruff"
    for step in (["format", "--check"], ["check"]):
        done = subprocess.run(
            [ruff, *step, "--no-cache", "yunpu/domains/land", "yunpu/config/settings.py"],
            cwd=copy,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout


def test_it_stands_in_the_menu_and_has_its_screens(copy):
    script = (
        "import django; django.setup()\n"
        "from yunpu import flow; from django.urls import reverse\n"
        "print([config.code for config in flow.list_domains()], reverse('land:records-list'))\n"
    )
    done = run(copy, "-c", script)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "'land'" in done.stdout
    assert "/land/records/" in done.stdout


def test_starting_it_again_is_refused(copy):
    settings = (copy / "yunpu" / "config" / "settings.py").read_text("utf-8")
    done = run(
        copy, "-c", "from yunpu.config.cli import run; run()", "startdomain", "land", "--title", "土地"
    )
    assert done.returncode == 1
    assert "CLI-104" in done.stderr
    assert (copy / "yunpu" / "config" / "settings.py").read_text("utf-8") == settings


@pytest.mark.parametrize("name", ["Land", "1land", "land-use", "budget", "intake", "kernel", "x" * 21])
def test_a_name_that_cannot_be_is_refused(name, tmp_path):
    with pytest.raises(UnableToStartDomain):
        skeletons.write(name, "土地", group="development", order=90, package=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_page_shows_the_skeleton_word_for_word():
    files = skeletons.render("land", "土地")
    shown = {match["file"]: match["text"] for match in BLOCK.finditer(PAGE.read_text("utf-8"))}
    assert {"apps.py", "models.py", "intake.py", "snapshot.py", "indicators.py", "views.py"} <= set(shown)
    assert {"codes.py", "checks.py", "tests/provocations.py"} <= set(shown)
    for file in files.keys() & shown.keys():
        assert shown[file] == files[file], f"{file} differs: write the page again by tools/generate_docs.py"


def test_every_file_of_the_skeleton_is_on_the_page():
    text = PAGE.read_text("utf-8")
    for file, content in skeletons.render("land", "土地").items():
        if content.strip():
            assert f"`{file}`" in text, file

"""Rules about the source text: the clock is an argument, chance has a seed, money is no float, nothing names a machine."""

from __future__ import annotations

import ast
import re

import pytest

from tests.architecture.source import PACKAGE, ROOT, dotted, place, python_files, tracked_files, tree_of

CLOCKS = {
    "timezone.now",
    "date.today",
    "datetime.now",
    "datetime.today",
    "dt.date.today",
    "dt.datetime.now",
    "time.time",
}
# The clock is read at the edges. Each exception with its reason.
MAY_READ_THE_CLOCK = {
    "yunpu/stages/intake/loading.py": "a lease is wall-clock time: it tells whether a process is alive",
}
EDGES = {"views.py", "tasks.py", "urls.py"}
WORDS_OF_MONEY = re.compile(r"(_fen|money|amount|yuan)", re.IGNORECASE)
PRIVATE = re.compile(
    r"(?<![\w.])/(?:root|home|work|Users)/[a-z]|[a-z0-9-]+\.(?:internal|corp|lan|local)(?![\w.])"
)
REGISTRIES = re.compile(
    r"https?://[^\s\"']*(?:pypi|npmjs|npmmirror|aliyun|tsinghua|artifactory|nexus)[^\s\"']*"
)
TEXT = {
    ".py",
    ".md",
    ".toml",
    ".txt",
    ".in",
    ".json",
    ".html",
    ".js",
    ".mjs",
    ".css",
    ".po",
    ".yaml",
    ".sh",
    "",
}


def ruled_files():
    """Where neither clock nor chance may be asked: domains and stages, but for their edges."""
    for folder in ("domains", "stages", "kernel"):
        for path in python_files(folder):
            if path.name not in EDGES:
                yield path


@pytest.mark.parametrize("path", list(ruled_files()), ids=place)
def test_the_clock_is_an_argument(path):
    if place(path) in MAY_READ_THE_CLOCK:
        return
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Call):
            name = dotted(node.func)
            assert name not in CLOCKS, f"{place(path, node)} asks {name}()"
            assert name not in {"clock.now", "clock.today"}, f"{place(path, node)}: only edges read the clock"


@pytest.mark.parametrize("path", list(ruled_files()), ids=place)
def test_chance_has_a_seed(path):
    for node in ast.walk(tree_of(path)):
        if not isinstance(node, ast.Call):
            continue
        name = dotted(node.func)
        if name.startswith("random."):
            assert name == "random.Random", f"{place(path, node)}: {name} has no seed"
            assert node.args, f"{place(path, node)}: Random() has no seed"
        if name.endswith("order_by"):
            texts = [argument.value for argument in node.args if isinstance(argument, ast.Constant)]
            assert "?" not in texts, f"{place(path, node)}: a random order of the database cannot be repeated"


@pytest.mark.parametrize("path", list(python_files()), ids=place)
def test_no_float_near_money(path):
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Call) and dotted(node.func) == "float":
            text = ast.unparse(node)
            assert not WORDS_OF_MONEY.search(text), f"{place(path, node)}: {text}"
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            text = ast.unparse(node)
            exact = "Decimal(" in text or "Fraction(" in text
            assert exact or "_fen" not in text, f"{place(path, node)}: {text} divides money into a float"


@pytest.mark.parametrize("path", list(python_files()), ids=place)
def test_nothing_has_no_home(path):
    """There is no utils, helpers, common, core: if a function has no home, its noun is missing."""
    assert path.stem not in {"utils", "helpers", "common", "core", "misc"}, place(path)


@pytest.mark.parametrize("path", list(python_files("domains")), ids=place)
def test_models_do_not_override_save(path):
    if path.name != "models.py":
        return
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.FunctionDef):
            assert node.name not in {"save", "delete"}, f"{place(path, node)}: writes are operations"


def test_no_tracked_file_names_a_machine_or_a_registry():
    faults = []
    for path in tracked_files():
        if path.suffix not in TEXT or path == ROOT / "tests" / "architecture" / "test_source.py":
            continue
        text = path.read_text("utf-8", errors="ignore")
        faults += [f"{place(path)}: {found.group()}" for found in PRIVATE.finditer(text)]
        faults += [f"{place(path)}: {found.group()}" for found in REGISTRIES.finditer(text)]
    assert faults == []


def test_no_unfinished_work_is_left():
    faults = []
    for path in tracked_files():
        if path.suffix == ".py" and path.name != "test_source.py":
            text = path.read_text("utf-8", errors="ignore")
            faults += [place(path) for word in ("TO" + "DO", "FIX" + "ME", "X" * 3 + " ") if word in text]
    assert faults == []


def test_no_large_file_is_tracked():
    assert [place(path) for path in tracked_files() if path.stat().st_size > 2_000_000] == []


def test_modules_say_why_they_exist():
    bare = [
        place(path)
        for path in python_files()
        if path.stat().st_size > 400 and not ast.get_docstring(tree_of(path))
    ]
    # apps.py and urls.py declare; a class, or the views' module, has the docstring.
    assert [name for name in bare if not name.endswith(("apps.py", "urls.py"))] == []


def test_every_package_has_its_init():
    bare = {path.parent for path in python_files(tests=True)}
    assert [
        place(folder)
        for folder in sorted(bare)
        if folder != PACKAGE and not (folder / "__init__.py").exists()
    ] == []

"""The project's own source, as the architecture tests read it."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "yunpu"


def python_files(*parts: str, tests: bool = False) -> Iterator[Path]:
    """The Python files below `yunpu/<parts>`, migrations never, tests only on request."""
    for path in sorted(PACKAGE.joinpath(*parts).rglob("*.py")):
        inside = path.relative_to(PACKAGE).parts
        if "migrations" not in inside and (tests or "tests" not in inside):
            yield path


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), str(path))


def place(path: Path, node: ast.AST | None = None) -> str:
    """How a fault names where it stands."""
    name = path.relative_to(ROOT).as_posix()
    return f"{name}:{getattr(node, 'lineno', 0)}" if node is not None else name


def dotted(node: ast.AST) -> str:
    """`timezone.now` of the expression timezone.now; empty for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr}" if before else node.attr
    return ""


@cache
def tracked_files() -> tuple[Path, ...]:
    """Every file of the repository; outside a repository every file that is not made by a tool."""
    listed = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False
    )
    if listed.returncode == 0:
        names = [name for name in listed.stdout.decode().split("\0") if name]
        return tuple(path for name in names if (path := ROOT / name).is_file())
    skipped = {".venv", "node_modules", "var", "__pycache__", "vendor", "dist", "build"}
    return tuple(
        path
        for path in sorted(ROOT.rglob("*"))
        if path.is_file() and not skipped & set(path.relative_to(ROOT).parts)
    )

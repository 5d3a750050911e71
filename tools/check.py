"""`make check`: what can be said about the code without running a test. Every check runs; all findings at once."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / ".venv" / "bin"
if not BIN.is_dir():
    BIN = Path(sys.executable).parent

CHECKS: tuple[tuple[str, list[str]], ...] = (
    ("format", [str(BIN / "ruff"), "format", "--check", "."]),
    ("lint", [str(BIN / "ruff"), "check", "."]),
    ("types", [str(BIN / "mypy"), "yunpu"]),
    ("import contracts", [str(BIN / "lint-imports")]),
    ("templates", [sys.executable, "tools/check_templates.py"]),
    ("English catalogue", [sys.executable, "tools/messages.py", "check"]),
    ("generated pages", [sys.executable, "tools/generate_docs.py", "--check"]),
    ("coverage of the kernel", [sys.executable, "tools/check_coverage.py"]),
    ("migrations", [sys.executable, "-W", "ignore", "tools/check_migrations.py"]),
)


def main() -> int:
    failed = [title for title, command in CHECKS if not run(title, command)]
    print(f"check: {', '.join(failed)} failed" if failed else "check: all good")
    return 1 if failed else 0


def run(title: str, command: list[str], tell: Callable[..., None] = print) -> bool:
    """Run one check; tell its output only where it found something."""
    started = time.monotonic()
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "yunpu.config.settings_test"}
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=environment)
    good = done.returncode == 0
    tell(f"{'ok   ' if good else 'FAIL '} {title} ({time.monotonic() - started:.0f} s)", flush=True)
    if not good:
        tell(done.stdout[-20_000:] + done.stderr[-4_000:], flush=True)
    return good


if __name__ == "__main__":
    sys.exit(main())

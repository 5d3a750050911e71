"""Make `.venv` from a hash-locked list and put the program into it. Standard library only: it runs first.

    python3 tools/install.py base|dev

Every step may be interrupted and repeated; the stamp `.venv/.<list>` is written last.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"


def main(name: str) -> int:
    if sys.version_info < (3, 11):  # noqa: UP036 - the machine's Python may be older
        print(
            f"Yunpu needs Python 3.11 or newer; this is {sys.version.split()[0]}. Name another: make PYTHON=python3.12 …"
        )
        return 1
    if not make_venv():
        return 1
    pip("install", "--require-hashes", "-r", str(ROOT / "requirements" / f"{name}.txt"))
    pip("install", "--no-deps", "--no-build-isolation", "--no-index", "--editable", str(ROOT))
    if name == "dev":
        (VENV / ".base").touch()
        teach_git()
    (VENV / ".program").touch()
    (VENV / f".{name}").touch()
    return 0


def make_venv() -> bool:
    """Make the virtual environment unless it is there; on Debian its parts may have to be installed."""
    if has_pip():
        return True
    shutil.rmtree(VENV, ignore_errors=True)
    if try_venv():
        return True
    if os.geteuid() == 0 and shutil.which("apt-get"):
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-q"], check=False, env=environment)
        subprocess.run(
            ["apt-get", "install", "-q", "-y", "--no-install-recommends", "python3-venv"],
            check=False,
            env=environment,
        )
        if try_venv():
            return True
    print(
        "Python cannot make virtual environments here. Install them (Debian: apt-get install python3-venv), then repeat."
    )
    return False


def try_venv() -> bool:
    made = subprocess.run([sys.executable, "-m", "venv", str(VENV)], capture_output=True, check=False)
    return made.returncode == 0 and has_pip()


def has_pip() -> bool:
    if not PYTHON.exists():
        return False
    return (
        subprocess.run([PYTHON, "-m", "pip", "--version"], capture_output=True, check=False).returncode == 0
    )


def teach_git() -> None:
    """Tell this clone how catalogues are merged (.gitattributes); a copy without git needs nothing."""
    if (ROOT / ".git").exists() and shutil.which("git"):
        driver = "python3 tools/merge_catalogue.py %O %A %B"
        subprocess.run(["git", "config", "merge.catalogue.driver", driver], check=True, cwd=ROOT)


def pip(*arguments: str) -> None:
    options = ["--disable-pip-version-check", "--no-input", "--quiet", "--no-compile"]
    command = [str(PYTHON), "-m", "pip", arguments[0], *options, *arguments[1:]]
    print("+ pip", " ".join(argument.replace(f"{ROOT}/", "") for argument in arguments), flush=True)
    subprocess.run(command, check=True, cwd=ROOT)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1]))
    except subprocess.CalledProcessError as error:
        print(
            f"The set-up stopped at: {' '.join(error.cmd[2:5])} … Repeat the command; it goes on from here."
        )
        sys.exit(1)

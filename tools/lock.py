"""Lock every list of requirements: for all platforms, with hashes, without naming a host."""

from __future__ import annotations

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    for source in ("base", "dev", "node"):
        command = [str(ROOT / ".venv" / "bin" / "uv"), "pip", "compile", f"requirements/{source}.in"]
        command += ["--universal", "--python-version", "3.11", "--generate-hashes", "--no-emit-index-url"]
        command += ["--no-header", "--quiet", "--output-file", f"requirements/{source}.txt"]
        subprocess.run(command, check=True, cwd=ROOT)


if __name__ == "__main__":
    main()

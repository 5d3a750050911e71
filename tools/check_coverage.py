"""Every line and branch of the kernel is reached by the kernel's own tests: what all figures stand on has no dark corner."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TESTS = ("-m", "pytest", "-q", "-p", "no:randomly", "yunpu/kernel")


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="yunpu-coverage-") as folder:
        environment = {**os.environ, "COVERAGE_FILE": str(Path(folder) / "coverage")}
        for words in (
            ("run", "--branch", "--source", "yunpu/kernel", "--omit", "*/tests/*", *TESTS),
            ("report", "--show-missing", "--skip-covered", "--fail-under", "100"),
        ):
            done = subprocess.run(
                [sys.executable, "-m", "coverage", *words],
                cwd=ROOT,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode:
                print(done.stdout + done.stderr)
                return done.returncode
    print("coverage of the kernel: complete")
    return 0


if __name__ == "__main__":
    sys.exit(main())

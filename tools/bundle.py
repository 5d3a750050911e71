"""`make bundle`: one archive with everything that an offline machine of the same kind needs (dist/yunpu-offline.tar)."""

from __future__ import annotations

import subprocess
import sys
import tarfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DIST = ROOT / "dist"
WHEELS = DIST / "wheels"
MADE = ("yunpu/ui/static/vendor", "yunpu/ui/assets/fonts", "yunpu/locale/en/LC_MESSAGES/django.mo")


def main() -> int:
    WHEELS.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-input"]
    command += ["--require-hashes", "-r", "requirements/base.txt", "--wheel-dir", str(WHEELS)]
    subprocess.run(command, check=True, cwd=ROOT)
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True
    ).stdout.decode()
    target = DIST / "yunpu-offline.tar"
    with tarfile.open(target, "w") as archive:
        for name in filter(None, listed.split("\0")):
            archive.add(ROOT / name, f"yunpu-offline/{name}")
        for name in MADE:
            if (ROOT / name).exists():
                archive.add(ROOT / name, f"yunpu-offline/{name}")
        archive.add(WHEELS, "yunpu-offline/wheels")
    print(f"{target.relative_to(ROOT)}: {target.stat().st_size // 2**20} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())

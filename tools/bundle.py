"""`make bundle`: one archive with everything that an offline machine of the same kind needs (dist/yunpu-offline.tar)."""

from __future__ import annotations

import hashlib
import io
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DIST = ROOT / "dist"
WHEELS = DIST / "wheels"
MADE = ("yunpu/ui/static/vendor", "yunpu/ui/assets/fonts", "yunpu/locale/en/LC_MESSAGES/django.mo")


def main() -> int:
    shutil.rmtree(WHEELS, ignore_errors=True)  # no package of an earlier list stays
    WHEELS.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-input"]
    command += ["--require-hashes", "-r", "requirements/base.txt", "--wheel-dir", str(WHEELS)]
    subprocess.run(command, check=True, cwd=ROOT)
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True
    ).stdout.decode()
    files = {name: ROOT / name for name in filter(None, listed.split("\0"))}
    for made in MADE:
        files |= {
            path.relative_to(ROOT).as_posix(): path for path in (ROOT / made, *(ROOT / made).rglob("*"))
        }
    files |= {f"wheels/{path.name}": path for path in WHEELS.iterdir()}
    files["install.sh"] = ROOT / "tools" / "deploy" / "install.sh"
    files = {name: path for name, path in sorted(files.items()) if path.is_file()}
    sums = "".join(f"{digest_of(path)}  {name}\n" for name, path in files.items()).encode()
    target = DIST / "yunpu-offline.tar"
    with tarfile.open(target, "w") as archive:
        for name, path in files.items():
            archive.add(path, f"yunpu-offline/{name}")
        entry = tarfile.TarInfo("yunpu-offline/SHA256SUMS")
        entry.size = len(sums)
        archive.addfile(entry, io.BytesIO(sums))
    print(f"{target.relative_to(ROOT)}: {target.stat().st_size // 2**20} MB")
    return 0


def digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


if __name__ == "__main__":
    sys.exit(main())

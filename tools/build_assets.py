"""Front-end files from the npm lock file into `yunpu/ui/static/vendor/`; one icon sprite. Quick when nothing changed.

Nothing is loaded from a network at run time.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import node

from yunpu.kernel.digests import sm3_hex

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "yunpu" / "ui" / "static" / "vendor"
ICONS = ROOT / "yunpu" / "ui" / "assets" / "icons.txt"
STAMP = ROOT / ".venv" / ".assets"
FILES = {
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
    "echarts/dist/echarts.min.js": "echarts.min.js",
    "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2": "inter-latin.woff2",
}


def main() -> int:
    inputs = [ROOT / "package-lock.json", ICONS, Path(__file__)]
    digest = sm3_hex(b"".join(path.read_bytes() for path in inputs))
    mark = TARGET / "digest.txt"
    if not (mark.exists() and mark.read_text() == digest):
        fetch()
        TARGET.mkdir(parents=True, exist_ok=True)
        for source, name in FILES.items():
            shutil.copyfile(ROOT / "node_modules" / source, TARGET / name)
        (TARGET / "icons.svg").write_text(build_sprite(), "utf-8")
        mark.write_text(digest)
    STAMP.touch()
    return 0


def fetch() -> None:
    """Install exactly what the lock file names."""
    print("+ npm ci", flush=True)
    command = [*node.npm_command(), "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
    subprocess.run(command, cwd=ROOT, check=True, stdin=subprocess.DEVNULL)


def build_sprite() -> str:
    """One SVG with a symbol for each icon that is used."""
    symbols = []
    for name in ICONS.read_text("utf-8").split():
        svg = (ROOT / "node_modules" / "@tabler" / "icons" / "icons" / "outline" / f"{name}.svg").read_text(
            "utf-8"
        )
        inner = re.sub(r"<!--.*?-->", "", svg, flags=re.DOTALL)
        inner = re.sub(r"^.*?<svg[^>]*>|</svg>\s*$", "", inner, flags=re.DOTALL).strip()
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{inner}</symbol>')
    return f'<svg xmlns="http://www.w3.org/2000/svg">{"".join(symbols)}</svg>\n'


if __name__ == "__main__":
    try:
        sys.exit(main())
    except subprocess.CalledProcessError:
        print(
            "The front-end files could not be fetched: npm did not finish. Check the network, then repeat the command."
        )
        sys.exit(1)

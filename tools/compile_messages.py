"""Compile every catalogue of `yunpu/locale` to .mo, which is what gettext reads. Needs no gettext installed."""

from __future__ import annotations

from pathlib import Path

from catalogue import read_po, write_mo

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    for path in sorted((ROOT / "yunpu" / "locale").glob("*/LC_MESSAGES/*.po")):
        write_mo(path.with_suffix(".mo"), read_po(path).values())
    (ROOT / ".venv" / ".messages").touch()


if __name__ == "__main__":
    main()

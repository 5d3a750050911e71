"""Merge a catalogue of translations text by text: git calls this for `*.po` (.gitattributes, CONTRIBUTING.md).

    python3 tools/merge_catalogue.py BASE OURS THEIRS     # the result replaces OURS; exit 1 where both changed one text

Lines are the wrong measure for a sorted catalogue: two branches that add neighbouring texts conflict by lines, and
git's `union` then mixes their blocks and loses translations. Here a text that only one side added, translated or
removed is taken as that side has it. Standard library only: git may call it before anything is set up.
"""

from __future__ import annotations

import sys
from pathlib import Path

from catalogue import Entry, Key, block_of, read_po, write_po

LINE = "<" * 7, "=" * 7, ">" * 7


def main(arguments: list[str]) -> int:
    base, ours, theirs = (read_po(Path(name)) for name in arguments[:3])
    merged, disputed = merge(base, ours, theirs)
    target = Path(arguments[1])
    write_po(target, merged.values())
    if disputed:
        with target.open("a", encoding="utf-8") as file:
            file.write("".join(dispute_of(ours[key], theirs[key]) for key in disputed))
        print(f"translated differently on both sides: {', '.join(repr(key[1]) for key in disputed)}")
    return 1 if disputed else 0


def merge(
    base: dict[Key, Entry], ours: dict[Key, Entry], theirs: dict[Key, Entry]
) -> tuple[dict[Key, Entry], list[Key]]:
    """The entries of both sides, and the texts that each translated in another way."""
    merged, disputed = {}, []
    for key in ours.keys() | theirs.keys():
        mine, other = ours.get(key), theirs.get(key)
        if mine is None or other is None:
            kept = mine or other
            if key not in base:  # added by one side; what one side removed goes
                merged[key] = kept
        elif not other.is_translated or mine.forms == other.forms or is_same(other, base.get(key)):
            merged[key] = mine
        elif not mine.is_translated or is_same(mine, base.get(key)):
            merged[key] = other
        else:
            disputed.append(key)
    return merged, sorted(disputed)


def is_same(entry: Entry, before: Entry | None) -> bool:
    return before is not None and entry.forms == before.forms


def dispute_of(mine: Entry, other: Entry) -> str:
    """Both translations with git's marks: no tool reads the file until a person has chosen."""
    start, middle, end = LINE
    return f"\n{start} ours\n{block_of(mine)}{middle}\n{block_of(other)}{end} theirs\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Catalogues of translations: read and write .po, write .mo. Pure Python, because gettext may be absent.

Only the plain subset that this project writes: one comment line of places, context, msgid, msgid_plural, msgstr.
"""

from __future__ import annotations

import ast
import re
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

HEADER = {
    "Project-Id-Version": "yunpu",
    "Language": "en",
    "MIME-Version": "1.0",
    "Content-Type": "text/plain; charset=UTF-8",
    "Content-Transfer-Encoding": "8bit",
    "Plural-Forms": "nplurals=2; plural=(n != 1);",
}
_LINE = re.compile(r'(msgctxt|msgid_plural|msgid|msgstr(?:\[\d\])?)\s+(".*")')

Key = tuple[str, str]  # context and msgid


@dataclass
class Entry:
    """One text and its translation; `forms` holds one form, or singular and plural."""

    msgid: str
    forms: tuple[str, ...] = ("",)
    plural: str = ""
    context: str = ""
    places: tuple[str, ...] = ()
    fuzzy: bool = False

    @property
    def key(self) -> Key:
        return self.context, self.msgid

    @property
    def is_translated(self) -> bool:
        return all(self.forms) and not self.fuzzy


def read_po(path: Path) -> dict[Key, Entry]:
    """All entries of a file without its header. Raises ValueError for a line it does not understand."""
    found: dict[Key, Entry] = {}
    for block in path.read_text("utf-8").split("\n\n"):
        entry = parse(block, path)
        if entry is not None and entry.msgid:
            found[entry.key] = entry
    return found


def parse(block: str, path: Path) -> Entry | None:
    fields: dict[str, str] = {}
    last, fuzzy = "", False
    for line in block.splitlines():
        line = line.strip()
        if line.startswith("#,") and "fuzzy" in line:
            fuzzy = True
        if not line or line.startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        if match:
            last = match[1]
            fields[last] = ast.literal_eval(match[2])
        elif line.startswith('"') and last:
            fields[last] += ast.literal_eval(line)
        else:
            raise ValueError(f"{path}: cannot read {line!r}")
    if "msgid" not in fields:
        return None
    plural = fields.get("msgid_plural", "")
    forms = (
        (fields.get("msgstr[0]", ""), fields.get("msgstr[1]", "")) if plural else (fields.get("msgstr", ""),)
    )
    return Entry(fields["msgid"], forms, plural, fields.get("msgctxt", ""), fuzzy=fuzzy)


def write_po(path: Path, entries: Iterable[Entry]) -> None:
    """Write a catalogue, sorted by its texts, so that two branches meet in few lines."""
    header = "".join(f'"{name}: {value}\\n"\n' for name, value in HEADER.items())
    blocks = [f'msgid ""\nmsgstr ""\n{header}']
    blocks += [block_of(entry) for entry in sorted(entries, key=lambda entry: (entry.msgid, entry.context))]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(blocks), "utf-8")


def block_of(entry: Entry) -> str:
    lines = [f"#: {' '.join(entry.places)}"] if entry.places else []
    if entry.context:
        lines.append(f"msgctxt {quote(entry.context)}")
    lines.append(f"msgid {quote(entry.msgid)}")
    if entry.plural:
        lines.append(f"msgid_plural {quote(entry.plural)}")
        lines += [f"msgstr[{number}] {quote(form)}" for number, form in enumerate(entry.forms)]
    else:
        lines.append(f"msgstr {quote(entry.forms[0])}")
    return "\n".join(lines) + "\n"


def quote(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'


def write_mo(path: Path, entries: Iterable[Entry]) -> None:
    """Write the compiled catalogue in the form that gettext reads: magic, two tables, the texts."""
    header = "".join(f"{name}: {value}\n" for name, value in HEADER.items())
    texts = {b"": header.encode()}
    for entry in entries:
        if entry.is_translated:
            key = f"{entry.context}\x04{entry.msgid}" if entry.context else entry.msgid
            key = f"{key}\0{entry.plural}" if entry.plural else key
            texts[key.encode()] = "\0".join(entry.forms).encode()
    keys = sorted(texts)
    start = 28 + 16 * len(keys)
    offsets: list[tuple[int, int]] = []
    content = b""
    for text in [*keys, *(texts[key] for key in keys)]:
        offsets.append((len(text), start + len(content)))
        content += text + b"\0"
    head = struct.pack("<7I", 0x950412DE, 0, len(keys), 28, 28 + 8 * len(keys), 0, start)
    table = b"".join(struct.pack("<2I", *offset) for offset in offsets)
    part = path.with_suffix(".part")
    part.write_bytes(head + table + content)
    part.replace(path)

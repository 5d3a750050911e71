"""The English catalogue: extract every text of Python, templates and scripts; update, check, merge.

    python tools/messages.py update            # texts of the source into the catalogue; old ones leave it
    python tools/messages.py merge FILE.po …   # translations from elsewhere for texts that have none
    python tools/messages.py check             # exit 1 where the catalogue is not complete or not up to date
    python tools/messages.py missing           # print what is not translated yet

Python is read by its syntax tree, templates by Django's own lexer, scripts by a pattern: no gettext needed.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from catalogue import Entry, Key, read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "yunpu"
FOLDER = PACKAGE / "locale" / "en" / "LC_MESSAGES"

ONE = {"_", "gettext", "gettext_lazy", "gettext_noop", "mark", "pgettext", "pgettext_lazy"}
TWO = {"ngettext", "ngettext_lazy", "npgettext", "npgettext_lazy"}
_CALL = re.compile(r"\b(_|gettext|ngettext|pgettext|npgettext)\(")
_SCRIPT_CALL = re.compile(
    r"""(?<![\w.$])(?:_|gettext)\(\s*(?:'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"|`([^`$]*)`)"""
)
_CHINESE = re.compile("[一-鿿]")
_PARAMETER = re.compile(r"%\((\w+)\)|(?<!\{)\{(\w*)\}(?!\})")


def main(arguments: list[str]) -> int:
    command = arguments[0] if arguments else "check"
    if command == "update":
        return update()
    if command == "merge":
        return merge([Path(name) for name in arguments[1:]])
    if command == "missing":
        for path, entries in catalogues():
            for entry in entries.values():
                if not entry.is_translated:
                    print(f"{path.stem}\t{entry.places[0] if entry.places else ''}\t{entry.msgid!r}")
        return 0
    faults = check()
    print("\n".join(faults) or "English catalogue: complete")
    return 1 if faults else 0


def update() -> int:
    for path, entries in catalogues():
        write_po(path, entries.values())
        missing = sum(not entry.is_translated for entry in entries.values())
        print(f"{path.relative_to(ROOT)}: {len(entries)} texts, {missing} without translation")
    return 0


def catalogues() -> Iterator[tuple[Path, dict[Key, Entry]]]:
    """Each catalogue as it ought to be: the source's texts with the translations there are."""
    for name, found in (("django", extract_python() | extract_templates()), ("djangojs", extract_scripts())):
        path = FOLDER / f"{name}.po"
        known = read_po(path) if path.exists() else {}
        if found or known:
            yield path, {key: keep(entry, known.get(key)) for key, entry in found.items()}


def keep(entry: Entry, known: Entry | None) -> Entry:
    if known is None or len(known.forms) != len(entry.forms):
        return entry
    return replace(entry, forms=known.forms, fuzzy=known.fuzzy)


def check() -> list[str]:
    """Everything wrong with the catalogues, as sentences."""
    faults = []
    for path, wanted in catalogues():
        known = read_po(path) if path.exists() else {}
        name = path.relative_to(ROOT)
        faults += [
            f"{name}: not in the catalogue (make messages): {key[1]!r}"
            for key in wanted.keys() - known.keys()
        ]
        faults += [
            f"{name}: no longer in the source (make messages): {key[1]!r}"
            for key in known.keys() - wanted.keys()
        ]
        for entry in known.values():
            if not entry.is_translated:
                faults.append(f"{name}: not translated: {entry.msgid!r}")
            elif any(
                parameters(form) - parameters(entry.msgid) - parameters(entry.plural) for form in entry.forms
            ):
                faults.append(f"{name}: parameters differ: {entry.msgid!r}")
            elif _CHINESE.search("".join(entry.forms)) and not allowed_chinese(entry):
                faults.append(f"{name}: Chinese left in the English text: {entry.msgid!r}")
    return sorted(faults)


def allowed_chinese(entry: Entry) -> bool:
    """A text about Chinese words may quote them, in brackets or quotation marks."""
    text = re.sub(r"“[^”]*”|\"[^\"]*\"|‘[^’]*’|\([^)]*\)|「[^」]*」", "", "".join(entry.forms))
    return not _CHINESE.search(text)


def parameters(text: str) -> set[str]:
    return {first or second for first, second in _PARAMETER.findall(text)}


def merge(paths: list[Path]) -> int:
    """Fill empty translations from other files; a text that already has one keeps it."""
    given: dict[Key, Entry] = {}
    for path in paths:
        given |= {key: entry for key, entry in read_po(path).items() if entry.is_translated}
    for path, entries in catalogues():
        for key, entry in entries.items():
            if not entry.is_translated and key in given:
                entries[key] = keep(entry, given[key])
        write_po(path, entries.values())
    return update()


def sources(pattern: str) -> Iterator[Path]:
    for path in sorted(PACKAGE.rglob(pattern)):
        parts = path.relative_to(PACKAGE).parts
        if not {"tests", "migrations", "vendor", "node_modules"} & set(parts):
            yield path


def extract_python() -> dict[Key, Entry]:
    found: dict[Key, Entry] = {}
    for path in sources("*.py"):
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(call, ast.Call):
                note(found, path, entry_of(call))
    return found


def entry_of(call: ast.Call) -> Entry | None:
    """The text that a call marks; None for other calls and for texts that are not literals."""
    function = call.func
    name = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
    if name not in ONE | TWO:
        return None
    texts = []
    for argument in call.args[:3]:
        if not (isinstance(argument, ast.Constant) and isinstance(argument.value, str)):
            break
        texts.append(argument.value)
    return entry_from(name, texts)


def entry_from(name: str, texts: list[str]) -> Entry | None:
    context = texts.pop(0) if "pgettext" in name and texts else ""
    if not texts or not texts[0]:
        return None
    if name in TWO:
        return Entry(texts[0], ("", ""), texts[1], context) if len(texts) > 1 else None
    return Entry(texts[0], context=context)


def extract_templates() -> dict[Key, Entry]:
    found: dict[Key, Entry] = {}
    for pattern in ("*.html", "*.txt", "*.xml", "*.typ"):
        for path in sources(pattern):
            if "templates" not in path.parts:
                continue
            code = templatize(path.read_text("utf-8"), origin=str(path))
            for match in _CALL.finditer(code):
                note(found, path, entry_from(match[1], literals(code, match.end())))
    return found


def literals(code: str, at: int) -> list[str]:
    """The string literals that stand, separated by commas, from a place on."""
    texts = []
    pattern = re.compile(r"""\s*u?('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")\s*,?""", re.DOTALL)
    while match := pattern.match(code, at):
        texts.append(ast.literal_eval(match[1].replace("\n", "\\n")))
        at = match.end()
    return texts


def extract_scripts() -> dict[Key, Entry]:
    found: dict[Key, Entry] = {}
    for pattern in ("*.js", "*.mjs"):
        for path in sources(pattern):
            for match in _SCRIPT_CALL.finditer(path.read_text("utf-8")):
                text = next(group for group in match.groups() if group is not None)
                text = re.sub(r"\\(.)", lambda escape: {"n": "\n", "t": "\t"}.get(escape[1], escape[1]), text)
                note(found, path, Entry(text) if text else None)
    return found


def note(found: dict[Key, Entry], path: Path, entry: Entry | None) -> None:
    """Add one text with the file it stands in; lines would only make every edit a change of the catalogue."""
    if entry is None:
        return
    place = path.relative_to(ROOT).as_posix()
    known = found.setdefault(entry.key, entry)
    if place not in known.places:
        known.places = (*known.places, place)
    if entry.plural and not known.plural:
        known.plural, known.forms = entry.plural, entry.forms


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Every template compiles, is used, and has nothing inline: no script but JSON, no style, no event handler."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import django
from django.template import TemplateSyntaxError, engines

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "yunpu"

INLINE = (
    (re.compile(r"<style\b", re.I), "a style element"),
    (re.compile(r"<[^>]*\sstyle\s*=", re.I), "a style attribute"),
    (re.compile(r"<[^>]*\son[a-z]+\s*=\s*[\"']", re.I), "an event handler"),
    (re.compile(r"javascript:", re.I), "a javascript: address"),
    (re.compile(r"(?:src|href)\s*=\s*[\"'](?:https?:)?//", re.I), "a file from another host"),
)
SCRIPT = re.compile(r"<script\b([^>]*)>(.*?)</script>", re.I | re.S)
COMMENT = re.compile(r"\{#.*?#\}|\{%\s*comment.*?endcomment\s*%\}", re.S)


def main() -> int:
    django.setup()
    faults = [*compile_faults(), *inline_faults(), *unused_faults()]
    print("\n".join(faults) or "templates: all good")
    return 1 if faults else 0


def list_templates() -> Iterator[tuple[str, Path]]:
    """Name and path of each template of the project."""
    for folder in sorted(PACKAGE.rglob("templates")):
        if folder.is_dir():
            for path in sorted(folder.rglob("*")):
                if path.is_file():
                    yield path.relative_to(folder).as_posix(), path


def compile_faults() -> Iterator[str]:
    for name, path in list_templates():
        try:
            engines["django"].get_template(name)
        except TemplateSyntaxError as error:
            yield f"{path.relative_to(ROOT)}: {error}"


def inline_faults() -> Iterator[str]:
    for _name, path in list_templates():
        if path.suffix == ".html":
            for what in find_inline(path.read_text("utf-8")):
                yield f"{path.relative_to(ROOT)}: {what}"


def find_inline(source: str) -> list[str]:
    """What a strict content policy would refuse in a template."""
    text = COMMENT.sub("", source)
    found = [what for pattern, what in INLINE if pattern.search(text)]
    for attributes, body in SCRIPT.findall(text):
        if body.strip() and "application/json" not in attributes:
            found.append("an inline script")
    return found


def unused_faults() -> Iterator[str]:
    """Templates whose name stands nowhere: in no Python file, no other template, no Django convention."""
    text = "\n".join(
        path.read_text("utf-8", errors="ignore")
        for pattern in ("*.py", "*.html", "*.txt")
        for path in PACKAGE.rglob(pattern)
        if "tests" not in path.parts
    )
    known = {"400.html", "403.html", "403_csrf.html", "404.html", "500.html"}
    for name, path in list_templates():
        stem = name.rsplit("/", 1)[-1]
        if name not in known and name not in text and f"/{stem}" not in text and path.suffix == ".html":
            yield f"{path.relative_to(ROOT)}: nothing uses it"


if __name__ == "__main__":
    sys.exit(main())

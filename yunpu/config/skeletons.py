"""The skeleton of a new domain: every fixed file in its smallest working form, and one line in the settings."""

from __future__ import annotations

import re
from pathlib import Path
from string import Template

from yunpu.kernel.refusals import Refusal
from yunpu.kernel.text import mark as _

FOLDER = Path(__file__).parent / "skeleton"
PACKAGE = Path(__file__).resolve().parent.parent
NAME = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")


class UnableToStartDomain(Refusal):
    """A name that cannot be the name of a new domain."""

    code = "CLI-104"
    headline = _("不能新建领域 %(name)s：%(reason)s")
    why = _("领域的名称是文件夹、数据表和编码的共同前缀，不能重复，也不能更改。没有写入任何文件。")
    ways_out = ((_("换一个小写英文名，如 land、wages"), ""),)


def render(name: str, title: str, *, group: str = "development", order: int = 90) -> dict[str, str]:
    """Every file of the domain: path below its folder, and text."""
    words = {
        "name": name,
        "Name": "".join(part.capitalize() for part in name.split("_")),
        "title": title,
        "group": group,
        "order": order,
    }
    files = {
        path.relative_to(FOLDER).with_suffix("").as_posix(): Template(path.read_text("utf-8")).substitute(
            words
        )
        for path in sorted(FOLDER.rglob("*.tpl"))
    }
    return {**files, "migrations/__init__.py": ""}


def write(name: str, title: str, *, group: str, order: int, package: Path = PACKAGE) -> Path:
    """Write the folder and the line. Raises UnableToStartDomain; nothing is written then."""
    folder = package / "domains" / name
    refuse_unless_fit(name, folder)
    for inside, text in render(name, title, group=group, order=order).items():
        path = folder / inside
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    settings = package / "config" / "settings.py"
    settings.write_text(with_domain(settings.read_text("utf-8"), name), "utf-8")
    return folder


def refuse_unless_fit(name: str, folder: Path) -> None:
    if not NAME.fullmatch(name) or len(name) > 20:
        raise UnableToStartDomain(name=name, reason=_("名称须是小写英文，最长二十个字母"))
    taken = {path.name for parent in ("", "stages", "domains") for path in (PACKAGE / parent).iterdir()}
    if folder.exists() or name in taken:
        raise UnableToStartDomain(name=name, reason=_("这个名称已经有了"))


def with_domain(settings: str, name: str) -> str:
    """The settings with one more line at the end of DOMAINS."""
    before, domains, after = re.split(r"(DOMAINS = \[\n(?:    .*\n)*)", settings, maxsplit=1)
    return f'{before}{domains}    "yunpu.domains.{name}",\n{after}'

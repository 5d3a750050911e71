"""`yunpu startdomain`: the skeleton of a new domain, and one line in the settings."""

from __future__ import annotations

import argparse

from yunpu.config.cli import DONE, Translate
from yunpu.kernel.text import mark as _


def arguments(parser: argparse.ArgumentParser, say: Translate) -> None:
    parser.add_argument("name", help=say(_("英文名，如 land")))
    parser.add_argument("--title", required=True, help=say(_("中文名，如 土地")))
    parser.add_argument(
        "--group",
        choices=["finance", "enterprise", "livelihood", "development"],
        default="development",
        help=say(_("菜单里的分组")),
    )
    parser.add_argument("--order", type=int, default=90, help=say(_("分组里的次序")))


def run(options: argparse.Namespace, say: Translate) -> int:
    from yunpu.config import skeletons

    folder = skeletons.write(options.name, options.title, group=options.group, order=options.order)
    print(say(_("已写好 %(folder)s，并在 config/settings.py 的 DOMAINS 加了一行。")) % {"folder": folder})
    print(
        say(
            _(
                "接着：yunpu manage makemigrations %(name)s，yunpu manage migrate，再按 docs/how-to/add-a-domain.md 改名。"
            )
        )
        % {"name": options.name}
    )
    return DONE

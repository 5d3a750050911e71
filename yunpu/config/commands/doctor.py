"""`yunpu doctor`: what is misconfigured, and how to mend it. Exit code 1 where something must be mended."""

from __future__ import annotations

import argparse

from yunpu.config.cli import DONE, FOUND, Translate, start_django
from yunpu.kernel.text import mark as _


def arguments(parser: argparse.ArgumentParser, say: Translate) -> None:
    parser.add_argument("--production", action="store_true", help=say(_("按正式使用的要求检查")))
    parser.add_argument("--rebuild-search", action="store_true", help=say(_("先重建查找索引")))


def run(options: argparse.Namespace, say: Translate) -> int:
    start_django(options.language)
    from yunpu.config.health import examine

    if options.rebuild_search:
        rebuild_search(say)
    found = examine(production=options.production)
    for result in found:
        mark = {"good": "✓", "hint": "!", "bad": "✕"}[result.state]
        print(f"{mark} {say(result.title)}: {result.told(say)}")
        if result.state != "good":
            print(f"    → {result.mend(say)}")
    bad = sum(result.state == "bad" for result in found)
    print(say(_("%(count)s 处须改正")) % {"count": bad} if bad else say(_("一切正常")))
    return FOUND if bad else DONE


def rebuild_search(say: Translate) -> None:
    """Index every searched record anew; people may work meanwhile."""
    from yunpu.config.progress import Bar
    from yunpu.ui import search

    for model in search.searched_models():
        title = say(str(model._meta.verbose_name))
        with Bar() as bar:
            count = search.rebuild(model, bar)
        print(f"✓ {title}: {count:,}")

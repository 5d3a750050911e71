"""`yunpu demo`: from an empty folder to a 2020 bulletin of the invented 云谱区."""

from __future__ import annotations

import argparse
import logging
import os
from pathlib import Path
from typing import Any

from yunpu.config.cli import DONE, SettingsFault, Translate, start_django
from yunpu.kernel.text import mark as _

ADDRESS = "127.0.0.1:8000"
SETTINGS_FILE = """# The demo district lives on its own day. Every setting: docs/settings.md.
clock = "2020-12-20"
"""


def arguments(parser: argparse.ArgumentParser, say: Translate) -> None:
    parser.add_argument("--quiet", action="store_true", help=say(_("不显示账号")))


def run(options: argparse.Namespace, say: Translate) -> int:
    settle_clock(say)
    start_django(options.language)
    from django.conf import settings
    from django.core.management import call_command

    from yunpu.config import district
    from yunpu.trail import clock

    if settings.CLOCK_DATE != district.CLOCK:
        raise SettingsFault(say(_('演示区要求 clock = "2020-12-20"。请在另一个文件夹里建立演示区。')))
    Path(settings.FOLDER).mkdir(parents=True, exist_ok=True)
    logging.getLogger("django_tasks").setLevel(logging.WARNING)
    call_command("migrate", verbosity=0)
    accounts = district.build(at=clock.now(), tell=lambda line: print(f"  {line}", flush=True))
    if not options.quiet:
        tell_accounts(accounts, say)
    return DONE


def settle_clock(say: Translate) -> None:
    """Write the demo's one setting where nothing is set yet."""
    path = Path(os.environ.get("YUNPU_CONFIG", "yunpu.toml"))
    if not os.environ.get("YUNPU_CLOCK") and not path.exists():
        path.write_text(SETTINGS_FILE, "utf-8")


def tell_accounts(accounts: list[Any], say: Translate) -> None:
    print(say(_("账号（一次性密码，首次登录须改；只在本机有效）：")))
    for opened in accounts:
        print(
            f"  {opened.account.username:<10} {opened.secret:<14} {opened.account.name}（{say(opened.roles)}）"
        )
    print(say(_("网址 http://%(address)s/，启动：.venv/bin/yunpu serve")) % {"address": ADDRESS})

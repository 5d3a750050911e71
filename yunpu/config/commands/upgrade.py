"""`yunpu upgrade`: after a new program was put in place – back up, bring the database up to it, check."""

from __future__ import annotations

import argparse

from yunpu.config.cli import DONE, FOUND, Translate, start_django
from yunpu.config.commands.backup import add_passphrase, back_up
from yunpu.kernel.refusals import Refusal
from yunpu.kernel.text import mark as _


class StillRunning(Refusal):
    """An upgrade while a worker of the old program runs."""

    code = "CLI-137"
    headline = _("不能升级：还有 %(count)s 个后台任务进程在运行")
    why = _("旧程序会往新结构里写。没有改动任何内容。")
    ways_out = ((_("停掉网页服务和后台任务，两分钟后再试"), ""),)


class NewerDatabase(Refusal):
    """An older program than the one that made the database."""

    code = "CLI-138"
    headline = _("不能升级：数据库比程序新（%(names)s）")
    why = _("数据库由更新的程序建立，旧程序不认识它的结构。没有改动任何内容。")
    ways_out = ((_("装回那个版本的程序，或更新的版本"), ""),)


def arguments(parser: argparse.ArgumentParser, say: Translate) -> None:
    add_passphrase(parser, say)


def run(options: argparse.Namespace, say: Translate) -> int:
    start_django(options.language)
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    from yunpu.config import health, workers
    from yunpu.config.keeping.passphrases import get_passphrase

    alive = len(workers.living_workers())
    if alive:
        raise StillRunning(count=alive)
    executor = MigrationExecutor(connection)
    newer = health.list_unknown_migrations(executor)
    if newer:
        raise NewerDatabase(names=", ".join(newer[:5]))
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if waiting:
        back_up(None, get_passphrase(options.passphrase_file, say, again=True), say, noted=False)
        call_command("migrate", verbosity=0)
        print(say(_("数据库已升级：%(count)s 步")) % {"count": len(waiting)})
    else:
        print(say(_("数据库已经与程序一致")))
    return check(say)


def check(say: Translate) -> int:
    """What `yunpu doctor` finds that must be mended, and whether the trail is as it was sealed."""
    from yunpu.config.health import examine
    from yunpu.trail.keyring import key_provider
    from yunpu.trail.verifying import verify_trail

    bad = [result for result in examine() if result.state == "bad"]
    for result in bad:
        print(f"✕ {say(result.title)}: {result.told(say)}\n    → {result.mend(say)}")
    faults = len(verify_trail(public_keys=key_provider().public_keys()).faults)
    if faults:
        print("✕ " + say(_("留痕核验发现 %(count)s 处，用 yunpu trail verify 查看")) % {"count": faults})
    if not bad and not faults:
        print(say(_("一切正常")))
    return FOUND if bad or faults else DONE

"""`yunpu restore`: a backup into an empty installation; with --check it is only read and compared."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from yunpu.config.cli import DONE, FOUND, Translate, start_django
from yunpu.config.commands.backup import add_passphrase
from yunpu.kernel.text import mark as _


def arguments(parser: argparse.ArgumentParser, say: Translate) -> None:
    parser.add_argument("file", type=Path, metavar=say(_("文件")), help=say(_("备份文件")))
    parser.add_argument("--check", action="store_true", help=say(_("只核对备份，不恢复")))
    add_passphrase(parser, say)


def run(options: argparse.Namespace, say: Translate) -> int:
    start_django(options.language)
    from yunpu.config.keeping.backup import read_backup
    from yunpu.config.keeping.passphrases import get_passphrase
    from yunpu.config.keeping.restore import restore
    from yunpu.config.progress import Bar

    passphrase = get_passphrase(options.passphrase_file, say)
    if options.check:
        tell(read_backup(options.file, passphrase), say)
        print(say(_("备份完整，每一项都与清单一致。")))
        return DONE
    with Bar() as bar:
        manifest = restore(options.file, passphrase, progress=bar)
    tell(manifest, say)
    faults = check_restored(manifest, say)
    print(
        say(_("已恢复，行数和摘要与备份一致。")) if not faults else say(_("已恢复，但核验发现问题，见上。"))
    )
    return FOUND if faults else DONE


def tell(manifest: dict[str, Any], say: Translate) -> None:
    rows = sum(table["rows"] for table in manifest["tables"])
    words = {"at": manifest["made_at"][:19], "rows": f"{rows:,}", "files": f"{len(manifest['files']):,}"}
    print(say(_("备份于 %(at)s（UTC）：%(rows)s 行，%(files)s 个文件")) % words)
    print(f"SM3 {manifest['digest']}")


def check_restored(manifest: dict[str, Any], say: Translate) -> int:
    """The trail as it was sealed, and every file that the records name; then the trail is told. The number of faults."""
    from yunpu.config import health
    from yunpu.config.actor import operator
    from yunpu.trail import clock
    from yunpu.trail.keyring import key_provider
    from yunpu.trail.operations import operation
    from yunpu.trail.verifying import verify_trail

    key_provider.cache_clear()
    faults = 0
    verdict = verify_trail(public_keys=key_provider().public_keys())
    if verdict.faults:
        faults += len(verdict.faults)
        print("✕ " + say(_("留痕核验发现 %(count)s 处，用 yunpu trail verify 查看")) % {"count": faults})
    for result in (health.check_originals(), health.check_snapshots(), health.check_search()):
        if result.state != "good":
            faults += 1
            print(f"✕ {say(result.title)}: {result.told(say)}")
    with operation("keeping.backup-restored", by=operator(), at=clock.now()) as note:
        note.act(name=manifest["made_at"][:19], digest=manifest["digest"])
    return faults

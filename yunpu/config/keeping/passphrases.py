"""Where the passphrase of a backup comes from: a file, the setting, or the terminal."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path

from django.conf import settings

from yunpu.kernel.refusals import Refusal
from yunpu.kernel.text import Translate
from yunpu.kernel.text import mark as _


class PassphraseMissing(Refusal):
    """Nobody is there to be asked, and no file tells it."""

    code = "CLI-136"
    headline = _("没有备份口令：%(reason)s")
    why = _("备份里有全部数据和密钥，必须加密；口令不能写在命令里，别人会看到。")
    ways_out = (
        (_("把口令写进只有所有者能读的文件"), "yunpu backup --passphrase-file FILE"),
        (_("或写进设置"), ""),
    )


def get_passphrase(file: Path | None, say: Translate, *, again: bool = False) -> str:
    """The passphrase, without the white space around it; asked twice for a new one. Raises PassphraseMissing."""
    file = file or settings.BACKUP_PASSPHRASE_FILE
    if file is not None:
        try:
            return file.read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise PassphraseMissing(reason=str(error)) from error
    if not sys.stdin.isatty():
        raise PassphraseMissing(reason=_("这里没有终端可以问"))
    given = getpass.getpass(say(_("备份口令：")))
    if again and getpass.getpass(say(_("再输一次："))) != given:
        raise PassphraseMissing(reason=_("两次输入的不一样"))
    return given

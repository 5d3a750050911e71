"""The checks of `yunpu doctor`. Each is one small function: a result with a title, what was seen, how to mend it."""

from __future__ import annotations

import os
import sqlite3
import stat
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from yunpu.config.workers import living_workers
from yunpu.kernel.text import Translate, fill
from yunpu.kernel.text import mark as _
from yunpu.ui import search

OLDEST_PYTHON = (3, 11)
OLDEST_SQLITE = (3, 37, 0)
OLDEST_POSTGRESQL = 140000
FONT_ENDINGS = {".otf", ".ttf", ".ttc"}


@dataclass(frozen=True)
class Result:
    """What one check saw. `state` is good, hint (works, but look) or bad (must be mended)."""

    title: str
    state: str
    seen: str
    remedy: str = ""
    params: Mapping[str, object] = field(default_factory=dict)

    def told(self, say: Translate) -> str:
        return fill(self.seen, self.params, say)

    def mend(self, say: Translate) -> str:
        return fill(self.remedy, self.params, say)


def examine(*, production: bool = False) -> list[Result]:
    """Every check, in the order in which things are mended."""
    checks: tuple[Callable[[], Result], ...] = (
        check_python,
        check_folder,
        check_keys,
        check_ciphers,
        check_database,
        check_migrations,
        check_search,
        check_assets,
        check_fonts,
        check_messages,
        check_worker,
        check_clock,
        check_debug,
        check_hosts,
    )
    results = [check() for check in checks]
    if production:
        results = [harden(result) for result in results]
    return results


def harden(result: Result) -> Result:
    """In production a hint is a fault."""
    return (
        Result(result.title, "bad", result.seen, result.remedy, result.params)
        if result.state == "hint"
        else result
    )


def check_python() -> Result:
    good = sys.version_info >= OLDEST_PYTHON
    seen = {"version": sys.version.split()[0]}
    return Result(
        _("Python"), "good" if good else "bad", "%(version)s", _("请安装 Python 3.11 或更新的版本。"), seen
    )


def check_folder() -> Result:
    folder = Path(settings.FOLDER)
    good = folder.is_dir() and os.access(folder, os.R_OK | os.W_OK | os.X_OK)
    return Result(
        _("数据文件夹"),
        "good" if good else "bad",
        "%(folder)s",
        _("请建立这个文件夹，并让运行云谱的用户能读写；或用 YUNPU_FOLDER 指定另一个。"),
        {"folder": str(folder)},
    )


def check_keys() -> Result:
    """Keys must be readable by their owner only."""
    open_ones = [
        path.name
        for path in sorted([*Path(settings.FOLDER).glob("*.key"), *Path(settings.KEYS_FOLDER).glob("*.key")])
        if stat.S_IMODE(path.stat().st_mode) & 0o077
    ]
    if not open_ones:
        return Result(_("密钥文件"), "good", _("只有所有者能读"))
    return Result(
        _("密钥文件"),
        "bad",
        _("别人也能读：%(names)s"),
        _("请执行 chmod 600 %(names)s。"),
        {"names": " ".join(open_ones)},
    )


def check_ciphers() -> Result:
    """The national algorithms come from the library's own OpenSSL; one built without them cannot seal or encrypt."""
    from cryptography.exceptions import UnsupportedAlgorithm

    from yunpu.kernel.ciphers import encrypt, new_key
    from yunpu.kernel.digests import sm3_hex

    try:
        sm3_hex(b"")
        encrypt(new_key(), b"", b"")
    except UnsupportedAlgorithm:
        return Result(
            _("国密算法"),
            "bad",
            _("缺少 SM3 或 SM4"),
            _("请用随安装提供的 cryptography 软件包，它自带含国密算法的 OpenSSL。"),
        )
    return Result(_("国密算法"), "good", _("SM3 和 SM4-GCM 可用"))


def check_database() -> Result:
    try:
        return _check_sqlite() if connection.vendor == "sqlite" else _check_postgresql()
    except (DatabaseError, OSError) as error:
        return Result(
            _("数据库"),
            "bad",
            _("连不上：%(text)s"),
            _("请检查 YUNPU_DATABASE，或数据库服务是否在运行。"),
            {"text": str(error).strip()},
        )


def _check_sqlite() -> Result:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA journal_mode")
        mode = cursor.fetchone()[0]
    params = {"version": sqlite3.sqlite_version, "mode": mode}
    seen = "SQLite %(version)s, %(mode)s"
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        return Result(_("数据库"), "bad", seen, _("SQLite 太旧，请升级系统或 Python。"), params)
    if mode != "wal":
        return Result(_("数据库"), "bad", seen, _("数据文件夹须在本机磁盘上，网络盘不支持 WAL。"), params)
    return Result(_("数据库"), "good", seen, params=params)


def _check_postgresql() -> Result:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        number = int(cursor.fetchone()[0])
    state = "good" if number >= OLDEST_POSTGRESQL else "bad"
    params = {"version": f"{number // 10000}.{number % 10000}"}
    return Result(
        _("数据库"), state, "PostgreSQL %(version)s", _("请升级到 PostgreSQL 14 或更新的版本。"), params
    )


def check_migrations() -> Result:
    try:
        executor = MigrationExecutor(connection)
        waiting = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    except DatabaseError:
        waiting = -1
    if waiting == 0:
        return Result(_("数据库结构"), "good", _("与程序一致"))
    return Result(_("数据库结构"), "bad", _("与程序不一致"), _("请执行 yunpu manage migrate。"))


def check_search() -> Result:
    """Every record has its words in the search index, and no word is without its record."""
    title = _("查找索引")
    try:
        missing = sum(search.missing(model) for model in search.searched_models())
    except DatabaseError:  # before the first migration
        return Result(title, "bad", _("没有建立"), _("请执行 yunpu manage migrate。"))
    if not missing:
        return Result(title, "good", _("完整"))
    remedy = _("请执行 yunpu doctor --rebuild-search；系统可以照常使用。")
    return Result(title, "bad", _("有 %(count)s 条记录查不到或查错"), remedy, {"count": missing})


def check_assets() -> Result:
    if finders.find("vendor/tabler.min.css") or list(
        (settings.PACKAGE / "ui" / "static" / "vendor").glob("*")
    ):
        return Result(_("界面文件"), "good", _("齐全"))
    return Result(
        _("界面文件"), "bad", _("没有生成"), _("请执行 make demo SERVE=0，或 python tools/build_assets.py。")
    )


def check_fonts() -> Result:
    folders = [Path(folder) for folder in settings.FONT_FOLDERS if Path(folder).is_dir()]
    fonts = [path for folder in folders for path in folder.rglob("*") if path.suffix.lower() in FONT_ENDINGS]
    if fonts:
        return Result(_("版式字体"), "good", _("%(count)s 个"), params={"count": len(fonts)})
    return Result(
        _("版式字体"),
        "bad",
        _("没有中文字体，简报不能生成 PDF"),
        _("请执行 python tools/fetch_fonts.py，或用 YUNPU_FONTS 指定本单位的字体文件夹。"),
    )


def check_messages() -> Result:
    if (settings.PACKAGE / "locale" / "en" / "LC_MESSAGES" / "django.mo").is_file():
        return Result(_("英文界面"), "good", _("齐全"))
    return Result(_("英文界面"), "hint", _("没有生成"), _("请执行 python tools/compile_messages.py。"))


def check_worker() -> Result:
    alive = len(living_workers())
    if alive:
        return Result(_("后台任务"), "good", _("%(count)s 个在运行"), params={"count": alive})
    return Result(
        _("后台任务"),
        "hint",
        _("没有在运行"),
        _("请执行 yunpu serve 或 yunpu worker，大文件才能核对和导入。"),
    )


def check_clock() -> Result:
    if settings.CLOCK_DATE is None:
        return Result(_("日期"), "good", _("真实日期"))
    return Result(
        _("日期"),
        "hint",
        _("演示用的日期 %(day)s"),
        _("正式使用前请去掉 yunpu.toml 里的 clock。"),
        {"day": settings.CLOCK_DATE.isoformat()},
    )


def check_debug() -> Result:
    if not settings.DEBUG:
        return Result(_("调试"), "good", _("关闭"))
    return Result(_("调试"), "hint", _("打开"), _("正式使用前请把 debug 设为 no：调试页会显示内部信息。"))


def check_hosts() -> Result:
    hosts = ", ".join(settings.ALLOWED_HOSTS)
    if "*" in settings.ALLOWED_HOSTS:
        return Result(_("主机名"), "bad", hosts, _("请把 hosts 写成实际的主机名，不要用 *。"))
    return Result(_("主机名"), "good", hosts)

"""The checks of `yunpu doctor`. Each is one small function: a result with a title, what was seen, how to mend it."""

from __future__ import annotations

import os
import shutil
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

from yunpu.access.models import Grant
from yunpu.access.rights import SEPARATED
from yunpu.config.workers import living_workers
from yunpu.kernel.text import Translate, fill
from yunpu.kernel.text import mark as _
from yunpu.stages.intake.models import Original
from yunpu.stages.snapshots.models import SnapshotTable
from yunpu.ui import search

OLDEST_PYTHON = (3, 11)
OLDEST_SQLITE = (3, 37, 0)
OLDEST_POSTGRESQL = 140000
LEAST_SPACE, LITTLE_SPACE = 200_000_000, 2_000_000_000
LOCAL_HOSTS = {"127.0.0.1", "localhost", "::1", "[::1]"}
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
        check_space,
        check_keys,
        check_ciphers,
        check_database,
        check_migrations,
        check_search,
        check_originals,
        check_snapshots,
        check_administrators,
        check_assets,
        check_fonts,
        check_messages,
        check_worker,
        check_clock,
        check_debug,
        check_hosts,
        check_https,
        check_demo_accounts,
        check_defects,
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


def check_space() -> Result:
    """A full disk stops every write; a snapshot of a million rows needs some hundred megabytes."""
    folder = Path(settings.FOLDER)
    free = shutil.disk_usage(folder if folder.is_dir() else folder.parent).free
    state = "bad" if free < LEAST_SPACE else "hint" if free < LITTLE_SPACE else "good"
    return Result(
        _("磁盘空间"),
        state,
        _("还有 %(free)s GB"),
        _("请清理磁盘，或把数据文件夹移到更大的磁盘；磁盘满了什么也写不进去。"),
        {"free": f"{free / 1e9:.1f}"},
    )


def check_keys() -> Result:
    """Keys must be readable by their owner only."""
    folder = Path(settings.FOLDER)
    open_ones = [
        str(path)
        for path in sorted(
            {*folder.glob("*.key"), *Path(settings.KEYS_FOLDER).glob("*.key"), settings.SECRET_KEY_FILE}
        )
        if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077
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
        newer = list_unknown_migrations(executor)
    except DatabaseError:
        waiting, newer = -1, []
    if newer:
        return Result(
            _("数据库结构"),
            "bad",
            _("比程序新：%(names)s"),
            _("这个数据库由更新的程序建立。请改用那个版本的程序，不要迁移。"),
            {"names": ", ".join(newer[:5])},
        )
    if waiting == 0:
        return Result(_("数据库结构"), "good", _("与程序一致"))
    return Result(_("数据库结构"), "bad", _("与程序不一致"), _("请执行 yunpu manage migrate。"))


def list_unknown_migrations(executor: MigrationExecutor) -> list[str]:
    """What was done to the database by a program that this one does not know."""
    known = executor.loader.disk_migrations.keys()
    ours = {app for app, _name in known}
    return [
        f"{app}.{name}"
        for app, name in executor.loader.applied_migrations
        if app in ours and (app, name) not in known
    ]


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


def check_originals() -> Result:
    """Every original file that the records name lies where it was put."""
    try:
        missing = [
            original.sm3[:12] for original in Original.objects.all().iterator() if not original.path.is_file()
        ]
    except DatabaseError:
        missing = []
    return _of_missing(_("原始文件"), missing)


def check_snapshots() -> Result:
    """Every snapshot's manifest and tables are there; whether they are unchanged is asked before each use."""
    try:
        tables = SnapshotTable.objects.select_related("snapshot").order_by("snapshot__number", "name")
        missing = [f"{table.snapshot.number}/{table.name}" for table in tables if not table.path.is_file()]
    except DatabaseError:
        missing = []
    return _of_missing(_("快照文件"), missing)


def _of_missing(title: str, missing: list[str]) -> Result:
    if not missing:
        return Result(title, "good", _("齐全"))
    return Result(
        title,
        "bad",
        _("缺 %(count)s 个：%(names)s"),
        _("请从备份恢复数据文件夹；不要删改其中的文件。"),
        {"count": len(missing), "names": ", ".join(missing[:5])},
    )


def check_administrators() -> Result:
    """The three separated administrators (三员): somebody must be able to open accounts, give roles, read the trail."""
    title = _("三员")
    try:
        held = set(
            Grant.objects.filter(role__in=SEPARATED, user__is_active=True).values_list("role", flat=True)
        )
    except DatabaseError:
        held = set()
    if held == SEPARATED:
        return Result(title, "good", _("齐全"))
    return Result(title, "hint", _("有 %(count)s 个"), _("请执行 yunpu createadmin。"), {"count": len(held)})


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


def check_https() -> Result:
    title = "HTTPS"
    if settings.SESSION_COOKIE_SECURE:
        return Result(title, "good", _("启用"))
    if set(settings.ALLOWED_HOSTS) <= LOCAL_HOSTS:
        return Result(title, "good", _("未启用；只有本机能访问"))
    return Result(
        title,
        "hint",
        _("未启用"),
        _("口令和数据会明文经过网络。请在前面放 HTTPS 代理，并在 yunpu.toml 里写 https = true。"),
    )


def check_demo_accounts() -> Result:
    """The file with the demo's secrets belongs on no machine that others reach."""
    title = _("演示账号")
    path = Path(settings.FOLDER) / "demo-accounts.txt"
    if not path.exists():
        return Result(title, "good", _("没有"))
    return Result(
        title,
        "hint",
        _("密码写在 %(path)s"),
        _("演示区不作正式使用：请另选数据文件夹，从空的数据库开始。"),
        {"path": str(path)},
    )


def check_defects() -> Result:
    """Reports of defects wait for whoever maintains the platform."""
    title = _("缺陷报告")
    count = len(list((Path(settings.FOLDER) / "defects").glob("*.txt")))
    if not count:
        return Result(title, "good", _("没有"))
    return Result(
        title,
        "hint",
        _("%(count)s 份"),
        _("请把数据文件夹里 defects 下的报告交给维护人员，处理后删除。"),
        {"count": count},
    )

"""The one command-line program, `yunpu`.

Exit codes: 0 done; 1 refused, or something was found; 2 wrong use or wrong settings; 3 a defect of the program
(its report is kept in the data folder); 130 interrupted. A person never sees a traceback.
"""

from __future__ import annotations

import argparse
import gettext
import importlib
import os
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from yunpu.config.options import WrongSetting
from yunpu.kernel.refusals import Refusal
from yunpu.kernel.text import mark as _

DONE, FOUND, USAGE, DEFECT, INTERRUPTED = 0, 1, 2, 3, 130
LOCALE = Path(__file__).resolve().parent.parent / "locale"

Translate = Callable[[str], str]


@dataclass(frozen=True)
class Command:
    """One command: its module has `arguments(parser, say)` and `run(options, say)`, which gives the exit code."""

    name: str
    module: str
    about: str


COMMANDS = (
    Command("demo", "demo", _("建立演示区：建库、装入演示表格、冻结、计算、成文，并显示账号")),
    Command("serve", "serve", _("启动网页服务和后台任务")),
    Command("worker", "worker", _("只启动后台任务")),
    Command("intake", "intake", _("采集：列出格式、下载空白模板、核对和导入文件")),
    Command("freeze", "freeze", _("把台账按截止日期冻结成快照")),
    Command("figures", "figures", _("计算并输出一个年度的数字")),
    Command("bulletin", "bulletin", _("简报：编写、签发、核验")),
    Command("trail", "trail", _("留痕：签封、核验，导出签封")),
    Command("keys", "keys", _("密钥：列出，更换主密钥和数据密钥")),
    Command("doctor", "doctor", _("检查安装：哪里不对，怎样改正")),
    Command("backup", "backup", _("备份：数据库、原始文件、快照和密钥，一个加密文件")),
    Command("restore", "restore", _("从备份恢复到空的安装，或只核对备份")),
    Command("upgrade", "upgrade", _("换上新程序之后：备份、升级数据库、检查")),
    Command("move", "move", _("把全部记录搬到另一个数据库，如从 SQLite 到 PostgreSQL")),
    Command("createadmin", "createadmin", _("新建系统、安全、审计三员，显示一次性密码")),
    Command("startdomain", "startdomain", _("新建一个业务领域的骨架")),
    Command("manage", "manage", _("直接使用 Django 的命令")),
)
EXIT_CODES = _("退出码：0 完成；1 被拒绝或发现问题；2 用法或设置有误；3 程序缺陷；130 被中断。")


class Parser(argparse.ArgumentParser):
    """An argument parser that speaks the user's language in its headings and errors."""

    say: Translate = staticmethod(lambda text: text)

    def __init__(self, **values: Any) -> None:
        super().__init__(**values | {"add_help": False})
        self._positionals.title = self.say(_("参数"))
        self._optionals.title = self.say(_("选项"))
        self.add_argument("-h", "--help", action="help", help=self.say(_("显示帮助")))

    def format_usage(self) -> str:
        return self._worded(super().format_usage())

    def format_help(self) -> str:
        return self._worded(super().format_help())

    def _worded(self, text: str) -> str:
        return text.replace("usage: ", self.say(_("用法：")), 1)

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(USAGE, self.say(_("用法有误：%(message)s")) % {"message": message} + "\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and give its exit code."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    language = pick_language(arguments, os.environ)
    say = translator(language)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yunpu.config.settings")
    if arguments[:1] == ["manage"]:
        return manage(arguments, say)
    try:
        options = build_parser(say).parse_args(arguments)
    except SystemExit as end:
        return int(end.code or 0)
    options.language = language
    return carry_out(options, say)


def carry_out(options: argparse.Namespace, say: Translate) -> int:
    """Run the chosen command; whatever goes wrong ends in words and an exit code."""
    command = importlib.import_module(f"yunpu.config.commands.{options.command}")
    try:
        return int(command.run(options, say))
    except Refusal as refusal:
        print(told(refusal, say), file=sys.stderr)
        return FOUND
    except (SettingsFault, WrongSetting) as fault:
        return tell_fault(fault, say)
    except KeyboardInterrupt:
        print(say(_("已中断。")), file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - the reader of our output has gone
        return DONE
    except Exception as error:
        if lacks_tables(error):
            print(
                say(_("数据库还没有建好，或与程序不一致。请执行 yunpu manage migrate，再重复这条命令。")),
                file=sys.stderr,
            )
            return USAGE
        place = keep_defect(traceback.format_exc())
        print(
            say(_("出错了：这是程序的缺陷。报告在 %(place)s，请交给维护人员。")) % {"place": place},
            file=sys.stderr,
        )
        return DEFECT


def tell_fault(fault: SettingsFault | WrongSetting, say: Translate) -> int:
    message = fault.reason(say) if isinstance(fault, WrongSetting) else fault
    print(say(_("设置有误：%(message)s")) % {"message": message}, file=sys.stderr)
    return USAGE


class SettingsFault(Exception):  # noqa: N818 - named after what it tells
    """The settings of this installation cannot be used."""


def lacks_tables(error: Exception) -> bool:
    """Whether an error comes of a database that was never brought up to the program."""
    from django.db import DatabaseError

    if not isinstance(error, DatabaseError):
        return False
    from yunpu.config.health import check_migrations

    return check_migrations().state == "bad"


def start_django(language: str) -> None:
    """Make models and settings available. Raises SettingsFault, WrongSetting."""
    import django
    from django.utils import translation

    try:
        django.setup()
    except WrongSetting:
        raise
    except (ValueError, OSError) as error:
        raise SettingsFault(str(error)) from error
    translation.activate("en" if language == "en" else "zh-hans")


def pick_language(arguments: Sequence[str], environment: Mapping[str, str]) -> str:
    """`zh` or `en`: --lang, else the language of the terminal, else Chinese."""
    for at, argument in enumerate(arguments):
        if argument.startswith("--lang="):
            return "en" if argument[7:].startswith("en") else "zh"
        if argument == "--lang" and at + 1 < len(arguments):
            return "en" if arguments[at + 1].startswith("en") else "zh"
    spoken = environment.get("LC_ALL") or environment.get("LC_MESSAGES") or environment.get("LANG") or ""
    return "en" if spoken.startswith("en") else "zh"


def translator(language: str) -> Translate:
    """The translating function for words that are needed before Django starts."""
    if language == "zh":
        return lambda text: text
    return gettext.translation("django", LOCALE, [language], fallback=True).gettext


def build_parser(say: Translate) -> Parser:
    """The parser of all commands."""
    Parser.say = staticmethod(say)
    parser = Parser(
        prog="yunpu", description=say(_("云谱：每个发布的数字都能打开到记录。")), epilog=say(EXIT_CODES)
    )
    parser.add_argument("--lang", choices=["zh", "en"], help=say(_("语言：zh 或 en")))
    chosen = parser.add_subparsers(
        dest="command", required=True, metavar=say(_("命令")), title=say(_("命令"))
    )
    for command in COMMANDS:
        about = say(command.about)
        below = chosen.add_parser(command.name, help=about, description=about, epilog=say(EXIT_CODES))
        below.add_argument(
            "--lang", choices=["zh", "en"], default=argparse.SUPPRESS, help=say(_("语言：zh 或 en"))
        )
        importlib.import_module(f"yunpu.config.commands.{command.module}").arguments(below, say)
    return parser


def manage(arguments: list[str], say: Translate) -> int:
    """Hand the rest of the line to Django's own command line."""
    from django.core.management import execute_from_command_line

    try:
        start_django(pick_language([], os.environ))
    except (SettingsFault, WrongSetting) as fault:
        return tell_fault(fault, say)
    execute_from_command_line(["yunpu manage", *arguments[1:]])
    return DONE


def told(refusal: Refusal, say: Translate) -> str:
    """A refusal as four parts: what, why, the ways out, the code."""
    lines = [refusal.headline_in(say), refusal.why_in(say)]
    lines += [f"  → {way_out}" for way_out in refusal.list_ways_out(say)]
    return "\n".join([*filter(None, lines), f"[{refusal.code}]"])


def keep_defect(report: str) -> Path:
    """Write the report of a defect beside the records, where only the operator reads it."""
    import tempfile

    try:
        from django.conf import settings

        folder = Path(settings.FOLDER) / "defects"
        folder.mkdir(parents=True, exist_ok=True)
    except Exception:
        folder = Path(tempfile.gettempdir())
    handle, name = tempfile.mkstemp(prefix="defect-", suffix=".txt", dir=folder)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(report)
    return Path(name)


def run() -> None:
    """The console script."""
    sys.exit(main())

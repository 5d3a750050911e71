"""Every setting of an installation: one table, read from the environment or one TOML file.

Order: environment `YUNPU_<NAME>`, then the file named by `YUNPU_CONFIG` (default `yunpu.toml` in the working
folder), then the default. `docs/settings.md` is generated from this table.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import secrets
import tempfile
import tomllib
import zoneinfo
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from yunpu.kernel.text import UnfitValue
from yunpu.kernel.text import mark as _

YES, NO = ("yes", "true", "on", "1"), ("no", "false", "off", "0", "")


class WrongSetting(UnfitValue):
    """A setting that cannot be used: which one, what stands there, what ought to."""


@dataclass(frozen=True)
class Option:
    """One setting: its name in the TOML file (upper-cased with YUNPU_ in front in the environment).

    `kind` is what may stand there: text, yes/no, date, language, zone, number, count, 1-4, people, metrics, log.
    """

    name: str
    default: str
    about: str
    kind: str = "text"

    @property
    def variable(self) -> str:
        return f"YUNPU_{self.name.upper()}"


OPTIONS = (
    Option("folder", "var", _("数据文件夹：数据库、原始文件、快照、密钥都在里面，备份它即可。")),
    Option("database", "", _("数据库地址，如 postgresql://user@host/yunpu；留空用数据文件夹里的 SQLite。")),
    Option("secret_key_file", "", _("会话密钥文件；留空用数据文件夹里的 secret.key，首次启动时生成。")),
    Option("hosts", "127.0.0.1,localhost", _("允许访问的主机名，用逗号分开。")),
    Option("https", "no", _("是否只经 HTTPS 访问：yes 时启用安全 Cookie 与 HSTS。"), "yes/no"),
    Option("debug", "no", _("开发调试，生产环境必须为 no。"), "yes/no"),
    Option("clock", "", _("演示用的日期，如 2020-12-20；留空用真实日期。"), "date"),
    Option("language", "zh-hans", _("默认语言：zh-hans 或 en。"), "language"),
    Option(
        "second_factor",
        "",
        _(
            "哪些角色登录要有第二因素：角色代码用逗号分开，或 all、none；留空为三员和财政审批"
            "（administrator,security,audit,approver），演示区为 none。等保三级建议 all。"
        ),
    ),
    Option("idle_minutes", "30", _("多少分钟没有操作就退出；建议 10 到 30。"), "count"),
    Option("lock_failures", "5", _("连续登录失败几次就锁定；建议 5。"), "count"),
    Option("lock_minutes", "30", _("锁定多少分钟；建议 30。"), "count"),
    Option("password_length", "10", _("密码最少几个字符；建议 10 以上。"), "count"),
    Option("password_kinds", "3", _("密码至少含大写、小写、数字、符号中的几类；建议 3。"), "1-4"),
    Option(
        "one_session",
        "administrators",
        _("谁同时只能在一处登录：administrators（三员）、all 或 none；再登录时前一处退出。"),
        "people",
    ),
    Option("district", "云谱区", _("区县名称，显示在页眉和简报上。")),
    Option("fonts", "", _("本单位自己的字体文件夹，优先于随安装提供的字体。")),
    Option("stale_after_days", "7", _("数据超过几天没有更新，页面上的“数据截至”就变成提醒。"), "number"),
    Option("backup_passphrase_file", "", _("备份口令所在的文件，只有所有者能读；留空则在终端上问。")),
    Option(
        "clamav",
        "",
        _("查毒程序 clamd 的地址：套接字路径或 主机:端口；留空则用本机常见位置上的，没有就不查。"),
    ),
    Option(
        "metrics",
        "",
        _("谁能读 /metrics：留空则关闭；local 只限本机（不经代理）；否则为至少 16 个字符的令牌。"),
        "metrics",
    ),
    Option("log", "lines", _("日志的写法：lines 给人看，json 给收集日志的程序。"), "log"),
    Option("time_zone", "Asia/Shanghai", _("时区。"), "zone"),
)


def read_options(environment: dict[str, str] | None = None) -> dict[str, str]:
    """All settings by name. Raises WrongSetting."""
    environment = dict(os.environ) if environment is None else environment
    path = Path(environment.get("YUNPU_CONFIG", "yunpu.toml"))
    stored = read_file(path)
    known = {option.name for option in OPTIONS}
    unknown = sorted(set(stored) - known)
    if unknown:
        raise WrongSetting(
            _("%(path)s 里有不认识的设置 %(names)s；认识的有 %(known)s"),
            path=path,
            names=", ".join(unknown),
            known=", ".join(sorted(known)),
        )
    return {
        option.name: fit(option, environment.get(option.variable, stored.get(option.name, option.default)))
        for option in OPTIONS
    }


def read_file(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8")) if path.is_file() else {}
    except (OSError, ValueError) as error:
        raise WrongSetting(_("读不懂 %(path)s：%(text)s"), path=path, text=error) from error


def fit(option: Option, given: object) -> str:
    """A given value as the settings use it. Raises WrongSetting."""
    value = str(given).strip()
    kind = option.kind
    if kind == "yes/no" and value.lower() in (*YES, *NO):
        return "yes" if value.lower() in YES else "no"
    good = (
        kind == "text"
        or (kind == "date" and (not value or is_date(value)))
        or (kind == "language" and value in ("zh-hans", "en"))
        or (kind == "metrics" and (value in ("", "local") or len(value) >= 16))
        or (kind == "log" and value in ("lines", "json"))
        or (kind == "zone" and is_zone(value))
        or (kind == "number" and value.isascii() and value.isdecimal())
        or (kind == "count" and value.isascii() and value.isdecimal() and int(value) > 0)
        or (kind == "1-4" and value in ("1", "2", "3", "4"))
        or (kind == "people" and value in ("administrators", "all", "none"))
    )
    if not good:
        raise WrongSetting(
            _("%(name)s（%(variable)s）是“%(given)s”，应为%(wanted)s"),
            name=option.name,
            variable=option.variable,
            given=given,
            wanted=WANTED[kind],
        )
    return value


WANTED = {
    "yes/no": _("yes 或 no"),
    "date": _("日期，如 2020-12-20"),
    "language": _("zh-hans 或 en"),
    "number": _("数字"),
    "count": _("大于 0 的整数"),
    "1-4": _("1 到 4"),
    "people": _("administrators、all 或 none"),
    "metrics": _("空、local 或至少 16 个字符的令牌"),
    "log": _("lines 或 json"),
    "zone": _("时区名，如 Asia/Shanghai"),
}


def is_date(text: str) -> bool:
    try:
        dt.date.fromisoformat(text)
    except ValueError:
        return False
    return True


def is_zone(text: str) -> bool:
    try:
        zoneinfo.ZoneInfo(text)
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        return False
    return True


ROLES_WITH_MONEY_OR_POWER = "administrator,security,audit,approver"


def read_roles(options: dict[str, str]) -> frozenset[str]:
    """The roles that must have a second factor; `all` stands for every one. In the demo district, which runs under a
    clock of its own, nobody must, unless the setting says who."""
    given = options["second_factor"] or ("none" if options["clock"] else ROLES_WITH_MONEY_OR_POWER)
    return frozenset(one.strip() for one in given.split(",") if one.strip() not in ("", "none"))


def read_key(path: Path) -> str:
    """The secret in a file, made on first use, readable by its owner only.

    Two processes that start at once get the same key: whoever links the file first has made it.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, part = tempfile.mkstemp(prefix=f"{path.name}.", dir=path.parent)  # its owner's only
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(50))
        with contextlib.suppress(FileExistsError):
            os.link(part, path)
        os.unlink(part)
    return path.read_text().strip()

"""Every setting of an installation: one table, read from the environment or one TOML file.

Order: environment `YUNPU_<NAME>`, then the file named by `YUNPU_CONFIG` (default `yunpu.toml` in the working
folder), then the default. `docs/settings.md` is generated from this table.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from yunpu.kernel.text import mark as _


@dataclass(frozen=True)
class Option:
    """One setting: its name in the TOML file (upper-cased with YUNPU_ in front in the environment)."""

    name: str
    default: str
    about: str

    @property
    def variable(self) -> str:
        return f"YUNPU_{self.name.upper()}"


OPTIONS = (
    Option("folder", "var", _("数据文件夹：数据库、原始文件、快照、密钥都在里面，备份它即可。")),
    Option("database", "", _("数据库地址，如 postgresql://user@host/yunpu；留空用数据文件夹里的 SQLite。")),
    Option("secret_key_file", "", _("会话密钥文件；留空用数据文件夹里的 secret.key，首次启动时生成。")),
    Option("hosts", "127.0.0.1,localhost", _("允许访问的主机名，用逗号分开。")),
    Option("https", "no", _("是否只经 HTTPS 访问：yes 时启用安全 Cookie 与 HSTS。")),
    Option("debug", "no", _("开发调试，生产环境必须为 no。")),
    Option("clock", "", _("演示用的日期，如 2020-12-20；留空用真实日期。")),
    Option("language", "zh-hans", _("默认语言：zh-hans 或 en。")),
    Option("district", "云谱区", _("区县名称，显示在页眉和简报上。")),
    Option("fonts", "", _("本单位自己的字体文件夹，优先于随安装提供的字体。")),
    Option("stale_after_days", "7", _("数据超过几天没有更新，页面上的“数据截至”就变成提醒。")),
    Option("time_zone", "Asia/Shanghai", _("时区。")),
)


def read_options(environment: dict[str, str] | None = None) -> dict[str, str]:
    """All settings by name. Raises ValueError for an unknown name in the file, with the known names."""
    environment = dict(os.environ) if environment is None else environment
    path = Path(environment.get("YUNPU_CONFIG", "yunpu.toml"))
    stored: dict[str, Any] = tomllib.loads(path.read_text("utf-8")) if path.is_file() else {}
    known = {option.name for option in OPTIONS}
    unknown = sorted(set(stored) - known)
    if unknown:
        raise ValueError(f"{path}: unknown settings {', '.join(unknown)}; known: {', '.join(sorted(known))}")
    values = {}
    for option in OPTIONS:
        given = stored.get(option.name, option.default)
        given = ("yes" if given else "no") if isinstance(given, bool) else str(given)
        values[option.name] = environment.get(option.variable, given)
    return values


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

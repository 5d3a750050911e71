"""`yunpu serve`: the pages by gunicorn, and one worker beside it; both end together."""

from __future__ import annotations

import argparse
import signal
import socket
import subprocess
import sys

from yunpu.config.cli import DONE, SettingsFault, Translate, start_django
from yunpu.kernel.refusals import Refusal
from yunpu.kernel.text import mark as _

PROGRAM = (sys.executable, "-c", "from yunpu.config.cli import run; run()")


class UnableToListen(Refusal):
    """The address that the pages should be served on is taken, or is not this machine's."""

    code = "CLI-105"
    headline = _("不能在 %(address)s 提供网页：%(reason)s")
    why = _("可能是另一个程序占着这个端口，也许就是还在运行的云谱。")
    ways_out = (
        (_("停掉占着端口的程序"), ""),
        (_("换一个端口"), "yunpu serve --bind 127.0.0.1:8001"),
    )


def arguments(parser: argparse.ArgumentParser, say: Translate) -> None:
    parser.add_argument("--bind", default="127.0.0.1:8000", metavar="HOST:PORT", help=say(_("监听地址")))
    parser.add_argument("--processes", type=int, default=2, help=say(_("进程数")))
    parser.add_argument("--threads", type=int, default=4, help=say(_("每个进程的线程数")))
    parser.add_argument("--no-worker", action="store_true", help=say(_("不启动后台任务")))
    parser.add_argument("--dev", action="store_true", help=say(_("开发用：改动代码后自动重载")))


def run(options: argparse.Namespace, say: Translate) -> int:
    start_django(options.language)
    try_address(options.bind, say)
    worker = None if options.no_worker else subprocess.Popen([*PROGRAM, "worker"])
    print(say(_("网址 http://%(address)s/ ，按 Ctrl+C 停止")) % {"address": options.bind}, flush=True)
    server = subprocess.Popen(server_command(options))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_what: server.terminate())
    try:
        code = server.wait()
    finally:
        if worker is not None:
            worker.terminate()
            worker.wait()
    return DONE if code in (0, -signal.SIGTERM) else code


def try_address(address: str, say: Translate) -> None:
    """Say at once, and in words, that an address cannot be used. Raises UnableToListen, SettingsFault."""
    host, _colon, port = address.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65_535:
        raise SettingsFault(say(_("“%(address)s”不是地址，应如 127.0.0.1:8000")) % {"address": address})
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host.strip("[]"), int(port)))
        except OSError as error:
            raise UnableToListen(address=address, reason=error.strerror or str(error)) from error


def server_command(options: argparse.Namespace) -> list[str]:
    if options.dev:
        return [sys.executable, "-m", "django", "runserver", options.bind]
    command = [sys.executable, "-m", "gunicorn", "yunpu.config.wsgi:application", "--bind", options.bind]
    command += [
        "--workers",
        str(options.processes),
        "--worker-class",
        "gthread",
        "--threads",
        str(options.threads),
    ]
    return [
        *command,
        "--timeout",
        "120",
        "--max-requests",
        "5000",
        "--max-requests-jitter",
        "500",
        "--log-level",
        "warning",
    ]

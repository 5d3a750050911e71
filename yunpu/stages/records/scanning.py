"""The scan for malicious content (查毒): ClamAV's daemon, where it is present or named in the settings.

Not asked where there is none: the attachment then says that it was not scanned. Named but silent is a refusal.
"""

from __future__ import annotations

import socket
from pathlib import Path

from yunpu.kernel.text import mark as _
from yunpu.stages.records.contents import UnableToAttach

SOCKETS = ("/run/clamav/clamd.ctl", "/var/run/clamav/clamd.ctl", "/run/clamd.scan/clamd.sock")
_CHUNK = 1 << 16
_SECONDS = 60


def find_scanner(setting: str) -> str:
    """The address of the scanner: the one of the settings (a socket's path, or host:port), else one that is there."""
    return setting or next((path for path in SOCKETS if Path(path).exists()), "")


def scan(path: Path, scanner: str) -> None:
    """Have a file scanned. Raises UnableToAttach for what is found, and where the scanner does not answer."""
    try:
        answer = _ask(path, scanner)
    except OSError:
        raise UnableToAttach(reason=_("查毒程序没有应答，请稍后再试或找管理员")) from None
    if answer.endswith("FOUND"):
        found = answer.removeprefix("stream:").removesuffix("FOUND").strip()
        raise UnableToAttach(reason=_("查出恶意内容：%(value)s"), value=found)
    if not answer.endswith("OK"):
        raise UnableToAttach(reason=_("查毒程序没有查完：%(value)s"), value=answer[:100])


def _ask(path: Path, scanner: str) -> str:
    """Send a file by INSTREAM: pieces, each with its length in front; a length of zero ends it."""
    with _connect(scanner) as connection, path.open("rb") as file:
        connection.sendall(b"zINSTREAM\0")
        while piece := file.read(_CHUNK):
            connection.sendall(len(piece).to_bytes(4, "big") + piece)
        connection.sendall(b"\0\0\0\0")
        answer = b""
        while not answer.endswith(b"\0") and (part := connection.recv(4096)):
            answer += part
    return answer.rstrip(b"\0").decode("utf-8", "replace").strip()


def _connect(scanner: str) -> socket.socket:
    if scanner.startswith("/"):
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(_SECONDS)
        connection.connect(scanner)
        return connection
    host, _colon, port = scanner.rpartition(":")
    return socket.create_connection((host, int(port)), timeout=_SECONDS)

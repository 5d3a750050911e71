"""Pages of an attached PDF as pictures, drawn in a process of its own with little memory and little time.

A hostile PDF can at worst end that process. The browser is given a picture and never the PDF itself.
"""

from __future__ import annotations

import resource
import struct
import subprocess
import sys
import zlib
from pathlib import Path

SECONDS = 15
_MEMORY = 2 << 30
_WIDTH = 1000


def draw_page(path: Path, number: int) -> bytes | None:
    """One page as PNG, counted from 1; None where there is no such page, or it cannot be drawn."""
    answer = _ask(path, number)
    return answer if answer.startswith(b"\x89PNG") else None


def count_pages(path: Path) -> int:
    """The number of pages; 0 where it cannot be read."""
    answer = _ask(path, 0)
    return int(answer) if answer.isdigit() else 0


def _ask(path: Path, number: int) -> bytes:
    """Ask the process: for a page, or with 0 for their number; nothing where it fails or takes too long."""
    command = [sys.executable, "-m", "yunpu.stages.records.previewing", str(path), str(number)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return b""
    return done.stdout if done.returncode == 0 else b""


def _answer(path: str, number: int) -> bytes:
    import pypdfium2

    document = pypdfium2.PdfDocument(path)
    if number == 0:
        return str(len(document)).encode()
    page = document[number - 1]
    scale = min(2.0, _WIDTH / max(1.0, page.get_width()), 1.5 * _WIDTH / max(1.0, page.get_height()))
    bitmap = page.render(scale=scale, rev_byteorder=True)
    return write_png(bitmap.width, bitmap.height, bitmap.n_channels, bitmap.stride, bytes(bitmap.buffer))


def write_png(width: int, height: int, channels: int, stride: int, rows: bytes) -> bytes:
    """A picture of 1, 3 or 4 channels of 8 bits as PNG."""
    lines = b"".join(b"\0" + rows[at : at + width * channels] for at in range(0, stride * height, stride))
    head = struct.pack(">IIBBBBB", width, height, 8, {1: 0, 3: 2, 4: 6}[channels], 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(lines, 6)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in parts
    )


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    sys.stdout.buffer.write(_answer(sys.argv[1], int(sys.argv[2])))
    sys.stdout.buffer.flush()

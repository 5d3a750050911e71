"""Try a workbook in a process of its own (试读) before it is opened in this one.

The reader of values is native code. Given an .xls made to hurt it may ask for hundreds of gigabytes, and then ends the
whole process: no exception, no other user's request survives. So it reads the file once where nothing else lives, under
a limit of memory. Only .xls needs it: how far an .xlsx or .ods reaches is measured before it is laid out.
"""

from __future__ import annotations

import subprocess
import sys
from functools import lru_cache
from pathlib import Path

from yunpu.stages.intake.files import DAMAGED, UnableToRead

_BYTES = 4 << 30
_SECONDS = 300
_PROGRAM = """
import resource, sys
from python_calamine import CalamineWorkbook
resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[2]), int(sys.argv[2])))
book = CalamineWorkbook.from_path(sys.argv[1])
for name in book.sheet_names:
    book.get_sheet_by_name(name)
"""


def try_apart(path: Path) -> None:
    """Raises UnableToRead where reading the file ends the process that does it; what else is wrong is told later."""
    known = path.stat()
    if not _survives(str(path), known.st_size, known.st_mtime_ns):
        raise UnableToRead(reason=DAMAGED)


@lru_cache(maxsize=256)
def _survives(path: str, _size: int, _changed: int) -> bool:
    command = [sys.executable, "-I", "-c", _PROGRAM, path, str(_BYTES)]
    try:
        done = subprocess.run(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return False
    return (
        done.returncode >= 0
    )  # below nought a signal ended it; any error of its own comes again, and is told, here

"""Log lines as JSON, one object a line, for machines that collect them; nothing of records or people in them.

An error is told by its kind and the places of the program it went through: its words may quote a row that the database
refused, and so a person. Who did what stands in the trail.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import traceback
from typing import Any


class JsonLines(logging.Formatter):
    """`time`, `level`, `logger`, `request` (the number that error page and trail show), `message`, perhaps `error`."""

    def format(self, record: logging.LogRecord) -> str:
        moment = dt.datetime.fromtimestamp(record.created, dt.UTC)
        told: dict[str, Any] = {
            "time": moment.isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "request": getattr(record, "number", "-"),
            "message": str(record.msg) if record.exc_info else record.getMessage(),
        }
        if record.exc_info and record.exc_info[0] is not None:
            told["error"] = f"{record.exc_info[0].__module__}.{record.exc_info[0].__qualname__}"
            frames = traceback.extract_tb(record.exc_info[2])
            told["places"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
        return json.dumps(told, ensure_ascii=False)

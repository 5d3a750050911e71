"""Lines of the log carry the number of their request, which the error page shows and the trail keeps."""

from __future__ import annotations

import logging

from yunpu.trail.requests import request_number
from yunpu.ui.middleware import REQUEST_ID


class Numbered(logging.Filter):
    """Gives every line `number`: the request's, or a dash outside one."""

    def filter(self, record: logging.LogRecord) -> bool:
        # Django tells of an answer when the request has left the middleware, and hands it over.
        told = getattr(getattr(record, "request", None), "META", {}).get(REQUEST_ID, "")
        record.number = request_number() or told or "-"
        return True

"""A person's deadlines as a calendar file (iCalendar, RFC 5545) for other programs, and the secret of its address."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Iterable

from yunpu.kernel.digests import sm3_hex

_WIDTH = 73  # octets of a line before it is folded


def make_secret() -> tuple[str, str]:
    """A new secret for an address, and the digest under which it is kept: whoever reads the database reads no address."""
    secret = secrets.token_urlsafe(24)
    return secret, digest_of(secret)


def digest_of(secret: str) -> str:
    return sm3_hex(f"calendar:{secret}".encode())


def write_calendar(name: str, events: Iterable[tuple[str, dt.date, str, str, dt.datetime]]) -> bytes:
    """A calendar of whole days: of each event its key, day, title, address, and since when it is known."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//yunpu//deadlines//ZH",
        f"X-WR-CALNAME:{_text(name)}",
    ]
    for key, day, title, url, since in events:
        lines += [
            "BEGIN:VEVENT",
            f"UID:{key}@yunpu",
            f"DTSTAMP:{since.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}",
            f"DTSTART;VALUE=DATE:{day:%Y%m%d}",
            f"DTEND;VALUE=DATE:{day + dt.timedelta(days=1):%Y%m%d}",
            f"SUMMARY:{_text(title)}",
            f"URL:{url}",
            "TRANSP:TRANSPARENT",
            "END:VEVENT",
        ]
    lines.append("END:VCALENDAR")
    return "".join(_fold(line) + "\r\n" for line in lines).encode()


def _text(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return escaped.replace("\r", "").replace("\n", "\\n")


def _fold(line: str) -> str:
    """Break a line so that no part is longer than 75 octets, never within a character."""
    parts, part, size = [], "", 0
    for character in line:
        octets = len(character.encode())
        if size + octets > _WIDTH:
            parts.append(part)
            part, size = "", 1  # the space that begins the next line
        part, size = part + character, size + octets
    return "\r\n ".join([*parts, part])

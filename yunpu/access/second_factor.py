"""The second factor (第二因素): who must have one, and whether somebody proves to have it.

`allauth.mfa` keeps the authenticators and knows the protocols; what is shown, and that every change is an operation
with its event, is ours. A time-based code opens once, whichever process is asked: the moment of the last one is kept
with the authenticator. Secrets are wrapped by the key provider; without its key the table tells nothing.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
from typing import Any

import allauth.mfa.webauthn.internal.auth as webauthn
import qrcode
from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction

from yunpu.access import scope
from yunpu.access.models import User
from yunpu.trail.keyring import key_provider

TOTP, KEY, RECOVERY = Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN, Authenticator.Type.RECOVERY_CODES
_BOUND = b"access.second-factor"


class Adapter(DefaultMFAAdapter):
    """What allauth asks: how secrets are kept, and what we are called on a key or a telephone."""

    def encrypt(self, text: str) -> str:
        master, wrapped = key_provider().wrap(text.encode(), _BOUND)
        return f"{master}:{base64.b64encode(wrapped).decode()}"

    def decrypt(self, encrypted_text: str) -> str:
        master, wrapped = encrypted_text.split(":", 1)
        return key_provider().unwrap(master, base64.b64decode(wrapped), _BOUND).decode()

    def get_totp_issuer(self) -> str:
        return f"云谱 {settings.DISTRICT}"

    def _get_site_name(self) -> str:
        return self.get_totp_issuer()

    def _get_user_identifier(self, user: Any) -> str:
        return str(user.username)


def is_required(user: User, on: dt.date) -> bool:
    """Whether one of the person's roles must have a second factor."""
    roles = settings.SECOND_FACTOR_ROLES
    return any("all" in roles or grant.role in roles for grant in scope.list_grants(user, on))


def has_one(user: User) -> bool:
    """Whether the person has a second factor. Recovery codes alone are none: they replace one."""
    return Authenticator.objects.filter(user=user, type__in=(TOTP, KEY)).exists()


def find_totp(user: User) -> Authenticator | None:
    return Authenticator.objects.filter(user=user, type=TOTP).first()


def list_keys(user: User) -> list[Authenticator]:
    """The person's security keys, oldest first."""
    return list(Authenticator.objects.filter(user=user, type=KEY).order_by("pk"))


def count_codes(user: User) -> int:
    """How many recovery codes are left."""
    kept = Authenticator.objects.filter(user=user, type=RECOVERY).first()
    return len(kept.wrap().get_unused_codes()) if kept else 0


def new_secret() -> str:
    """A fresh secret for an authenticator app."""
    return generate_totp_secret()


def app_address(user: User, secret: str) -> str:
    """What the picture tells the app: otpauth://…"""
    return Adapter().build_totp_url(user, secret)


def picture_path(text: str) -> tuple[int, str]:
    """A QR code as one SVG path, and the side of its square; nothing inline that a strict policy would refuse."""
    code = qrcode.QRCode(border=2)
    code.add_data(text)
    code.make(fit=True)
    rows = code.get_matrix()
    dots = [f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark]
    return len(rows), "".join(dots)


def matching_counter(secret: str, code: str) -> int | None:
    """The moment, in steps of 30 seconds, whose code this is: now, or one step before or after; None where none is."""
    typed = "".join(code.split())
    for counter in yield_hotp_counters_from_time():
        if compare_user_code(actual=typed, expected=format_hotp_value(hotp_value(secret, counter))):
            return counter
    return None


@transaction.atomic
def proves(user: User, code: str) -> str:
    """The kind of factor by which a typed code is this person's (`totp`, `recovery_codes`), or empty. A code proves
    once."""
    kept = Authenticator.objects.select_for_update().filter(user=user, type=TOTP).first()
    if kept is not None:
        counter = matching_counter(Adapter().decrypt(kept.data["secret"]), code)
        if counter is not None:
            if counter <= kept.data.get("last_counter", 0):
                return ""
            kept.data["last_counter"] = counter
            kept.record_usage()
            kept.save(update_fields=["data"])
            return str(TOTP)
    recovery = Authenticator.objects.filter(user=user, type=RECOVERY).first()
    if recovery is not None and RecoveryCodes(recovery).validate_code("".join(code.split())):
        recovery.record_usage()
        return str(RECOVERY)
    return ""


def key_challenge(user: User) -> dict[str, Any]:
    """What a security key of this person is asked to sign; its state stays in the session."""
    return webauthn.begin_authentication(user)


def key_proves(user: User, credential: str) -> bool:
    """Whether what the key signed is this person's answer to the challenge in the session."""
    try:
        kept = webauthn.complete_authentication(user, json.loads(credential))
    except (ValueError, KeyError, TypeError, ValidationError):
        return False
    kept.record_usage()
    return True


def registration_challenge(user: User) -> dict[str, Any]:
    """What a new security key is asked."""
    return webauthn.begin_registration(user, passwordless=False)


def registered_key(credential: str) -> dict[str, Any] | None:
    """A new key's answer, checked against the challenge in the session; None where it is none."""
    try:
        answer: dict[str, Any] = json.loads(credential)
        webauthn.parse_registration_response(answer)
        webauthn.complete_registration(answer)
    except (ValueError, KeyError, TypeError, ValidationError):
        return None
    return answer

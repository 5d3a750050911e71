"""The installation's key provider: files in the data folder, or what `KEY_PROVIDER` names (a hardware module)."""

from __future__ import annotations

from functools import cache

from django.conf import settings
from django.utils.module_loading import import_string

from yunpu.kernel.keys import KeyProvider


@cache
def key_provider() -> KeyProvider:
    """Who keeps the master keys and signs."""
    provider: KeyProvider = import_string(settings.KEY_PROVIDER)(settings.KEYS_FOLDER)
    return provider

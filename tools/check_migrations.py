"""Models and migrations say the same, and Django finds nothing to complain about."""

from __future__ import annotations

import django
from django.core.management import call_command

if __name__ == "__main__":
    django.setup()
    call_command("makemigrations", "--check", "--dry-run", verbosity=1)
    call_command("check", "--fail-level", "WARNING", verbosity=0)

"""Rules for passwords that Django does not bring."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _


class KindsValidator:
    """At least so many of the four kinds of characters: capital, small, digit, other (assessors of level 3 ask for 3)."""

    def __init__(self, kinds: int = 3) -> None:
        self.kinds = kinds

    def validate(self, password: str, user: Any = None) -> None:
        tests = (str.isupper, str.islower, str.isdigit, lambda one: not one.isalnum())
        if sum(any(map(test, password)) for test in tests) < self.kinds:
            raise ValidationError(self.get_help_text(), code="password_kinds")

    def get_help_text(self) -> str:
        return _("至少含大写字母、小写字母、数字、符号中的 %(kinds)s 类") % {"kinds": self.kinds}

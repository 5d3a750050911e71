"""What a person types is kept as a draft (草稿) until the form is saved: a closed window, a lost session lose nothing.

A draft is its owner's alone. Personal fields are never kept in it.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import HttpRequest, QueryDict

from yunpu.ui.models import Draft
from yunpu.ui.registers import Register

STATE = "state"
_LONGEST = 20_000  # characters of one field


def find_draft(request: HttpRequest, register: type[Register], pk: int) -> Draft | None:
    """The draft of this person in the form of a record; of a new one with 0."""
    return _of(request, register, pk).first()


def keep_draft(request: HttpRequest, register: type[Register], pk: int, *, at: dt.datetime) -> None:
    """Keep what stands in the form now."""
    Draft.objects.update_or_create(
        register=register.code(),
        object_id=pk,
        owner_id=_owner(request),
        defaults={"typed": _typed(register, request.POST), "saved_at": at},
    )


def drop_draft(request: HttpRequest, register: type[Register], pk: int) -> None:
    """Forget the draft: the form was saved, or its owner does not want it."""
    _of(request, register, pk).delete()


def initial_of_draft(draft: Draft) -> dict[str, Any]:
    """A form's first values out of a draft; a field that looks records up has its number and its words."""
    typed: dict[str, str] = draft.typed
    return {
        name: (value, typed[f"{name}-text"]) if f"{name}-text" in typed else value
        for name, value in typed.items()
        if name != STATE and not name.endswith("-text")
    }


def _owner(request: HttpRequest) -> int:
    assert request.user.pk is not None, "a form is for people who are signed in"
    return request.user.pk


def _of(request: HttpRequest, register: type[Register], pk: int) -> Any:
    return Draft.objects.filter(register=register.code(), object_id=pk, owner_id=_owner(request))


def _typed(register: type[Register], given: QueryDict) -> dict[str, str]:
    names = [STATE]
    for name in register.fields:
        if not hasattr(register.model._meta.get_field(name), "trail_value"):
            names += [name, f"{name}-text"]
    return {name: str(given[name]).replace("\0", "")[:_LONGEST] for name in names if name in given}

"""What each role may do: one table. What is not listed is denied."""

from __future__ import annotations

from enum import StrEnum

from yunpu.access.models import Role


class Action(StrEnum):
    """Everything a person can do, as screens and operations ask for it."""

    VIEW = "view"
    CREATE = "create"
    CHANGE = "change"
    REMOVE = "remove"
    EXPORT = "export"
    IMPORT = "import"
    WITHDRAW = "withdraw"
    REVEAL = "reveal"  # read personal data in clear
    FREEZE = "freeze"
    COMPUTE = "compute"
    DRAFT = "draft"  # write a bulletin
    CHECK = "check"  # check a bulletin another person wrote
    ISSUE = "issue"
    READ_TRAIL = "read-trail"
    ADMINISTER = "administer"  # users and grants, shared identities


_READ = frozenset({Action.VIEW, Action.EXPORT})
_WRITE = _READ | {Action.CREATE, Action.CHANGE, Action.REMOVE, Action.IMPORT, Action.WITHDRAW, Action.REVEAL}

RIGHTS: dict[str, frozenset[Action]] = {
    Role.STAFF: _WRITE | {Action.DRAFT},
    Role.REVIEWER: _READ | {Action.CHECK, Action.REVEAL},
    Role.FINANCE: _WRITE | {Action.FREEZE, Action.COMPUTE, Action.DRAFT},
    Role.LEADER: _READ | {Action.CHECK, Action.ISSUE},
    Role.AUDITOR: _READ | {Action.READ_TRAIL},
    Role.ADMINISTRATOR: frozenset({Action.VIEW, Action.ADMINISTER, Action.READ_TRAIL}),
}

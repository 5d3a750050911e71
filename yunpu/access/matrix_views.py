"""Who can do what here (谁在这里能做什么), and what this person can do: read from the grants in force, by the same rule
that lets people in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse

from yunpu.access.forms import UnitForm
from yunpu.access.models import Delegation, Grant
from yunpu.access.rights import ACTION_TITLES, OWN, RIGHTS
from yunpu.access.views import UserView
from yunpu.reference.models import Unit
from yunpu.trail import clock
from yunpu.ui.base import ScopedView


class Matrix(ScopedView):
    """Everybody whose role reaches a unit, each with what the role lets do there."""

    right = "read-users"
    template = "access/matrix.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        units = self.scoped(Unit, self.right).order_by("path")
        form = UnitForm(request.GET if "unit" in request.GET else None, units=units)
        unit = form.cleaned_data["unit"] if form.is_valid() else units.first()
        if not form.is_bound:
            form = UnitForm(initial={"unit": unit}, units=units)
        grants = list_reaching(unit) if unit else []
        return self.show({"unit": unit, "form": form, **table_of(grants)}, status=200 if unit else 422)


class PersonRights(UserView):
    """What one person can do: each grant in force, each delegation taken."""

    right = "read-users"
    template = "access/person_rights.html"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        user, today = self.account(pk), clock.today()
        grants = _in_force(Grant.objects.filter(user=user)).order_by("unit__path", "role", "pk")
        taken = Delegation.objects.filter(substitute=user, valid_from__lte=today, valid_to__gt=today)
        absent = taken.filter(absent__is_active=True).select_related("absent").order_by("valid_to", "pk")
        return self.show({"subject": user, "taken": absent, **table_of(grants)})


def list_reaching(unit: Unit) -> Iterable[Grant]:
    """The grants in force, of open accounts, that reach a unit: given there or at a unit above. Roles that see only
    what is their own reach none."""
    numbers = [int(number) for number in unit.path.strip("/").split("/") if number]
    grants = _in_force(Grant.objects.filter(unit_id__in=numbers, user__is_active=True))
    return grants.exclude(role__in=OWN).order_by("unit__path", "role", "user__name", "pk")


def _in_force(grants: Any) -> Any:
    today = clock.today()
    begun = grants.filter(valid_from__lte=today).select_related("user", "unit")
    return begun.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=today))


def table_of(grants: Iterable[Grant]) -> dict[str, Any]:
    """Grants as rows, the actions that at least one of them gives as columns."""
    rows = list(grants)
    shown = [action for action in ACTION_TITLES if any(action in RIGHTS[one.role] for one in rows)]
    return {
        "head": [ACTION_TITLES[action] for action in shown],
        "rows": [(one, [action in RIGHTS[one.role] for action in shown]) for one in rows],
    }

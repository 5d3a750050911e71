"""Every address, walked by seven people: nobody, no role, the wrong role, the right role elsewhere, the right role
here, a role that is over, and somebody without a role who acts for one who has it.

The addresses come from the resolver: a new one is walked the day it is there, and fails while it names no right. What a
view shows is narrowed by one mechanism (`ScopedView`, `access/scope.py`); this is the test that no view forgot it.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.core.management import call_command
from django.db import models
from django.test import Client
from django.urls import get_resolver, reverse
from django.urls.resolvers import URLPattern, URLResolver

from tests.architecture.world import DAY, MARK, World, roles_with
from yunpu.access.models import Grant, Token, User
from yunpu.access.rights import OWN as OWN_ROLES
from yunpu.access.rights import RIGHTS, SEPARATED
from yunpu.domains.outreach.models import Activity, Attendance
from yunpu.domains.outreach.processes import PLAN
from yunpu.reference.models import Enterprise, Merge, Unit
from yunpu.stages.bulletins.models import Bulletin, FixedWord, Issue
from yunpu.stages.indicators.models import Figure
from yunpu.stages.intake.models import Load
from yunpu.stages.records.models import Run
from yunpu.stages.snapshots.models import Snapshot
from yunpu.trail.models import Event, Seal
from yunpu.ui.base import ScopedView
from yunpu.ui.registers import Register, list_registers

# Open to everybody, each with its reason.
ANONYMOUS = {
    "access:sign-in": "the door itself",
    "access:prove-factor": "the second step of the door; without the first it leads back",
    "messages": "the scripts' own words; no record is among them",
    "health": "whether the platform is alive, in one word",
    "metrics": "figures of the platform itself, for a token or this machine; off by default",
    "bulletins:confirm": "readers of a printed issue ask whether it is one; told is only what the paper says",
    "records:feed": "for calendar programs, which cannot sign in: the secret in the address is the key",
}
# For whoever is signed in, whatever the role: it concerns that person alone.
OWN = {
    "access:sign-out": "leaving needs no right",
    "access:change-password": "one's own password, also before any role",
    "access:profile": "one's own settings and roles",
    "access:language": "one's own language",
    "access:delegations": "who acts for oneself, and for whom one acts",
    "access:start-acting": "for whom one acts; a delegation of others is not found",
    "access:stop-acting": "to be oneself again needs no right",
    "access:end-delegation": "one's own delegation; another's is not found",
    "access:security": "one's own second factors and sign-ins",
    "access:add-app": "one's own second factor",
    "access:add-key": "one's own second factor",
    "access:renew-codes": "one's own recovery codes",
    "access:remove-factor": "one's own second factor; another's is not found",
    "access:end-place": "one's own session; another's is not found",
}

Arguments = Callable[[World], dict[str, Any]]


def _pk(model: type[models.Model]) -> Arguments:
    return lambda world: {"pk": world.record(model).pk}


# What the addresses beside the registers' are given: the model whose record is opened, and their arguments.
OPENED: dict[str, tuple[type[models.Model] | None, Arguments]] = {
    "access:reset-password": (User, _pk(User)),
    "access:give-role": (User, _pk(User)),
    "access:reset-factors": (User, _pk(User)),
    "access:issue-token": (User, _pk(User)),
    "access:end-token": (Token, _pk(Token)),
    "access:person-rights": (User, _pk(User)),
    "access:delegate-for": (User, _pk(User)),
    "access:start-acting": (None, lambda w: {"pk": 0}),
    "access:end-delegation": (None, lambda w: {"pk": 0}),
    "access:remove-factor": (None, lambda w: {"pk": 1}),
    "access:end-place": (None, lambda w: {"pk": 1}),
    "access:close-or-open": (User, _pk(User)),
    "access:end-role": (Grant, _pk(Grant)),
    "bulletins:bulletin": (Bulletin, _pk(Bulletin)),
    "bulletins:text": (Bulletin, _pk(Bulletin)),
    "bulletins:look": (Bulletin, _pk(Bulletin)),
    "bulletins:snapshot": (Bulletin, _pk(Bulletin)),
    "bulletins:repair": (Bulletin, _pk(Bulletin)),
    "bulletins:remove-word": (FixedWord, _pk(FixedWord)),
    "bulletins:step": (Bulletin, lambda w: {"pk": w.record(Bulletin).pk, "step": "submit"}),
    "bulletins:page": (Bulletin, lambda w: {"pk": w.record(Bulletin).pk, "number": 1}),
    "bulletins:issue": (Issue, _pk(Issue)),
    "bulletins:file": (Issue, lambda w: {"pk": w.record(Issue).pk, "kind": "txt"}),
    "bulletins:correct": (Issue, _pk(Issue)),
    "indicators:indicator": (None, lambda w: {"code": w.record(Figure).definition.code}),
    "indicators:job": (User, lambda w: {"pk": w.job.pk, "period": "2020"}),
    "indicators:period": (None, lambda w: {"period": "2020"}),
    "indicators:export": (Snapshot, lambda w: {"period": "2020", "snapshot": w.record(Snapshot).pk}),
    "indicators:figure": (Figure, _pk(Figure)),
    "indicators:chain": (Figure, _pk(Figure)),
    "indicators:chain-later": (Figure, _pk(Figure)),
    "indicators:chain-file": (Figure, _pk(Figure)),
    "indicators:recompute": (Figure, _pk(Figure)),
    "intake:template": (None, lambda w: {"code": "outreach.activities"}),
    "intake:cell": (Load, lambda w: {"batch": w.record(Load).batch_id, "row": 2}),
    "outreach:calendar-month": (None, lambda w: {"year": 2020, "month": 6}),
    "outreach:sign-in-sheet": (Activity, _pk(Activity)),
    "outreach:import-attendance": (Activity, _pk(Activity)),
    "outreach:attendance-form": (Activity, _pk(Activity)),
    "records:run": (Run, _pk(Run)),
    "records:act": (Run, lambda w: {"pk": w.record(Run).pk, "act": "pass"}),
    "records:opinion": (Run, lambda w: {"pk": w.opinion.pk}),
    "records:attach": (Activity, lambda w: {"label": PLAN.model, "pk": w.record(Activity).pk}),
    "records:attachment": (Activity, lambda w: {"pk": w.attachment.pk}),
    "records:preview": (Activity, lambda w: {"pk": w.attachment.pk}),
    "records:page": (Activity, lambda w: {"pk": w.attachment.pk, "number": 1}),
    "records:take-out": (Activity, lambda w: {"pk": w.attachment.pk}),
    "records:begin": (Activity, lambda w: {"code": PLAN.code, "pk": w.record(Activity).pk}),
    "records:process": (None, lambda w: {"code": PLAN.code}),
    "records:calendar-month": (None, lambda w: {"year": 2020, "month": 12}),
    "records:feed": (None, lambda w: {"secret": "none"}),
    "reference:unit-move": (Unit, _pk(Unit)),
    "reference:unit-close": (Unit, _pk(Unit)),
    "reference:enterprise-merge": (Enterprise, _pk(Enterprise)),
    "reference:enterprise-compare": (
        Enterprise,
        lambda w: {"pk": w.record(Enterprise).pk, "other": w.record(Merge).duplicate_id},
    ),
    "reference:merge-undo": (Merge, _pk(Merge)),
    "snapshots:job": (User, lambda w: {"pk": w.job.pk}),
    "snapshots:detail": (Snapshot, _pk(Snapshot)),
    "snapshots:verify": (Snapshot, _pk(Snapshot)),
}
OPENED["trail:object"] = (
    Activity,
    lambda w: {"label": "outreach.activity", "pk": w.record(Activity).pk},
)
OPENED["trail:event-object"] = (Event, _pk(Event))
OPENED["trail:reveal"] = (
    Attendance,
    lambda w: {"label": "outreach.attendance", "pk": w.record(Attendance).pk, "name": "phone"},
)
OPENED["trail:seal"] = OPENED["trail:seal-file"] = (Seal, _pk(Seal))
OPENED["trail:person"] = (User, _pk(User))
OPENED |= {
    f"intake:{name}": (Load, _pk(Load))
    for name in (
        *["load", "reading", "check", "keep", "withdraw", "progress", "cancel"],
        *["records", "original", "annotated"],
    )
}
OPENED["intake:cell-part"] = (Load, _pk(Load))
QUERIES = {"intake:cell-part": "?sheet=Sheet1&row=2&column=2"}


@dataclass(frozen=True)
class Address:
    """One address of the resolver: its name, its view, the register whose screen it is."""

    name: str
    view: Any
    has_arguments: bool

    @property
    def register(self) -> type[Register] | None:
        return getattr(self.view, "register", None)

    @property
    def right(self) -> str:
        return str(getattr(self.view, "right", ""))

    @property
    def roles(self) -> list[str]:
        """The roles that may open it."""
        return roles_with(self.right, getattr(self.view, "right_model", None))

    @property
    def methods(self) -> list[str]:
        return [method for method in ("get", "post") if hasattr(self.view, method)]

    @property
    def model(self) -> type[models.Model] | None:
        """The model whose record the address opens."""
        if self.name in OPENED:
            return OPENED[self.name][0]
        if self.name.endswith("-choices"):
            return None
        return self.register.model if self.register and self.has_arguments else None

    @property
    def is_scoped(self) -> bool:
        """Whether the record it opens belongs to a unit; a unit itself, where it is written."""
        if self.model is Unit:
            return self.right in ("change", "remove")
        return self.model is not None and getattr(self.model, "scope_field", "") is not None

    def url(self, world: World) -> str:
        if self.name in OPENED:
            arguments = OPENED[self.name][1](world)
        elif self.name.endswith("-export"):
            arguments = {"kind": "csv"}
        elif self.name.endswith("-choices"):
            arguments = {"field": self.view.register.pointing_fields()[0]}
        elif self.name.endswith("-bulk-undo"):
            arguments = {"batch": world.bulk_change(self.view.register.model).pk}
        elif self.name.endswith("-undo") and self.register:
            arguments = {"event": world.removal(self.view.register.model).pk}
        elif self.has_arguments:
            assert self.register, f"{self.name}: say in OPENED with which arguments it is walked"
            arguments = {"pk": world.record(self.register.model).pk}
        else:
            arguments = {}
        return reverse(self.name, kwargs=arguments) + QUERIES.get(self.name, "")


def walk(patterns: list[Any], space: str = "") -> Iterator[Address]:
    for one in patterns:
        if isinstance(one, URLResolver):
            yield from walk(one.url_patterns, f"{space}{one.namespace}:" if one.namespace else space)
        elif isinstance(one, URLPattern):
            arguments = one.pattern.regex.groupindex and not (one.name or "").endswith("-export")
            yield Address(f"{space}{one.name}", getattr(one.callback, "view_class", None), bool(arguments))


UNIT_ROLES = {str(role) for role in RIGHTS if role not in OWN_ROLES}
ALL = list(walk(get_resolver().url_patterns))
GUARDED = [one for one in ALL if one.name not in ANONYMOUS and one.name not in OWN]
REGISTERS = list_registers()
SCOPED_REGISTERS = [one for one in REGISTERS if getattr(one.model, "scope_field", "") is not None]


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker, tmp_path_factory):
    """Built once for all, and committed, since a freeze reads what is committed; a test takes back what it changes."""
    folder = tmp_path_factory.mktemp("world")
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.conf.settings.SNAPSHOTS_FOLDER", folder / "snapshots")
        patch.setattr("django.conf.settings.ATTACHMENTS_FOLDER", folder / "attachments")
        patch.setattr("django.conf.settings.CLOCK_DATE", DAY)
        yield World(folder)
        call_command("flush", interactive=False, verbosity=0)


@pytest.fixture(autouse=True)
def snapshots_of_one_test(settings, request):
    """The world's snapshots, where a test uses the world."""
    if "world" in request.fixturenames:
        settings.SNAPSHOTS_FOLDER = request.getfixturevalue("world").folder / "snapshots"
        settings.ATTACHMENTS_FOLDER = request.getfixturevalue("world").folder / "attachments"


pytestmark = pytest.mark.django_db


def by_name(addresses: list[Address]) -> Any:
    return pytest.mark.parametrize("address", addresses, ids=lambda address: address.name)


def ask(client: Client, address: Address, world: World, method: str) -> Any:
    return getattr(client, method)(address.url(world))


def text_of(response: Any) -> str:
    """All that a response says, also inside a workbook."""
    content = response.getvalue()
    if content[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            content = b"".join(parts.read(name) for name in parts.namelist())
    return content.decode("utf-8", errors="replace")


def test_nothing_is_excused_that_is_not_there():
    names = {one.name for one in ALL}
    assert sorted((ANONYMOUS.keys() | OWN.keys() | OPENED.keys()) - names) == []
    assert len(names) == len(ALL), "two addresses share a name"


@by_name(GUARDED)
def test_every_address_names_its_right(address):
    assert address.view and issubclass(address.view, ScopedView), f"{address.name} is no ScopedView"
    assert address.roles, f"{address.name}: nobody has the right “{address.right}”"


@by_name([one for one in ALL if one.name not in ANONYMOUS])
def test_nobody_is_sent_to_the_door(address, world):
    for method in address.methods:
        response = ask(Client(), address, world, method)
        assert response.status_code == 302, f"{method} {response.status_code}"
        assert response["Location"].startswith(reverse("access:sign-in"))


@by_name(GUARDED)
def test_without_a_role_it_is_refused(address, world):
    for method in address.methods:
        assert ask(world.client("", world.here), address, world, method).status_code == 403


@by_name([one for one in GUARDED if set(one.roles) < UNIT_ROLES])
def test_with_the_wrong_role_it_is_refused(address, world):
    every = UNIT_ROLES
    role = sorted(every - set(address.roles))[0]
    for method in address.methods:
        response = ask(world.client(role, world.here), address, world, method)
        assert response.status_code == 403, f"{role} {method} {response.status_code}"


@by_name(GUARDED)
def test_with_the_right_role_elsewhere_it_shows_nothing_of_here(address, world):
    roles = address.roles
    for role in {roles[0], roles[-1]}:
        client = world.client(role, world.elsewhere)
        for method in address.methods:
            response = ask(client, address, world, method)
            if address.is_scoped:
                assert response.status_code == 404, f"{role} {method} {response.status_code}"
            else:
                assert response.status_code in (200, 204, 302, 409, 422), (
                    f"{role} {method} {response.status_code}"
                )
            assert MARK not in text_of(response), f"{role} {method}: another unit's record is shown"


@by_name(GUARDED)
def test_with_the_right_role_here_it_opens(address, world):
    role = address.roles[0]
    for method in address.methods:
        response = ask(world.client(role, world.here), address, world, method)
        assert response.status_code in (200, 204, 302, 409, 422), f"{role} {method} {response.status_code}"


@by_name(GUARDED)
def test_with_a_role_that_is_over_it_is_refused(address, world):
    for method in address.methods:
        response = ask(world.client(f"expired {address.roles[0]}", world.here), address, world, method)
        assert response.status_code == 403, f"{method} {response.status_code}"


@by_name(GUARDED)
def test_acting_for_the_right_role_opens_it_and_for_an_administrator_does_not(address, world):
    """What is delegated opens as it does for the absent person; the separated administrators' roles never are."""
    role = address.roles[0]
    client = world.client(f"for {role}", world.here)
    for method in address.methods:
        status = ask(client, address, world, method).status_code
        if role in SEPARATED:
            assert status == 403, f"{role} {method} {status}"
        elif address.name.endswith(":job"):
            assert status == 404, "long work is shown to the person who asked for it"
        else:
            assert status in (200, 204, 302, 409, 422), f"{role} {method} {status}"


@by_name([one for one in ALL if "post" in one.methods])
def test_a_form_from_elsewhere_is_refused(address, world):
    client = world.client("staff", world.here, enforce_csrf_checks=True)
    assert ask(client, address, world, "post").status_code == 403


@pytest.mark.parametrize("register", SCOPED_REGISTERS, ids=lambda register: register.code())
def test_the_records_of_here_are_seen_here_and_only_here(register, world):
    """The proof that the walk above would see a leak: the same pages show the record to whoever may see it."""
    role = roles_with(register.view_right, register.model)[0]
    here, elsewhere = world.client(role, world.here), world.client(role, world.elsewhere)
    url = reverse(register.url_name("list"))
    assert MARK in text_of(here.get(url))
    assert MARK not in text_of(elsewhere.get(url))
    totals = reverse(register.url_name("totals"))
    assert here.get(totals).context["totals"]["all"] >= 1
    seen = elsewhere.get(totals).context["totals"]["all"]
    own = register.model._default_manager.filter(
        **{f"{register.model.scope_field}__in": [world.elsewhere.pk]}
    )
    assert seen == own.distinct().count()


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize("register", SCOPED_REGISTERS, ids=lambda register: register.code())
def test_files_hold_what_is_seen_also_when_numbers_are_asked_for(register, kind, world):
    address = next(one for one in ALL if one.name == register.url_name("export"))
    role = address.roles[0]
    pk = world.record(register.model).pk
    url = f"{reverse(register.url_name('export'), args=[kind])}?ids={pk}"
    assert MARK in text_of(world.client(role, world.here).get(url))
    assert MARK not in text_of(world.client(role, world.elsewhere).get(url))


@pytest.mark.parametrize("register", SCOPED_REGISTERS, ids=lambda register: register.code())
def test_a_search_finds_nothing_of_other_units(register, world):
    role = roles_with(register.view_right, register.model)[0]
    url = f"{reverse(register.url_name('list'))}?q={MARK}"
    text = text_of(world.client(role, world.elsewhere).get(url))
    assert world.record(register.model)._meta.pk.name and f"{MARK}1" not in text
    response = world.client(role, world.elsewhere).get(url)
    assert world.record(register.model).pk not in [row[0].pk for row in response.context["rows"]]


def fields_to(register: type[Register], *targets: type[models.Model]) -> list[str]:
    stored = [register.model._meta.get_field(name) for name in register.fields]
    return [one.name for one in stored if isinstance(one, models.ForeignKey) and one.related_model in targets]


WRITTEN = [one for one in SCOPED_REGISTERS if one.fields]


@pytest.mark.parametrize("register", WRITTEN, ids=lambda register: register.code())
def test_a_record_is_not_written_for_another_unit(register, world):
    """Neither entered there nor moved there: the unit, or the record it hangs on, must be one's own."""
    path = str(register.model.scope_field).split("__")[0]
    foreign = (
        world.here if path == "unit" else world.record(register.model._meta.get_field(path).related_model)
    )
    address = next(one for one in ALL if one.name == register.url_name("create"))
    client = world.client(address.roles[0], world.elsewhere)
    page = client.get(reverse(register.url_name("create")))
    assert foreign.pk not in {one.pk for one in page.context["form"].fields[path].queryset}
    before = register.model._default_manager.count()
    response = client.post(reverse(register.url_name("create")), {path: foreign.pk})
    assert response.status_code == 422
    assert path in response.context["form"].errors
    assert register.model._default_manager.count() == before


@pytest.mark.parametrize("register", WRITTEN, ids=lambda register: register.code())
def test_other_records_are_offered_only_where_they_are_seen(register, world):
    scoped = [one.model for one in SCOPED_REGISTERS]
    address = next(one for one in ALL if one.name == register.url_name("create"))
    client = world.client(address.roles[0], world.elsewhere)
    form = client.get(reverse(register.url_name("create"))).context["form"]
    for name in fields_to(register, *scoped):
        assert MARK not in str(form[name]), f"{register.code()}.{name} offers another unit's records"


def test_units_and_enterprises_are_read_by_everybody(world):
    for model in (Unit, Enterprise):
        assert getattr(model, "scope_field", "") is None

"""A very small district for the walk over every address: one bureau with a record of everything, and its neighbour.

Records of a register are made from what its model says, so that a new domain is walked without a line here. What only
operations can make (a load, a snapshot, an issue) is made by them.
"""

from __future__ import annotations

import datetime as dt
import io
from itertools import count
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.db import models
from django.test import Client

from yunpu.access.delegation import ACTING
from yunpu.access.models import Delegation, Grant, User
from yunpu.access.rights import OWN, RIGHTS, Action
from yunpu.access.scope import permits
from yunpu.domains.outreach.models import Activity
from yunpu.domains.outreach.processes import PLAN
from yunpu.kernel.periods import Period
from yunpu.reference.merging import merge_enterprises
from yunpu.reference.models import CalendarDay, Enterprise, Merge, Unit
from yunpu.stages.bulletins import operations as bulletins
from yunpu.stages.bulletins.models import Bulletin
from yunpu.stages.indicators.models import Figure
from yunpu.stages.indicators.operations import compute
from yunpu.stages.intake import operations as intake
from yunpu.stages.intake.models import Load, Original
from yunpu.stages.records import operations as records
from yunpu.stages.records.attaching import attach
from yunpu.stages.records.models import Run
from yunpu.stages.records.previewing import write_png
from yunpu.stages.snapshots.operations import freeze
from yunpu.trail.jobs import start_job
from yunpu.trail.keyring import key_provider
from yunpu.trail.models import Batch, Change, Event, Seal
from yunpu.trail.operations import System, operation, snapshot_of
from yunpu.trail.sealing import seal_trail
from yunpu.ui.registers import list_registers

AT = dt.datetime(2020, 12, 20, 9, tzinfo=dt.UTC)
DAY = dt.date(2020, 12, 20)
BY = System("测试")
MARK = "独有字样"  # stands in the records of one unit only
TEXT = f"名称: {MARK}简报\n编发: 办公室\n\n# 要闻\n\n## 动态\n\n正文没有手写的数。\n"

PICTURE = write_png(1, 1, 3, 3, b"\0\0\0")

_numbers = count(1)


class World:
    """The units, the records by model, and people by role and unit."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.records: dict[type[models.Model], models.Model] = {}
        self.district = make_unit("区")
        self.here = make_unit("甲局", self.district)
        self.elsewhere = make_unit("乙局", self.district)
        self.people: dict[tuple[str, int], User] = {}
        for unit in (self.here, self.elsewhere):
            for role in ("", *RIGHTS):
                self.people[role, unit.pk] = make_user(unit, role, MARK if unit is self.here else "别处")
        self.sessions = {place: sign_in(person) for place, person in self.people.items()}
        self.delegated: dict[str, Delegation] = {}
        for role in RIGHTS:  # whose role is over, and who has none but acts for somebody who has
            over = make_user(self.here, "", MARK)
            Grant.objects.create(
                user=over, role=role, unit=self.here, valid_from=dt.date(2000, 1, 1), valid_to=DAY
            )
            self.sessions[f"expired {role}", self.here.pk] = sign_in(over)
            self.delegated[role] = delegate(self.people[role, self.here.pk], make_user(self.here, "", MARK))
            self.sessions[f"for {role}", self.here.pk] = sign_in_for(self.delegated[role])
        self._make_records()

    def record(self, model: type[models.Model]) -> Any:
        """The record of a model that belongs to `here`."""
        return self.records[model]

    def bulk_change(self, model: type[models.Model]) -> Batch:
        """A bulk change of the record of a model, as it stands in the trail."""
        label = model._meta.label_lower
        batch = Batch.objects.create(
            verb=f"{label}-bulk-changed",
            target=label,
            state=Batch.State.KEPT,
            hidden=False,
            started_at=AT,
            kept_at=AT,
        )
        Change.objects.create(
            batch_id=batch.pk, object_type=label, object_id=self.records[model].pk, before={}, after={}
        )
        return batch

    def removal(self, model: type[models.Model]) -> Event:
        """A removal of the record of a model, as it stands in the trail."""
        record, label = self.records[model], model._meta.label_lower
        return Event.objects.create(
            at=AT,
            verb=f"{label}-removed",
            by_name="甲",
            object_type=label,
            object_id=record.pk,
            object_name=str(record),
            before=snapshot_of(record),
        )

    def client(self, role: str, unit: Unit, **options: Any) -> Client:
        """A browser of whoever has a role at a unit, signed in once for all tests."""
        client = Client(**options)
        client.cookies[settings.SESSION_COOKIE_NAME] = self.sessions[role, unit.pk]
        return client

    def _make_records(self) -> None:
        made = self.records
        made[Unit], made[User] = self.here, self.people["staff", self.here.pk]
        made[Grant] = Grant.objects.get(user=made[User])
        made[Delegation] = self.delegated["staff"]
        made[Load] = self._load()
        made[Original] = made[Load].original
        made[Activity] = Activity.objects.get(batch_id=made[Load].batch_id)
        snapshot = freeze(DAY, by=BY, at=AT)
        made[type(snapshot)] = snapshot
        figures = compute(snapshot, Period.year(2020), by=BY, at=AT)
        made[Figure] = figures[0]
        self.job = start_job("计算", by_id=made[User].pk, at=AT, of=snapshot)
        made[Bulletin] = self._bulletin(snapshot)
        issue = bulletins.issue_bulletin(self._checked(self._bulletin(snapshot)), by=BY, at=AT)
        made[type(issue)] = issue
        with operation("test.act", by=made[User], at=AT) as note:
            note.act(name=MARK)
        made[Event] = Event.objects.filter(by_id=made[User].pk).latest("id")
        seal_trail(at=AT, keys=key_provider())
        made[Seal] = Seal.objects.get(number=1)
        made[Merge] = self._merge()
        made[Run] = self._run()
        for register in list_registers():
            if register.model not in made:
                self._make(register.model)

    def _load(self) -> Load:
        text = f"活动编号,活动名称,类型,举办日期\nXJ2020-01,{MARK}宣讲,roadshow,2020-06-11\n"
        load = intake.receive_file(
            io.BytesIO(text.encode()),
            name=f"{MARK}.csv",
            unit=self.here,
            by=self.people["staff", self.here.pk],
            at=AT,
            format_code="outreach.activities",
        )
        intake.check_load(load, by=BY, at=AT)
        assert not load.error_count, load.findings
        return intake.keep_load(load, by=BY, at=AT, acknowledgement="测试")

    def _run(self) -> Run:
        for year in (DAY.year, DAY.year + 1):
            CalendarDay.objects.create(day=dt.date(year, 1, 1), kind="holiday", name="元旦")
        clerk = self.people["staff", self.here.pk]
        run = records.begin_run(PLAN, self.record(Activity), by=clerk, at=AT)
        activity = self.record(Activity)
        self.attachment = attach(activity, io.BytesIO(PICTURE), name=f"{MARK}.png", by=clerk, at=AT)
        asked = [self.people["reviewer", self.here.pk]]
        (self.opinion,) = records.ask_opinions(run, asked, question=MARK, by=clerk, at=AT)
        return run

    def _merge(self) -> Merge:
        kept, duplicate = self._make(Enterprise), Enterprise.objects.create(credit_code="2", name="重复")
        return merge_enterprises(kept=kept, duplicate=duplicate, reason="同一家", by=BY, at=AT)

    def _bulletin(self, snapshot: Any) -> Bulletin:
        period = Period.year(2020)
        return bulletins.create_bulletin(
            name=f"{MARK}简报", unit=self.here, period=period, snapshot=snapshot, text=TEXT, by=BY, at=AT
        )

    def _checked(self, bulletin: Bulletin) -> Bulletin:
        submitted = bulletins.submit_bulletin(bulletin, by=BY, at=AT)
        return bulletins.check_bulletin(submitted, by=self.people["reviewer", self.here.pk], at=AT)

    def _make(self, model: type[models.Model]) -> Any:
        """A record of a model for `here`, with MARK in its texts, from what the model says of its fields."""
        if model not in self.records:
            values = {
                stored.name: self._value(stored)
                for stored in model._meta.concrete_fields
                if not stored.primary_key and not stored.has_default() and not stored.null
            }
            self.records[model] = model._default_manager.create(**values)
        return self.records[model]

    def _value(self, stored: models.Field[Any, Any]) -> Any:
        if isinstance(stored, models.ForeignKey):
            return self._make(stored.related_model)
        if stored.choices:
            return stored.flatchoices[0][0]
        if isinstance(stored, models.DateTimeField):
            return AT
        if isinstance(stored, models.DateField):
            return DAY
        if isinstance(stored, models.IntegerField | models.DecimalField):
            return DAY.year if stored.name.endswith("year") else 1
        if isinstance(stored, models.JSONField):
            return {}
        assert isinstance(stored, models.CharField | models.TextField), (
            f"{stored}: say here what stands in it"
        )
        shared = getattr(stored.model, "scope_field", "") is None  # seen by all: no mark of one unit
        return f"{'' if shared else MARK}{next(_numbers)}"[: stored.max_length]


def make_unit(name: str, parent: Unit | None = None) -> Unit:
    level = Unit.Level.BUREAU if parent else Unit.Level.DISTRICT
    unit = Unit.objects.create(code=f"U{next(_numbers)}", name=name, level=level, parent=parent, path="/")
    unit.path = f"{parent.path if parent else '/'}{unit.pk}/"
    unit.save(update_fields=["path"])
    return unit


def make_user(unit: Unit, role: str, name: str) -> User:
    number = next(_numbers)
    user = User.objects.create(
        username=f"user{number}", name=f"{name}{number}", unit=unit, must_change_password=False
    )
    if role:
        Grant.objects.create(user=user, role=role, unit=unit, valid_from=dt.date(2000, 1, 1))
    return user


def sign_in(user: User) -> str:
    """The key of a session of a person."""
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def delegate(absent: User, substitute: User) -> Delegation:
    """A delegation in force on the day of the walk."""
    end = DAY + dt.timedelta(1)
    return Delegation.objects.create(absent=absent, substitute=substitute, valid_from=DAY, valid_to=end)


def sign_in_for(delegation: Delegation) -> str:
    """The key of a session in which the substitute acts for the absent person."""
    key = sign_in(delegation.substitute)
    session = SessionStore(key)
    session[ACTING] = delegation.pk
    session.save()
    return key


def roles_with(right: str, model: type[models.Model] | None = None) -> list[str]:
    """The roles that have a right (to records of a model) at a unit."""
    return [role for role in RIGHTS if role not in OWN and permits(role, Action(right), model)]

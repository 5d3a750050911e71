"""The cases that every declared process inherits: a domain's test names the process and makes a record, nothing more.

    class TestPlan(ProcessCases):
        process = PLAN

        def make_record(self, unit):
            return make_activity(unit, place="礼堂", lecturer="某机构")

Each step is tried by nobody, by the wrong role, by the right role elsewhere, by an expired role, by whom the four eyes
bar, and by the right role here; then the whole way is walked, sent back, and shown.
"""

from __future__ import annotations

import datetime as dt
import io
from itertools import count
from typing import Any, ClassVar

import pytest
from django.test import Client
from django.urls import reverse

from yunpu.access.models import Grant, Role, User
from yunpu.reference.codes import DayKind
from yunpu.reference.models import CalendarDay, Unit
from yunpu.stages.records import operations
from yunpu.stages.records.attaching import attach
from yunpu.stages.records.declaring import Process, Step, Who, read_process
from yunpu.stages.records.models import Opinion, Run
from yunpu.stages.records.operations import open_turn
from yunpu.stages.records.refusals import UnableToTakeStep
from yunpu.stages.records.registry import faults
from yunpu.stages.records.taking import place_of

AT = dt.datetime(2020, 12, 21, 1, tzinfo=dt.UTC)  # a Monday
FIRST_DAY = dt.date(2000, 1, 1)
_numbers = count(1)


def make_calendar() -> None:
    """A calendar that knows the years around AT: one holiday each is enough for a year to be known."""
    for year in (2020, 2021, 2022):
        CalendarDay.objects.create(day=dt.date(year, 1, 1), kind=DayKind.HOLIDAY, name="元旦")


def make_unit(name: str, parent: Unit | None = None) -> Unit:
    level = Unit.Level.BUREAU if parent else Unit.Level.DISTRICT
    unit = Unit.objects.create(code=f"P{next(_numbers)}", name=name, level=level, parent=parent, path="/")
    unit.path = f"{parent.path if parent else '/'}{unit.pk}/"
    unit.save(update_fields=["path"])
    return unit


def make_person(unit: Unit, *roles: tuple[str, Unit], until: dt.date | None = None) -> User:
    number = next(_numbers)
    user = User.objects.create(
        username=f"p{number}", name=f"某人{number}", unit=unit, must_change_password=False
    )
    for role, place in roles:
        Grant.objects.create(user=user, role=role, unit=place, valid_from=FIRST_DAY, valid_to=until)
    return user


def browse(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.mark.django_db
class ProcessCases:
    """The inherited cases. A subclass sets `process` and `make_record(unit)`."""

    process: ClassVar[Process]

    def make_record(self, unit: Unit) -> Any:
        raise NotImplementedError

    def fill(self, run: Run) -> None:
        """Whatever else a step of the process needs before it can be taken; called before each step."""

    @pytest.fixture(autouse=True)
    def district(self, settings: Any, tmp_path: Any) -> None:
        make_calendar()
        settings.CLOCK_DATE = AT.date()
        settings.ATTACHMENTS_FOLDER = tmp_path / "attachments"
        self.above = make_unit("区")
        self.here, self.elsewhere = make_unit("甲局", self.above), make_unit("乙局", self.above)
        self.record = self.make_record(self.here)

    def person(self, who: Who, unit: Unit | None = None, until: dt.date | None = None) -> User:
        """Somebody new who holds a role where a declaration asks for it."""
        place = place_of(who, unit or self.here)
        return make_person(place, (who.role, place), until=until)

    def at_step(self, code: str) -> Run:
        """A run at a step, each step before it taken by somebody new."""
        run = operations.begin_run(self.process, self.record, by=self.person(self.process.first.who), at=AT)
        while run.step != code:
            run = self.take(run)
        return run

    def take(self, run: Run) -> Run:
        """Take the present step by whoever is on, or by somebody new, with all it needs."""
        turn = open_turn(run)
        assert turn is not None
        for opinion in turn.opinions.filter(given_at=None):
            who = opinion.person or make_person(opinion.place, (opinion.role, opinion.place))
            operations.give_opinion(opinion, stance=Opinion.Stance.AGREES, words="", by=who, at=AT)
        self.attach_papers(run)
        self.fill(run)
        by = turn.taker or self.person(run.process.step(run.step).who)
        return operations.pass_on(run, by=by, at=AT)

    def attach_papers(self, run: Run) -> None:
        """Attach a file for each paper that the present step asks for."""
        by = make_person(self.here, (Role.STAFF, self.here))
        for paper in run.process.step(run.step).papers:
            file = io.BytesIO(f"{paper.title}\n".encode())
            attach(run.record(), file, name="材料.txt", paper=paper.code, by=by, at=AT)

    def steps(self) -> list[Step]:
        return [step for step in self.process.steps if operations.applies(step, self.record)]

    def refused(self, run: Run, by: User) -> None:
        with pytest.raises(UnableToTakeStep):
            operations.pass_on(run, by=by, at=AT)
        run.refresh_from_db()

    def test_the_declaration_fits_its_model_and_comes_back_as_it_was_stored(self) -> None:
        assert faults(self.process) == []
        assert read_process(self.process.as_stored()) == self.process

    def test_each_step_is_refused_to_whom_it_is_not_for(self) -> None:
        for step in self.steps():
            run = self.at_step(step.code)
            if step.code == self.process.first.code:
                operations.hand_over(run, self.person(step.who), by=open_turn(run).taker, at=AT)
            wrong = next(role for role in Role.values if role != step.who.role)
            self.refused(run, make_person(self.here))  # nobody: no role at all
            self.refused(run, make_person(self.here, (wrong, self.above)))
            self.refused(run, make_person(self.elsewhere, (step.who.role, self.elsewhere)))
            self.refused(run, self.person(step.who, until=AT.date()))  # a role that ended
            assert run.step == step.code
            self.take(run)
            self._start_anew()

    def test_the_four_eyes_hold_at_each_step(self) -> None:
        for step in self.steps():
            for barred in step.not_by:
                run = self.at_step(step.code)
                before = run.moves.get(kind="passed", from_step=barred).by
                place = place_of(step.who, self.here)
                Grant.objects.create(user=before, role=step.who.role, unit=place, valid_from=FIRST_DAY)
                self.refused(run, before)
                self._start_anew()

    def test_what_must_be_filled_is_asked_for(self) -> None:
        for step in self.steps():
            for name in step.fields:
                stored = self.record._meta.get_field(name)
                if not stored.blank:
                    continue  # the register's own form asks for it
                run = self.at_step(step.code)
                kept = getattr(self.record, stored.attname)
                setattr(self.record, stored.attname, None if stored.null else "")
                self.record.save()
                self.refused(run, open_turn(run).taker or self.person(step.who))
                setattr(self.record, stored.attname, kept)
                self.record.save()
                self._start_anew()

    def test_papers_are_asked_for(self) -> None:
        for step in self.steps():
            if step.papers:
                run = self.at_step(step.code)
                self.refused(run, open_turn(run).taker or self.person(step.who))
                self._start_anew()

    def test_it_can_be_walked_to_its_end_with_a_deadline_at_each_step_that_has_one(self) -> None:
        run = self.at_step(self.process.first.code)
        while run.is_open:
            turn, step = open_turn(run), run.current
            assert (turn.due_on is not None) == bool(step.days)
            run = self.take(run)
        assert run.outcome == Run.Outcome.DONE
        assert [turn.step for turn in run.turns.order_by("id")] == [step.code for step in self.steps()]

    def test_it_is_sent_back_to_each_earlier_step_with_a_reason(self) -> None:
        for step in self.steps():
            for earlier in self.process.before(step.code):
                if not operations.applies(earlier, self.record):
                    continue
                run = self.at_step(step.code)
                by = self.person(step.who)
                with pytest.raises(UnableToTakeStep):
                    operations.send_back(run, earlier.code, by=by, at=AT, words="")
                run = operations.send_back(run, earlier.code, by=by, at=AT, words="请补充")
                assert run.step == earlier.code
                assert open_turn(run).taker == run.moves.filter(kind="passed").get(from_step=earlier.code).by
                self._start_anew()

    def test_its_pages_show_it_here_and_not_elsewhere(self) -> None:
        run = self.at_step(self.process.first.code)
        here, elsewhere = (
            browse(make_person(unit, (self.process.first.who.role, unit)))
            for unit in (self.here, self.elsewhere)
        )
        url = reverse("records:run", args=[run.pk])
        assert here.get(url).status_code == 200
        assert elsewhere.get(url).status_code == 404
        page = here.get(reverse("records:process", args=[self.process.code])).content.decode()
        assert page.count("rc-step") >= len(self.process.steps)

    def test_it_stands_in_the_inbox_of_whoever_is_on(self) -> None:
        run = self.at_step(self.process.first.code)
        while run.is_open:
            turn = open_turn(run)
            by = turn.taker or self.person(run.current.who)
            page = browse(by).get(reverse("tasks")).content.decode()
            assert reverse("records:run", args=[run.pk]) in page
            run = self.take(run)

    def _start_anew(self) -> None:
        """Another record, for a run of its own."""
        self.record = self.make_record(self.here)

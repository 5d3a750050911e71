"""The screens of the trail: every event, the history of an object – also of one that is gone –, what a person did."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth import get_user_model
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from yunpu.trail import clock
from yunpu.trail.history import history_of, name_of_gone
from yunpu.trail.keyring import key_provider
from yunpu.trail.models import Event, Seal
from yunpu.trail.operations import operation
from yunpu.trail.personal import PersonalField, personal_fields
from yunpu.trail.seal_files import fingerprint, in_fours, write_seals
from yunpu.trail.sealing import get_tail, record_of
from yunpu.trail.undoing import REMOVED, find_act
from yunpu.trail.words import find_kind, kind_title
from yunpu.ui.base import ScopedView
from yunpu.ui.forms import ReasonForm
from yunpu.ui.hooks import hooks
from yunpu.ui.registers import Action, Column, Register, find_register

LONGEST = 200
SEALS_SHOWN = 30
LATE_SECONDS = 60  # an event that waits longer for its seal is told: is a worker running?


class Events(Register):
    model = Event
    slug = "events"
    title = _("留痕")
    columns = (
        Column("at", link=True),
        Column("by_name"),
        Column("for_name", shown=False),
        Column("roles", title=_("角色")),
        Column("unit_name"),
        Column("what", title=_("事项")),
        Column("kind", title=_("对象类别")),
        Column("object_name"),
        Column("reason"),
        Column("changes", title=_("改了什么"), shown=False),
        Column("verb", title=_("操作代码"), shown=False),
        Column("address", shown=False),
        Column("request_id", shown=False),
    )
    filters = ("verb", "by_name", "at")
    sorts = ("at",)
    default_sort = "-at"
    actions = (Action(_("它的全部留痕"), "trail:event-object", right="read-trail", icon="history"),)
    page_actions = (Action(_("签封"), "trail:seals", right="read-trail", icon="shield"),)
    view_right = "read-trail"
    menu = False
    empty_hint = _("还没有留痕。每一次写入、导出、登录都会记在这里。")


class EventObject(ScopedView):
    """From an event to the history of what it was about: the way to what is gone."""

    right = "read-trail"
    right_model = Event

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        event = self.get_record(Event, pk, self.right)
        if event.object_id is None or find_kind(event.object_type) is None:
            messages.info(request, gettext("这件事不关哪一条记录"))
            return redirect("trail:events-record", pk=pk)
        return redirect("trail:object", label=event.object_type, pk=event.object_id)


class ObjectHistory(ScopedView):
    """Everything that happened to one object. Of one that is gone, whoever may read the trail reads it."""

    right = "view"
    template = "trail/history.html"

    def get(self, request: HttpRequest, label: str, pk: int) -> HttpResponse:
        model = find_kind(label) if label.count(".") == 1 else None
        if model is None:
            raise Http404
        register = find_register(model)
        record = self.scoped(model, register.view_right if register else "view").filter(pk=pk).first()
        name = str(record) if record is not None else self._name_of_gone(model, pk)
        context = {
            "name": name,
            "kind": kind_title(model._meta.label_lower),
            "gone": record is None,
            "record_url": reverse(register.url_name("record"), args=[pk]) if register and record else "",
            "entries": history_of(model, pk, getattr(record, "batch_id", 0), LONGEST),
            "restore_url": "" if record is not None else self._restore_url(model, pk),
            "longest": LONGEST,
        }
        return self.show(context)

    def _restore_url(self, model: type[Model], pk: int) -> str:
        """Where a removed record is put back, for who may write its register."""
        register = find_register(model)
        last = Event.objects.filter(object_type=model._meta.label_lower, object_id=pk).order_by("-id").first()
        if last is None or not last.verb.endswith(REMOVED) or find_act(model, last.pk) is None:
            return ""
        if register is None or not register.fields or not hooks.may(self.request, "change", model):
            return ""
        return reverse(register.url_name("undo"), args=[last.pk])

    def _name_of_gone(self, model: type[Model], pk: int) -> str:
        """What an object was called when it went. Raises Http404 where it is only out of sight."""
        if model._base_manager.filter(pk=pk).exists():
            raise Http404
        name = name_of_gone(model, pk, self.scoped(Event, "read-trail"))
        if not name:
            raise Http404
        return name


class PersonHistory(ScopedView):
    """What a person did, newest first, as far as whoever asks may read the trail."""

    right = "read-trail"
    template = "trail/person.html"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        users: Any = get_user_model()
        person = self.get_record(users, pk, "read-trail")
        events = self.scoped(Event, "read-trail").filter(by_id=person.pk).order_by("-id")
        return self.show({"shown": person, "events": events[:LONGEST], "longest": LONGEST})


class Reveal(ScopedView):
    """One personal value of one record in full: asked for with a reason, and an event each time."""

    right = "reveal"
    template = "trail/reveal.html"

    def get(self, request: HttpRequest, label: str, pk: int, name: str) -> HttpResponse:
        record, stored = self._find(label, pk, name)
        return self._show(record, stored, ReasonForm())

    def post(self, request: HttpRequest, label: str, pk: int, name: str) -> HttpResponse:
        record, stored = self._find(label, pk, name)
        form = ReasonForm(request.POST)
        if not form.is_valid():
            return self._show(record, stored, form, status=422)
        user: Any = request.user
        verb, reason = f"{record._meta.label_lower}-revealed", form.cleaned_data["reason"].strip()
        with operation(verb, by=user, at=clock.now(), reason=reason) as note:
            note.act(record, field=name)
        response = self._show(record, stored, None, value=getattr(record, name).reveal())
        response["Cache-Control"] = "no-store"
        return response

    def _find(self, label: str, pk: int, name: str) -> tuple[Any, PersonalField]:
        """The record and the field. Raises Http404 also for who may not: an address tells nothing."""
        model = find_kind(label) if label.count(".") == 1 else None
        fields = {one.name: one for one in personal_fields() if one.model is model}
        if model is None or name not in fields:
            raise Http404
        return self.get_record(model, pk, self.right), fields[name]

    def _show(
        self, record: Any, stored: PersonalField, form: Any, status: int = 200, value: str = ""
    ) -> HttpResponse:
        register = find_register(type(record))
        context = {
            "record": record,
            "record_url": reverse(register.url_name("record"), args=[record.pk]) if register else "",
            "field_title": gettext(str(stored.verbose_name)),
            "masked": str(getattr(record, stored.name)),
            "form": form,
            "value": value,
        }
        return self.show(context, status=status)


class Seals(ScopedView):
    """The seals, newest first, and what still waits for one."""

    right = "read-trail"
    right_model = Seal
    template = "trail/seals.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        seals = self.scoped(Seal, self.right).defer("leaves").order_by("-number")
        before = request.GET.get("before", "")
        if before.isdecimal() and len(before) < 19:
            seals = seals.filter(number__lt=int(before))
        shown = list(seals[: SEALS_SHOWN + 1])
        tail = get_tail(at=timezone.now())
        age = max(0, int((clock.now() - tail.oldest_at).total_seconds())) if tail.oldest_at else 0
        return self.show(
            {
                "seals": shown[:SEALS_SHOWN],
                "more": shown[SEALS_SHOWN - 1].number if len(shown) > SEALS_SHOWN else 0,
                "is_first": not before,
                "tail": tail,
                "age": age,
                "is_late": age > LATE_SECONDS,
                "signing_keys": [
                    (name, fingerprint(key)) for name, key in key_provider().public_keys().items()
                ],
            }
        )


class SealPage(ScopedView):
    """One seal, as it is printed for the auditor's files."""

    right = "read-trail"
    right_model = Seal
    template = "trail/seal.html"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        seal = self.get_record(Seal, pk, self.right)
        public = key_provider().public_keys().get(seal.key, "")
        record = record_of(seal, leaves=False)
        context = {
            "seal": seal,
            "digest": in_fours(seal.digest),
            "root": in_fours(seal.root),
            "previous": in_fours(seal.previous),
            "signature": in_fours(record.signature),
            "fingerprint": fingerprint(public) if public else "",
            "command": f"yunpu trail verify --printed {seal.number}:{seal.digest[:32]}",
        }
        return self.show(context)


class SealFile(ScopedView):
    """One seal as a file; taking it away is an event."""

    right = "read-trail"
    right_model = Seal

    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        seal = self.get_record(Seal, pk, self.right)
        user: Any = request.user
        with operation("trail.seal-exported", by=user, at=clock.now()) as note:
            note.act(seal, seals=1)
        lines = write_seals(seal.number, seal.number, key_provider().public_keys())
        response = StreamingHttpResponse(lines, content_type="application/x-ndjson")
        response["Content-Disposition"] = f'attachment; filename="seal-{seal.number}.jsonl"'
        return response

"""A small district for the tests of the intake: two bureaux, people, activities, and files as offices make them."""

from __future__ import annotations

import io
from typing import Any

import openpyxl
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from yunpu.access.models import Role, User
from yunpu.domains.outreach.models import Activity
from yunpu.domains.outreach.tests.factories import make_client, make_unit
from yunpu.reference.models import Unit
from yunpu.stages.intake.models import Load

HEAD = ("活动编号", "活动名称", "类型", "举办日期", "地点")
ROWS = (
    ("XJ2020-01", "政策宣讲第一场", "宣讲", "2020-06-11", "集聚区"),
    ("XJ2020-02", "政策宣讲第二场", "宣讲", "2020-07-12", "象湖片区"),
    ("PX2020-01", "网上培训", "网上培训", "2020-08-13", "线上"),
)


def workbook(
    *rows: tuple[Any, ...], sheet: str = "活动", more: dict[str, list[tuple[Any, ...]]] | None = None
) -> bytes:
    """An .xlsx of these rows; `more` are further sheets."""
    book = openpyxl.Workbook()
    page: Any = book.active
    page.title = sheet
    for row in rows:
        page.append(row)
    for name, lines in (more or {}).items():
        other = book.create_sheet(name)
        for line in lines:
            other.append(line)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def activities(*rows: tuple[Any, ...]) -> bytes:
    """An activity list with a title above its header."""
    return workbook(("宣讲培训活动台账",), HEAD, *(rows or ROWS))


class District:
    """A district with two bureaux; a clerk of the first, and the pages as that clerk sees them."""

    def __init__(self) -> None:
        self.top = make_unit("YP")
        self.here, self.elsewhere = make_unit("KGJ", self.top), make_unit("RSJ", self.top)
        self.client = make_client(self.here)

    def person(self, unit: Unit | None = None, role: str = Role.STAFF) -> Client:
        return make_client(unit or self.here, role)

    def user(self, client: Client | None = None) -> User:
        return User.objects.get(pk=(client or self.client).session["_auth_user_id"])

    def upload(
        self,
        content: bytes,
        name: str = "活动.xlsx",
        *,
        client: Client | None = None,
        unit: Unit | None = None,
        code: str = "",
    ) -> Load:
        """Hand in a file through the page; the load that came of it."""
        client = client or self.client
        values = {
            "file": SimpleUploadedFile(name, content),
            "unit": (unit or self.here).pk,
            "format_code": code,
        }
        answer = client.post(reverse("intake:upload"), values)
        assert answer.status_code == 302, answer.content.decode()[:2000]
        return Load.objects.get(pk=int(answer["Location"].rstrip("/").rsplit("/", 1)[1]))

    def page(self, load: Load, query: str = "", client: Client | None = None) -> str:
        answer = (client or self.client).get(reverse("intake:load", args=[load.pk]) + query)
        assert answer.status_code == 200, answer.status_code
        return str(answer.content.decode())

    def post(self, load: Load, step: str, client: Client | None = None, **values: Any) -> Any:
        answer = (client or self.client).post(reverse(f"intake:{step}", args=[load.pk]), values)
        load.refresh_from_db()
        return answer

    def keep(self, content: bytes, **more: Any) -> Load:
        """Hand in a good file and keep it."""
        load = self.upload(content, **more)
        assert load.state == Load.State.CHECKED, load.refused
        assert not load.error_count, load.findings[:3]
        self.post(load, "keep", client=more.get("client"), acknowledgement="测试")
        assert load.state == Load.State.KEPT, load.refused
        return load


def names() -> list[str]:
    """The names of all activities, by code."""
    return list(Activity.objects.order_by("code").values_list("name", flat=True))

"""Exports: what is shown, in its order, with units in the heads; nothing becomes a formula; limits are said."""

from __future__ import annotations

import csv
import io

import pytest
from django.urls import reverse
from python_calamine import CalamineWorkbook

from yunpu.trail.models import Event
from yunpu.ui.exports import ExportView
from yunpu.ui.tests.district import District, make_activities, make_line, text_of

pytestmark = pytest.mark.django_db
DANGEROUS = ["=1+1", "+1", "-1+2", "@SUM(A1)", "\t=1", '=HYPERLINK("http://x")']


def export(client, kind="csv", address="", register="outreach:activities"):
    return client.get(reverse(f"{register}-export", args=[kind]) + address)


def lines_of(response):
    return list(csv.reader(io.StringIO(text_of(response))))


def rows_of(response):
    content = b"".join(response.streaming_content)
    return CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()


def test_it_follows_filter_columns_and_order():
    district = District()
    make_activities(district.here, 3)
    make_activities(district.here, 1, kind="online", name="网上课堂")
    response = export(district.client(), "csv", "?kind=roadshow&cols=name,code&sort=-code")
    lines = lines_of(response)
    assert lines[0] == ["活动名称", "活动编号"]
    assert [line[0] for line in lines[1:]] == ["宣讲第2场", "宣讲第1场", "宣讲第0场"]


def test_numbers_stay_numbers_and_the_unit_stands_in_the_head():
    district = District()
    make_line(district.here, 123_456_789)
    head, row = rows_of(export(district.client(), "xlsx", "", "budget:lines"))
    assert row[next(at for at, title in enumerate(head) if title.startswith("金额（万"))] == pytest.approx(
        123.456789
    )
    assert row[head.index("年度")] == 2020


@pytest.mark.parametrize("text", DANGEROUS)
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_no_text_becomes_a_formula(kind, text):
    district = District()
    make_activities(district.here, 1, name=text)
    response = export(district.client(), kind, "?cols=code,name")
    rows = lines_of(response) if kind == "csv" else rows_of(response)
    assert rows[1][1] == f"'{text}"


def test_more_rows_than_a_worksheet_holds_are_refused_with_csv_as_the_way_out(monkeypatch):
    district = District()
    make_activities(district.here, 3)
    monkeypatch.setattr(ExportView, "most_rows", 2)
    refused = export(district.client(), "xlsx")
    assert refused.status_code == 409
    assert "UIX-103" in text_of(refused)
    assert reverse("outreach:activities-export", args=["csv"]) in text_of(refused)
    assert len(lines_of(export(district.client(), "csv"))) == 4


def test_what_was_picked_is_exported_and_nothing_outside_the_scope():
    district = District()
    mine, foreign = make_activities(district.here, 3), make_activities(district.elsewhere, 1)
    picked = f"{mine[0].pk},{mine[2].pk},{foreign[0].pk}"
    url = reverse("outreach:activities-export", args=["csv"])
    response = district.client().post(url, {"picked": picked, "query": "sort=code&cols=code"})
    assert [line[0] for line in lines_of(response)[1:]] == [mine[0].code, mine[2].code]
    assert Event.objects.filter(verb="outreach.activities-exported").count() == 1


def test_another_kind_of_file_is_not_there():
    assert export(District().client(), "exe").status_code == 404

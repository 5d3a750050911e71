"""The screens of the budget book: who may see them, what stands on them, what goes out."""

import io

import openpyxl
import pytest
from django.test import Client
from django.urls import reverse

from yunpu.domains.budget.tests.factories import make_client, make_line, make_unit
from yunpu.trail.models import Event

pytestmark = pytest.mark.django_db
OWN = ("budget:compare", "budget:pivot")


@pytest.fixture
def unit():
    unit = make_unit()
    make_line(unit, year=2019, body_name="区编办", amount_fen=300_000_000)
    make_line(unit, year=2020, body_name="区改革办", amount_fen=400_000_000)
    make_line(unit, year=2012, currency="EUR", body_code="001", body_name="CIUDAD", amount_fen=100)
    return unit


def test_nobody_is_sent_to_sign_in():
    assert {Client().get(reverse(name)).status_code for name in OWN} == {302}


def test_a_person_without_a_role_is_refused(unit):
    client = make_client(unit, role="")
    assert {client.get(reverse(name)).status_code for name in OWN} == {403}


def test_a_role_elsewhere_finds_no_book(unit):
    client = make_client(make_unit("B"))
    make_line(make_unit("C"), body_name="别处的单位")
    for name in OWN:
        page = client.get(reverse(name)).content.decode()
        assert "还没有预算书" in page
        assert "区改革办" not in page


def test_every_screen_opens_here(unit):
    client = make_client(unit)
    for name in (*OWN, "budget:lines-list"):
        response = client.get(reverse(name))
        assert response.status_code == 200
        assert "UNDEFINED-VARIABLE" not in response.content.decode()


def test_the_newest_two_years_are_compared_first(unit):
    page = make_client(unit).get(reverse("budget:compare")).content.decode()
    assert "原名 区编办" in page
    for shown in ("300.00", "400.00", "+100.00", "+33.3"):
        assert f'<td class="yp-number">{shown}</td>' in page


def test_a_book_in_another_currency_stands_by_itself(unit):
    url = reverse("budget:pivot")
    page = make_client(unit).get(url, {"book": f"{unit.pk}-EUR"}).content.decode()
    assert "CIUDAD" in page
    assert "区改革办" not in page


def test_two_equal_dimensions_are_refused_on_the_page(unit):
    response = make_client(unit).get(reverse("budget:pivot"), {"down": "body", "across": "body"})
    assert response.status_code == 422
    assert "行和列不能是同一个维度" in response.content.decode()


@pytest.mark.parametrize("given", [{"book": "999-CNY"}, {"down": "colour"}, {"year": "1999"}, {"year": "x"}])
def test_what_is_not_offered_is_refused_on_the_page(unit, given):
    assert make_client(unit).get(reverse("budget:pivot"), given).status_code == 422


def test_all_years_can_stand_beside_one_another(unit):
    page = make_client(unit).get(reverse("budget:pivot"), {"across": "year", "year": ""}).content.decode()
    assert "700.00" in page


def test_a_comparison_goes_out_as_a_spreadsheet_and_leaves_a_trace(unit):
    response = make_client(unit).get(reverse("budget:compare"), {"format": "xlsx"})
    sheet = openpyxl.load_workbook(io.BytesIO(response.content)).active
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert "金额单位：万元" in rows[0][0]
    assert rows[2] == ["101001 区改革办", 300, 400, 100, pytest.approx(100 / 3), "原名 区编办"]
    assert rows[-1][:4] == ["合计", 300, 400, 100]
    assert Event.objects.filter(verb="budget.compare-exported").count() == 1


def test_an_administrator_neither_sees_nor_exports_the_budget(unit):
    client = make_client(unit, "administrator")
    assert client.get(reverse("budget:compare")).status_code == 403
    assert client.get(reverse("budget:compare"), {"format": "xlsx"}).status_code == 403


def test_sums_of_the_register_never_mix_currencies(unit):
    client = make_client(unit)
    totals = reverse("budget:lines-totals")
    assert '<td class="yp-number">—</td>' in client.get(totals).content.decode()
    only = client.get(totals, {"currency": "CNY"}).content.decode()
    assert "700.00" in only


def test_the_chart_is_data_of_the_page_and_can_be_read_as_a_table(unit):
    page = make_client(unit).get(reverse("budget:pivot")).content.decode()
    assert '<script id="book-chart" type="application/json">' in page
    assert 'data-view="table"' in page

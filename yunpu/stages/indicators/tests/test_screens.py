"""Every screen of snapshots and figures, as an auditor and a finance officer see it."""

import datetime as dt
import io

import pytest
from django.urls import reverse
from python_calamine import CalamineWorkbook

from yunpu.access.models import Grant, User
from yunpu.kernel.periods import Period
from yunpu.reference.models import Enterprise, Unit
from yunpu.stages.indicators import catalogue, operations
from yunpu.stages.indicators.models import Figure
from yunpu.stages.indicators.operations import compute
from yunpu.stages.indicators.tests import declared
from yunpu.stages.snapshots.models import Snapshot
from yunpu.stages.snapshots.operations import freeze
from yunpu.trail.models import Event
from yunpu.trail.operations import System

pytestmark = pytest.mark.django_db(transaction=True)
BY = System("测试")
AT = dt.datetime(2020, 12, 20, 6, 0, tzinfo=dt.UTC)
AS_OF = dt.date(2020, 12, 20)


@pytest.fixture
def figure(monkeypatch, settings):
    settings.CLOCK_DATE = AS_OF
    for module in (operations, catalogue):
        monkeypatch.setattr(module, "list_indicators", lambda: [declared.FIRMS])
    Unit.objects.create(code="361100", name="云谱区", level="district", path="/1/")
    for n in range(60):
        Enterprise.objects.create(
            credit_code=f"9136110000{n:08}", name="=1+1" if n == 0 else f"企业{n}", industry="制造"
        )
    return compute(freeze(AS_OF, by=BY, at=AT), Period.year(2020), by=BY, at=AT)[0]


def _sign_in(client, role):
    unit = Unit.objects.get(code="361100")
    user = User.objects.create(username=role, name=role, unit=unit, must_change_password=False)
    Grant.objects.create(user=user, role=role, unit=unit, valid_from=dt.date(2020, 1, 1))
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return user


@pytest.fixture
def auditor(client, figure):
    _sign_in(client, "auditor")
    return client


def _text(response, status=200):
    assert response.status_code == status
    text = response.content.decode()
    assert "UNDEFINED-VARIABLE" not in text
    return text


def test_figure_page_opens_the_whole_chain(auditor, figure):
    text = _text(auditor.get(reverse("indicators:figure", args=[figure.pk])))
    for part in (
        "60家",
        "计不同值（统一社会信用代码），其中 行业 ＝ 制造",
        figure.snapshot.digest,
        "等于数字",
        "未变",
        "手工录入",
    ):
        assert part in text
    assert text.count("现有记录") == 20
    page = reverse("indicators:figure", args=[figure.pk])
    assert "企业59" in _text(auditor.get(page, {"start": "40"}))


def test_a_part_of_the_rows_equals_a_full_reload(auditor, figure):
    page = reverse("indicators:figure", args=[figure.pk])
    for asked in ({"start": "20"}, {"q": "企业4"}, {"q": "没有"}):
        part = _text(auditor.get(page, asked, headers={"HX-Request": "true", "HX-Target": "chain-rows"}))
        assert part.strip() in _text(auditor.get(page, asked))
    assert "含“企业4”的 11 条" in _text(auditor.get(page, {"q": "企业4"}))


def test_recompute_reads_every_byte_again(auditor, figure):
    address = reverse("indicators:recompute", args=[figure.pk])
    assert "重算一致" in _text(auditor.post(address, headers={"HX-Request": "true"}))
    assert "重算一致" in _text(auditor.post(address, follow=True))
    path = figure.snapshot.tables.get(name="reference.units").path
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    assert "SNA-002" in _text(auditor.post(address, headers={"HX-Request": "true"}))


def test_drawer_has_the_chain_without_the_shell(auditor, figure):
    text = _text(
        auditor.get(
            reverse("indicators:figure", args=[figure.pk]),
            headers={"HX-Request": "true", "HX-Target": "drawer"},
        )
    )
    assert "data-drawer" in text
    assert "<html" not in text


def test_a_changed_file_ends_the_chain_with_a_red_cross(auditor, figure):
    path = figure.snapshot.tables.get(name="reference.enterprises").path
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    text = _text(auditor.get(reverse("indicators:figure", args=[figure.pk])))
    assert "快照核对不符" in text
    assert "企业1" not in text


def test_lists_catalogue_and_period(auditor, figure):
    pages = [
        (reverse("indicators:figures-list"), "test.firms"),
        (reverse("indicators:catalogue"), "制造企业"),
        (reverse("indicators:indicator", args=["test.firms"]), "现行"),
        (reverse("indicators:period", args=["2020"]), "60家"),
        (reverse("snapshots:snapshots-list"), "S-20201220-01"),
        (reverse("snapshots:detail", args=[figure.snapshot.pk]), figure.snapshot.manifest_digest),
    ]
    for address, part in pages:
        assert part in _text(auditor.get(address)), address
    assert auditor.get(reverse("indicators:indicator", args=["no.such"])).status_code == 404
    assert auditor.get(reverse("indicators:period", args=["summer"])).status_code == 404
    assert "60家" not in _text(auditor.get(reverse("indicators:period", args=["2020"]), {"state": "hidden"}))


def test_verify_says_what_it_found(auditor, figure):
    address = reverse("snapshots:verify", args=[figure.snapshot.pk])
    assert "一致" in _text(auditor.post(address))
    path = figure.snapshot.tables.get(name="reference.units").path
    path.chmod(0o644)
    path.write_bytes(b"")
    assert "SNA-002" in _text(auditor.post(address, headers={"HX-Request": "true"}))


def test_csv_export_is_what_the_command_prints_and_leaves_a_trace(auditor, figure):
    response = auditor.get(reverse("indicators:export", args=["2020", figure.snapshot.pk]))
    assert (
        response.content.decode("utf-8-sig").splitlines()[1]
        == "test.firms,60,家,60家,test.firms@1,S-20201220-01,60"
    )
    assert Event.objects.filter(verb="indicators.figures-exported").count() == 1


def test_chain_export_holds_all_records_as_text(auditor, figure):
    response = auditor.get(reverse("indicators:chain", args=[figure.pk]))
    book = CalamineWorkbook.from_filelike(io.BytesIO(response.getvalue()))
    assert book.sheet_names == ["数字", "定义", "快照", "记录", "来源"]
    records = book.get_sheet_by_name("记录").to_python()
    assert records[3][1] == "=1+1"
    assert records[-2][0] == "共 60 条，列出 60 条"
    assert len(records) == 3 + 60 + 2
    assert "等于数字" in records[-1][0]
    assert len(book.get_sheet_by_name("来源").to_python()) == 61


def test_who_may_freeze_and_compute(client, figure):
    _sign_in(client, "auditor")
    for address in (reverse("snapshots:freeze"), reverse("indicators:compute")):
        assert client.get(address).status_code == 403
        assert client.post(address, {}).status_code == 403
    client.logout()
    _sign_in(client, "finance")
    _text(client.get(reverse("snapshots:freeze")))
    _text(client.get(reverse("indicators:compute")))
    _text(client.post(reverse("snapshots:freeze"), {"as_of": ""}), 422)
    _text(client.post(reverse("indicators:compute"), {"snapshot": "S-20201220-01", "period": "夏天"}), 422)


def test_freeze_and_compute_in_the_background(client, figure):
    _sign_in(client, "finance")
    response = client.post(reverse("snapshots:freeze"), {"as_of": "2020-12-20"}, follow=True)
    assert "S-20201220-02" in _text(response)
    response = client.post(
        reverse("indicators:compute"), {"snapshot": "S-20201220-02", "period": "2020"}, follow=True
    )
    assert "100%" in _text(response)
    assert Figure.objects.filter(snapshot__number="S-20201220-02").count() == 1
    response = client.post(reverse("snapshots:freeze"), {"as_of": "2020-12-21"}, follow=True)
    assert "SNA-102" in _text(response)
    assert Snapshot.objects.count() == 2


def test_a_growing_query_count_is_noticed(auditor, figure, django_assert_max_num_queries):
    with django_assert_max_num_queries(32):
        auditor.get(reverse("indicators:figure", args=[figure.pk]))

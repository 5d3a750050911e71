"""The page of a file, step by step, as people press its buttons; what it says and what it writes."""

import io

import openpyxl
import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from yunpu.access.models import Role
from yunpu.domains.outreach.models import Activity
from yunpu.domains.outreach.tests.factories import make_activity, make_enterprise
from yunpu.kernel.text import mark
from yunpu.stages.intake import forms, registry, shared, tasks
from yunpu.stages.intake.files import LIMITS
from yunpu.stages.intake.formats import Column, Format, Type
from yunpu.stages.intake.models import Load, Memory, Original
from yunpu.stages.intake.tests.district import HEAD, ROWS, District, activities, names, workbook
from yunpu.trail.models import Batch, Event, Job

pytestmark = pytest.mark.django_db
WRONG = (("XJ2020-03", "第三场", "庙会", "2020-13-40", ""), ("XJ2020-04", "第四场", "庙会", "2020-09-01", ""))


@pytest.fixture
def district():
    return District()


def test_from_mistakes_to_records_and_back_to_the_cell(district):
    load = district.upload(activities(*ROWS, *WRONG))
    page = district.page(load)
    assert "活动!C6" in page
    assert "另 C7" in page
    assert "活动!D6" in page
    assert "还差：" in page
    assert "改好 3 处" in page
    assert 'aria-disabled="true"' in page
    assert names() == []
    refused = district.post(load, "keep")
    assert refused.status_code == 409
    assert "INT-104" in refused.content.decode()
    assert names() == []

    annotated = district.client.get(reverse("intake:annotated", args=[load.pk]))
    sheet = openpyxl.load_workbook(io.BytesIO(annotated.content))["活动"]
    assert "庙会" in sheet["C6"].comment.text
    assert "filename*=utf-8''" in annotated["Content-Disposition"]

    load = district.upload(activities())
    page = district.page(load)
    assert "全部通过" in page
    assert "政策宣讲第一场" in page
    assert load.preview["created"] == 3
    district.post(load, "keep")
    assert load.state == Load.State.KEPT
    record = Activity.objects.get(code="XJ2020-02")
    assert (record.batch_id, record.sheet_name, record.row_number) == (load.batch_id, "活动", 4)
    page = district.page(load)
    assert reverse("outreach:activities-record", args=[record.pk]) in page
    cell = district.client.get(reverse("intake:cell", args=[load.batch_id, 4]) + "?sheet=活动")
    assert "象湖片区" in cell.content.decode()
    assert load.original.sm3 in cell.content.decode()


def test_the_same_file_again_says_so_and_changes_nothing(district):
    first = district.keep(activities())
    events = Event.objects.filter(verb="outreach.activities-loaded").count()
    again = district.upload(activities(), name="又一次.xlsx")
    page = district.page(again)
    assert "与台账完全相同" in page or "同一份文件已经入账" in page
    assert reverse("intake:load", args=[first.pk]) in page
    district.post(again, "keep")
    assert again.state == Load.State.UNCHANGED
    assert again.batch_id is None
    assert "没有改动任何记录" in district.page(again)
    assert Event.objects.filter(verb="outreach.activities-loaded").count() == events
    assert Activity.objects.get(code="XJ2020-01").batch_id == first.batch_id


def test_the_very_same_bytes_are_kept_once(district):
    content = activities()
    district.upload(content)
    district.upload(content)
    assert Original.objects.count() == 1


def test_a_corrected_file_shows_and_keeps_its_differences(district):
    district.keep(activities())
    corrected = (
        ("XJ2020-01", "政策宣讲首场", "网上培训", "2020-06-11", "集聚区"),
        *ROWS[1:],
        ("XJ2020-09", "新", "宣讲", "2020-11-11", "新址"),
    )
    load = district.upload(activities(*corrected))
    page = district.page(load)
    assert (load.new_count, load.changed_count, load.preview["unchanged"]) == (1, 1, 2)
    assert "<del>政策宣讲第一场</del>" in page
    assert "<ins>政策宣讲首场</ins>" in page
    assert "<del>宣讲</del>" in page  # a code in words
    assert "新址" in page
    district.post(load, "keep")
    assert names() == ["网上培训", "政策宣讲首场", "政策宣讲第二场", "新"]
    changed = district.client.get(
        reverse("intake:records", args=[load.pk]) + "?part=changed"
    ).content.decode()
    assert "<ins>政策宣讲首场</ins>" in changed
    assert "政策宣讲第二场" not in changed


def test_a_withdrawn_batch_restores_what_was_and_its_file_still_opens(district):
    district.keep(activities())
    before = list(Activity.objects.order_by("pk").values())
    second = district.keep(
        activities(
            ("XJ2020-01", "改名", "宣讲", "2020-01-01", ""), ("XJ2020-10", "多的", "宣讲", "2020-01-01", "")
        )
    )
    assert district.post(second, "withdraw", reason=" ").status_code == 409
    district.post(second, "withdraw", reason="文件拿错了")
    assert second.state == Load.State.WITHDRAWN
    assert list(Activity.objects.order_by("pk").values()) == before
    page = district.page(second)
    assert "文件拿错了" in page
    assert second.original.path.exists()
    assert district.client.get(reverse("intake:cell", args=[second.batch_id, 3])).status_code == 200
    assert district.client.get(reverse("intake:original", args=[second.pk])).status_code == 200
    assert district.post(second, "withdraw", reason="再来").status_code == 409


def test_a_batch_is_not_withdrawn_while_something_later_depends_on_it(district):
    first = district.keep(activities())
    second = district.keep(activities(("XJ2020-01", "改名", "宣讲", "2020-01-01", "")))
    refused = district.post(first, "withdraw", reason="误")
    assert refused.status_code == 409
    assert "后来的一批" in refused.content.decode()
    district.post(second, "withdraw", reason="误")
    enterprise = make_enterprise()
    rows = (("活动编号", "统一社会信用代码", "代表序号"), ("XJ2020-01", enterprise.credit_code, 1))
    district.keep(workbook(*rows), name="名单.xlsx")
    refused = district.post(first, "withdraw", reason="误")
    assert refused.status_code == 409
    assert "参加记录" in refused.content.decode()
    assert first.state == Load.State.KEPT
    assert len(names()) == 3


def test_sheet_and_format_are_guessed_with_the_reason_and_can_be_chosen(district):
    feedback = [("活动编号", "反馈序号", "评分"), ("XJ2020-01", 1, 5)]
    make_activity(district.here, code="XJ2020-01")
    rows = [(*row, "", "区税务局") for row in ROWS]
    load = district.upload(workbook((*HEAD, "系列编号", "主讲机构"), *rows, more={"反馈": feedback}))
    assert (load.sheet_name, load.format_code) == ("活动", "outreach.activities")
    page = district.page(load)
    assert "认出 7 列，必填列齐全" in page
    assert "最像，所以这样读" in page
    assert "也像 反馈表" in page
    assert "政策宣讲第一场、政策宣讲第二场、网上培训" in page  # a sample of each column
    district.post(load, "reading", format_code="outreach.activities", sheet_name="反馈")
    assert load.sheet_name == "反馈"
    assert load.error_count
    district.post(load, "reading", format_code="outreach.feedback", sheet_name="反馈")
    assert load.format_code == "outreach.feedback"
    assert load.preview["created"] == 1
    assert "最像" not in district.page(load)


def test_what_no_format_fits_is_chosen_by_hand(district):
    load = district.upload(workbook(("甲", "乙"), (1, 2)))
    page = district.page(load)
    assert load.format_code == ""
    assert "认不出这是哪一种表" in page
    assert "选定格式" in page
    assert "没有一种格式" in page
    assert district.post(load, "keep").status_code == 409


def test_columns_chosen_by_hand_are_remembered_for_the_unit(district):
    odd = ("编码", "甲", "类型", "举办日期", "地点")
    content = workbook(odd, *ROWS)
    load = district.upload(content, code="outreach.activities")
    assert load.error_count
    assert "没有找到这一列" in district.page(load)
    mapping = {"map-code": "0", "map-name": "1", "map-kind": "2", "map-held_on": "3", "map-place": "4"}
    reading = {"format_code": "outreach.activities", "sheet_name": load.sheet_name, **mapping}
    twice = district.post(load, "reading", **{**reading, "map-name": "0"})
    assert twice.status_code == 422
    assert "选了文件的同一列" in twice.content.decode()
    district.post(load, "reading", **reading)
    assert not load.error_count
    district.post(load, "keep")
    assert names() == ["网上培训", "政策宣讲第一场", "政策宣讲第二场"]
    assert Memory.objects.get(unit=district.here).mapping["甲"] == "name"

    again = district.upload(
        workbook(odd, ("XJ2020-20", "再来", "宣讲", "2020-10-01", "")), code="outreach.activities"
    )
    assert not again.error_count
    assert "本单位上次就是这样对应的" in district.page(again)
    other = district.upload(
        content,
        client=district.person(district.elsewhere),
        unit=district.elsewhere,
        code="outreach.activities",
    )
    assert other.error_count


@pytest.fixture
def rates(monkeypatch):
    """A format with a percent column, as a domain would declare it."""
    format = Format(
        "reference.rates",
        mark("企业名录"),
        model="reference.Enterprise",
        columns=(
            Column("credit_code", mark("统一社会信用代码"), Type.CREDIT_CODE, key=True),
            Column("name", mark("企业名称")),
            Column("share", "占比", Type.PERCENT),
        ),
        draft=lambda row: {
            "credit_code": row["credit_code"],
            "name": row["name"],
            "industry": str(row["share"]),
        },
    )
    monkeypatch.setattr(shared, "RATES", format, raising=False)
    registry.list_formats.cache_clear()
    yield format
    monkeypatch.undo()
    registry.list_formats.cache_clear()


def test_a_bare_fraction_of_percent_is_asked_once_for_the_file(district, rates):
    one, two = make_enterprise(), make_enterprise()
    rows = (
        ("统一社会信用代码", "企业名称", "占比"),
        (one.credit_code, "甲", 0.4),
        (two.credit_code, "乙", 0.25),
    )
    load = district.upload(workbook(*rows), code=rates.code)
    assert load.question_count
    page = district.page(load)
    assert page.count('name="answer-share"') == 2  # one question, two answers
    assert "答复" in page
    assert district.post(load, "keep").status_code == 409
    district.post(load, "reading", **{"answer-share": "ratio"})
    assert load.question_count == 0
    district.post(load, "keep", acknowledgement="是")
    one.refresh_from_db()
    assert one.industry.rstrip("0").rstrip(".") == "40"


def test_warnings_need_a_written_acknowledgement_that_stays_in_the_trail(district):
    make_activity(district.here, code="XJ2020-01")
    head = ("活动编号", "资料名称", "发放份数")
    rows = (head, ("XJ2020-01", "手册", 10), ("XJ2020-01", "折页", 20), ("合计", None, 99))
    load = district.upload(workbook(*rows, sheet="资料"), code="outreach.handouts")
    assert (load.error_count, load.warning_count) == (0, 1)
    page = district.page(load)
    assert "提醒，1 处，可以说明原因后导入" in page
    assert 'name="acknowledgement"' in page
    assert district.post(load, "keep", acknowledgement="  ").status_code == 409
    assert load.state == Load.State.CHECKED
    district.post(load, "keep", acknowledgement="合计行没有更新，明细无误")
    assert load.state == Load.State.KEPT
    assert Event.objects.get(verb="outreach.handouts-loaded").reason == "合计行没有更新，明细无误"
    assert "合计行没有更新，明细无误" in district.page(load)


@pytest.mark.parametrize(
    ("name", "content", "word"),
    [
        ("空.xlsx", b"", "一个字节也没有"),
        ("说明.docx", b"PK\x03\x04", "不收 .docx 文件"),
        ("照片.jpg", b"\xff\xd8", "不收 .jpg 文件"),
    ],
)
def test_what_cannot_be_a_table_is_said_at_the_field(district, name, content, word):
    values = {"file": SimpleUploadedFile(name, content), "unit": district.here.pk}
    answer = district.client.post(reverse("intake:upload"), values)
    assert answer.status_code == 422
    assert word in answer.content.decode()
    assert not Load.objects.exists()


def test_no_file_and_a_file_too_large_are_said_at_the_field(district, monkeypatch):
    answer = district.client.post(reverse("intake:upload"), {"unit": district.here.pk})
    assert answer.status_code == 422
    assert "请先选一个文件" in answer.content.decode()
    monkeypatch.setattr(forms, "LIMITS", type(LIMITS)(file_bytes=100))
    values = {"file": SimpleUploadedFile("大.xlsx", activities()), "unit": district.here.pk}
    answer = district.client.post(reverse("intake:upload"), values)
    assert answer.status_code == 422
    assert "请拆成几个文件" in answer.content.decode()
    assert not Load.objects.exists()


def test_a_file_that_cannot_be_read_gets_a_page_with_ways_out_and_is_not_kept(district):
    load = district.upload(activities()[:1500], name="断了.xlsx")
    assert load.state == Load.State.REFUSED
    page = district.page(load)
    assert "不能读取这个文件：" in page
    assert "INT-100" in page
    assert "下载空白模板" in page
    assert reverse("intake:upload") in page
    assert not Original.objects.exists()
    assert district.client.get(reverse("intake:original", args=[load.pk])).status_code == 404
    assert district.post(load, "check").status_code == 409


def test_a_role_without_the_right_sees_no_button_and_is_refused(district):
    load = district.upload(activities())
    reviewer = district.person(role=Role.REVIEWER)
    page = district.page(load, client=reviewer)
    for action in ("keep", "reading", "check", "upload"):
        assert reverse(f"intake:{action}", args=[] if action == "upload" else [load.pk]) not in page
    assert district.post(load, "keep", client=reviewer).status_code == 403
    assert reviewer.get(reverse("intake:upload")).status_code == 403
    district.post(load, "keep")
    assert reverse("intake:withdraw", args=[load.pk]) not in district.page(load, client=reviewer)
    assert district.post(load, "withdraw", client=reviewer, reason="误").status_code == 403
    assert load.state == Load.State.KEPT


def test_another_units_file_is_not_there(district):
    load = district.keep(activities())
    other = district.person(district.elsewhere)
    for step in ("load", "records", "original", "annotated", "progress", "cell-part"):
        assert other.get(reverse(f"intake:{step}", args=[load.pk]) + "?row=1").status_code == 404, step
    assert other.get(reverse("intake:cell", args=[load.batch_id, 3])).status_code == 404
    for step in ("keep", "check", "reading", "cancel", "withdraw"):
        assert district.post(load, step, client=other, reason="误").status_code == 404, step
    assert load.name not in other.get(reverse("intake:loads-list")).content.decode()


def test_records_of_another_unit_are_not_taken_over_by_their_key(district):
    district.keep(activities())
    other = district.person(district.elsewhere)
    load = district.upload(
        activities(("XJ2020-01", "抢过来", "宣讲", "2020-06-11", "")), client=other, unit=district.elsewhere
    )
    assert load.error_count == 1
    assert "INT-052" in district.page(load, client=other)
    assert district.post(load, "keep", client=other).status_code == 409
    rows = (("活动编号", "反馈序号", "评分"), ("XJ2020-01", 1, 5))
    load = district.upload(workbook(*rows), client=other, unit=district.elsewhere)
    assert "INT-052" in district.page(load, client=other)
    assert names()[1] == "政策宣讲第一场"


def test_who_hands_in_for_a_unit_below_does_not_move_its_records(district):
    district.keep(activities())
    above = district.person(district.top, Role.FINANCE)
    district.keep(
        activities(("XJ2020-01", "更正", "宣讲", "2020-06-11", "集聚区")), client=above, unit=district.top
    )
    record = Activity.objects.get(code="XJ2020-01")
    assert (record.name, record.unit) == ("更正", district.here)


def test_thousands_of_findings_come_in_pages_and_by_kind(district):
    rows = [(f"C{i}", f"名{i}", f"类{i}", "2020-01-01", "") for i in range(120)]
    load = district.upload(activities(*rows, ("C999", "名", "宣讲", "2020-02-30", "")))
    first = district.page(load)
    assert "第 1 / 3 页" in first
    assert "活动!C3" in first
    assert "活动!C60" not in first
    assert "活动!C60" in district.page(load, "?page=2")
    assert "第 3 / 3 页" in district.page(load, "?page=99999999999")
    kinds = {stored["kind"] for stored in load.findings}
    assert len(kinds) == 2
    dates = district.page(load, "?kind=" + load.findings[-1]["kind"])
    assert "活动!D123" in dates
    assert "活动!C3" not in dates
    assert "没有这样的问题" in district.page(load, "?severity=warning")


def test_a_finding_shows_its_cell_as_a_part_and_as_a_page(district):
    load = district.upload(activities(*ROWS, *WRONG))
    url = reverse("intake:cell-part", args=[load.pk]) + "?sheet=活动&row=6&column=4"
    part = district.client.get(url, headers={"HX-Request": "true"}).content.decode()
    assert '<td class="yp-cell-here">2020-13-40</td>' in part
    assert "XJ2020-03" in part  # the first column tells whose row it is
    assert "D 举办日期" in part
    assert "<html" not in part
    page = district.client.get(url).content.decode()
    assert "<html" in page
    assert part.strip().splitlines()[0] in page
    assert district.client.get(url.replace("row=6", "row=x")).status_code == 404
    assert "没有这一行" in district.client.get(url.replace("row=6", "row=600")).content.decode()


def test_long_work_is_seen_cancelled_and_ends_in_a_reload(district, monkeypatch):
    load = district.upload(activities())
    job = Job.objects.create(title="核对", object_type="intake.load", object_id=load.pk, asked_at=load.at)
    progress = reverse("intake:progress", args=[load.pk])
    assert "等待后台任务" in district.page(load)
    line = district.client.get(progress)
    assert line.status_code == 200
    assert reverse("intake:cancel", args=[load.pk]) in line.content.decode()
    district.post(load, "cancel")
    job.refresh_from_db()
    assert job.state == Job.State.CANCELLED
    ended = district.client.get(progress)
    assert (ended.status_code, ended["HX-Refresh"]) == (204, "true")
    assert names() == []
    # What was cancelled before it began does not begin.
    tasks.check_file.func(job.pk, load.pk, district.user().pk, load.at.isoformat())
    job.refresh_from_db()
    assert job.state == Job.State.CANCELLED


def test_large_files_are_checked_and_kept_in_the_background(district, monkeypatch):
    monkeypatch.setattr(tasks, "INLINE_BYTES", 10)
    load = district.upload(activities())
    assert load.preview["created"] == 3
    district.post(load, "keep")
    assert load.state == Load.State.KEPT
    assert [job.state for job in Job.objects.filter(object_id=load.pk)] == ["done", "done"]


def test_formats_tell_columns_templates_and_for_whom(district):
    district.keep(activities())
    page = district.client.get(reverse("intake:formats")).content.decode()
    assert "单位KGJ" in page
    assert "单位RSJ" not in page
    assert "宣讲、" in page or "、宣讲" in page  # the code list
    assert "活动.xlsx" in page  # the newest file of the format
    template = district.client.get(reverse("intake:template", args=["outreach.activities"]))
    sheet = openpyxl.load_workbook(io.BytesIO(template.content)).worksheets[0]
    assert any("活动编号" in str(cell.value) for row in sheet.iter_rows(max_row=3) for cell in row)
    assert district.client.get(reverse("intake:template", args=["no.such"])).status_code == 409
    reviewer = district.person(role=Role.REVIEWER).get(reverse("intake:formats")).content.decode()
    assert "不能导入" in reviewer


def test_the_register_of_files_leads_to_their_page(district):
    empty = district.client.get(reverse("intake:loads-list")).content.decode()
    assert "还没有上传过文件" in empty
    load = district.keep(activities())
    page = district.client.get(reverse("intake:loads-list")).content.decode()
    assert reverse("intake:load", args=[load.pk]) in page
    assert "活动台账" in page


def test_originals_stay_under_their_digest(district):
    load = district.keep(activities())
    path = load.original.path
    assert str(path).startswith(str(settings.ORIGINALS_FOLDER))
    assert path.name == load.original.sm3
    download = district.client.get(reverse("intake:original", args=[load.pk]))
    assert b"".join(download.streaming_content) == activities() or path.stat().st_size
    assert Batch.objects.get(pk=load.batch_id).state == Batch.State.KEPT

"""Excel in and out: filled templates, exports taken in again, what is refused – through the intake a user has."""

import datetime as dt
import io

import openpyxl
import pytest
from django.urls import reverse

from yunpu.access.models import Role
from yunpu.kernel.codes import check_project_code, check_region_code, credit_code_with_check
from yunpu.reference.merging import merge_enterprises, undo_merge
from yunpu.reference.models import CalendarDay, Classification, Enterprise, Project, Region, Scheme, Unit
from yunpu.reference.shipped import write_shipped
from yunpu.reference.tests.factories import AT, BY, make_client, make_enterprise, make_tree, make_unit
from yunpu.reference.workdays import get_working_calendar
from yunpu.stages.intake import operations
from yunpu.stages.intake.blank import write_template
from yunpu.stages.intake.models import Load
from yunpu.stages.intake.operations import UnableToKeep
from yunpu.stages.intake.registry import get_format, list_formats
from yunpu.stages.intake.withdrawing import UnableToWithdraw
from yunpu.trail.operations import preparing

pytestmark = pytest.mark.django_db

ROWS = {
    "reference.units": [
        ("U", "下属单位", "", "下属单位", "B", None, None),
        ("B", "某局", "局", "部门", "D", None, None),
        ("D", "某区", "", "区县", "ZZ", None, None),
    ],
    "reference.enterprises": [(credit_code_with_check("91360199MC0000001"), "甲公司", "360102", "软件")],
    "reference.regions": [
        ("360100", "南昌市", None, None, None),
        ("360105", "湾里区", None, dt.date(2019, 12, 1), "撤销"),
    ],
    "reference.schemes": [("EL", "Clasificación económica", "Ayuntamiento de Madrid")],
    "reference.classifications": [
        ("EL", "12000", "Sueldos", "Salaries", "12", 2012, 2014, None),
        ("EL", "12", "Personal funcionario", "Civil servants", "1", 2012, 2014, None),
        ("EL", "1", "Gastos de personal", "Staff", None, 2012, 2014, None),
    ],
    "reference.projects": [
        ("36019920T000000000001", "政策宣讲", "D", 2021, "特定目标类"),
        ("36019919Y000000000002", "物业", "D", None, "其他运转类"),
    ],
    "reference.calendar": [
        (dt.date(2020, 10, 1), "放假", "国庆节", "通知"),
        (dt.date(2020, 10, 10), "上班", "国庆节", None),
    ],
}
REGISTERS = {
    "reference.units": "units",
    "reference.enterprises": "enterprises",
    "reference.regions": "regions",
    "reference.schemes": "schemes",
    "reference.classifications": "classifications",
    "reference.projects": "projects",
    "reference.calendar": "calendar",
}


def fill_template(code, rows) -> bytes:
    """The blank template of a format, filled in as a person does it: below the header."""
    target = io.BytesIO()
    write_template(get_format(code), target)
    book = openpyxl.load_workbook(target)
    sheet = book.worksheets[0]
    first = 2
    for offset, row in enumerate(rows):
        for column, value in enumerate(row, 1):
            sheet.cell(first + offset, column).value = value
    for column in range(1, sheet.max_column + 1):  # the example stood in the first rows
        for number in range(first + len(rows), first + len(rows) + 3):
            sheet.cell(number, column).value = None
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def check(code, content, *, name="表.xlsx", unit=None, by=BY) -> Load:
    unit = unit or Unit.objects.order_by("path").first() or make_unit("ZZ")
    load = operations.receive_file(io.BytesIO(content), name=name, unit=unit, by=by, at=AT, format_code=code)
    operations.check_load(load, by=by, at=AT)
    return load


def take(code, content, **more) -> Load:
    load = check(code, content, **more)
    assert not load.error_count, load.findings
    return operations.keep_load(load, by=more.get("by", BY), at=AT, acknowledgement="测试")


def kinds(load):
    """The kinds of findings, without the note on the template's own hidden sheet of code lists."""
    return sorted({finding["kind"] for finding in load.findings} - {"INT-039"})


def test_every_identity_has_its_format():
    declared = {one.code for one in list_formats() if one.code.startswith("reference.")}
    assert declared == set(ROWS) == set(REGISTERS)


def test_filled_templates_are_taken_in_and_their_exports_change_nothing():
    """Template → filled → records → export of the register → taken in again: unchanged."""
    root = make_unit("ZZ")
    client = make_client(root, Role.FINANCE)
    for code, rows in ROWS.items():
        load = take(code, fill_template(code, rows), unit=root)
        assert load.state == Load.State.KEPT, code
        assert load.preview["created"] == len(rows), code
        slug = REGISTERS[code]
        every = ",".join(column.name for column in _register(slug).list_columns())
        response = client.get(reverse(f"reference:{slug}-export", args=["xlsx"]), {"cols": every})
        assert response.status_code == 200
        again = take(code, response.getvalue(), unit=root, name="导出.xlsx")
        assert again.state == Load.State.UNCHANGED, (code, again.preview, again.findings)


@pytest.mark.parametrize("code", ROWS)
def test_the_page_of_a_checked_file_shows_what_it_would_bring(code):
    root = make_unit("ZZ")
    if code == "reference.projects":
        take("reference.units", fill_template("reference.units", ROWS["reference.units"]), unit=root)
    load = check(code, fill_template(code, ROWS[code]), unit=root)
    page = make_client(root, Role.FINANCE).get(reverse("intake:load", args=[load.pk]))
    assert page.status_code == 200
    assert str(ROWS[code][0][1]) in page.text


@pytest.mark.parametrize("code", ROWS)
def test_a_filled_template_tells_its_format_by_itself(code):
    content = fill_template(code, ROWS[code])
    load = operations.receive_file(io.BytesIO(content), name="表.xlsx", unit=make_unit("ZZ"), by=BY, at=AT)
    operations.check_load(load, by=BY, at=AT)
    assert load.format_code == code


def _register(slug):
    from yunpu.reference import views

    return next(
        one for one in vars(views).values() if getattr(one, "slug", "") == slug and one.model is not None
    )


def test_parents_stand_in_the_same_file_in_any_order():
    take("reference.units", fill_template("reference.units", ROWS["reference.units"]))
    units = {unit.code: unit for unit in Unit.objects.all()}
    assert units["U"].parent == units["B"]
    assert units["U"].path == "".join(f"/{units[code].pk}" for code in ("ZZ", "D", "B", "U")) + "/"


def test_a_file_moves_a_unit_with_what_is_not_in_the_file_and_withdrawing_puts_it_back():
    tree = make_tree()
    before = dict(Unit.objects.values_list("code", "path"))
    load = take(
        "reference.units", fill_template("reference.units", [("B", "某局", "", "部门", "E", None, None)])
    )
    assert Unit.objects.get(code="U").path == before["E"] + f"{tree['B'].pk}/{tree['U'].pk}/"
    operations.withdraw_load(load, by=BY, at=AT, reason="弄错了")
    assert dict(Unit.objects.values_list("code", "path")) == before


def test_new_units_are_withdrawn_together_though_they_hang_on_each_other():
    load = take("reference.units", fill_template("reference.units", ROWS["reference.units"]))
    operations.withdraw_load(load, by=BY, at=AT, reason="弄错了")
    assert list(Unit.every.values_list("code", flat=True)) == ["ZZ"]


def test_new_units_on_which_others_hang_are_not_withdrawn():
    load = take("reference.units", fill_template("reference.units", ROWS["reference.units"]))
    make_unit("N", Unit.objects.get(code="D"))
    with pytest.raises(UnableToWithdraw, match="依据它"):
        operations.withdraw_load(load, by=BY, at=AT, reason="弄错了")
    assert Unit.objects.count() == 5


@pytest.mark.parametrize(
    ("rows", "kind"),
    [
        ([("X", "某局", "", "部门", "没有", None, None)], "REF-001"),
        ([("X", "甲", "", "部门", "Y", None, None), ("Y", "乙", "", "区县", "X", None, None)], "REF-002"),
        ([("B", "某局", "", "部门", "U", None, None)], "REF-002"),
        ([("X", "某区", "", "区县", "B", None, None)], "REF-003"),
        ([("B", "某局", "", "下属单位", "D", None, None)], "REF-003"),
        ([("B", "某局", "", "部门", "D", None, dt.date(2020, 1, 1))], "REF-003"),
        ([("X", "某局", "", "部门", "D", dt.date(2020, 1, 1), dt.date(2020, 1, 1))], "REF-004"),
    ],
)
def test_a_tree_that_cannot_be_is_told_at_its_rows(rows, kind):
    make_tree()
    before = list(Unit.objects.values_list("code", "path"))
    load = check("reference.units", fill_template("reference.units", rows))
    assert kind in kinds(load)
    assert load.error_count
    finding = next(one for one in load.findings if one["kind"] == kind)
    assert finding["place"]["row"] >= 2
    with pytest.raises(UnableToKeep):
        operations.keep_load(load, by=BY, at=AT)
    assert list(Unit.objects.values_list("code", "path")) == before


@pytest.mark.parametrize(
    ("rows", "kind"),
    [
        ([("EL", "12", "Personal", "", "9", 2012, 2014, None)], "REF-011"),
        (
            [("EL", "1", "A", "", "2", 2012, None, None), ("EL", "2", "B", "", "1", 2012, None, None)],
            "REF-012",
        ),
        ([("EL", "1", "A", "", None, 2014, 2012, None)], "REF-013"),
        (
            [("EL", "1", "A", "", None, 2012, None, None), ("EL", "1", "B", "", None, 2014, None, None)],
            "REF-014",
        ),
        ([("无", "1", "A", "", None, 2012, None, None)], "INT-050"),
    ],
)
def test_codes_that_cannot_be_are_told_at_their_rows(rows, kind):
    with preparing("test"):
        Scheme.objects.create(code="EL", name="外国的", source="测试")
    load = check("reference.classifications", fill_template("reference.classifications", rows))
    assert kind in kinds(load)
    assert load.error_count


def test_a_foreign_scheme_has_its_levels():
    for code in ("reference.schemes", "reference.classifications"):
        take(code, fill_template(code, ROWS[code]))
    assert dict(Classification.objects.values_list("code", "level")) == {"1": 1, "12": 2, "12000": 3}


def test_a_worked_day_that_is_no_weekend_is_an_error():
    rows = [(dt.date(2020, 10, 12), "上班", "国庆节", None)]
    assert kinds(check("reference.calendar", fill_template("reference.calendar", rows))) == ["REF-021"]


def test_a_project_without_a_start_year_begins_in_the_year_of_its_code():
    take("reference.units", fill_template("reference.units", ROWS["reference.units"]))
    take("reference.projects", fill_template("reference.projects", ROWS["reference.projects"]))
    assert dict(Project.objects.values_list("code", "start_year")) == {
        "36019920T000000000001": 2021,
        "36019919Y000000000002": 2019,
    }


def test_an_unknown_region_is_a_warning_and_the_enterprise_is_kept():
    content = fill_template("reference.enterprises", ROWS["reference.enterprises"])
    assert kinds(check("reference.enterprises", content)) == ["INT-055"]  # no region is registered: told once
    take("reference.regions", fill_template("reference.regions", ROWS["reference.regions"]))
    load = check("reference.enterprises", content, name="第二次.xlsx")
    assert kinds(load) == ["INT-054"]
    assert (load.warning_count, load.error_count) == (1, 0)
    operations.keep_load(load, by=BY, at=AT, acknowledgement="新设的区")
    assert Enterprise.objects.get().region_code == "360102"


ATTENDANCE = "统一社会信用代码,活动编号,代表序号\n{code},XJ,1\n"


def attend(code, name):
    from yunpu.domains.outreach.tests.factories import make_activity

    unit = make_unit("AA", level="district")
    make_activity(unit, code="XJ")
    return check("outreach.attendance", ATTENDANCE.format(code=code).encode(), name=name, unit=unit)


def test_an_import_by_the_old_code_finds_the_survivor():
    from yunpu.domains.outreach.models import Attendance

    kept, duplicate = make_enterprise(), make_enterprise()
    merge_enterprises(kept=kept, duplicate=duplicate, reason="换了代码", by=BY, at=AT)
    operations.keep_load(attend(duplicate.credit_code, "名单.csv"), by=BY, at=AT, acknowledgement="测试")
    assert Attendance.objects.get().enterprise == kept


def test_a_file_checked_before_a_merge_or_its_undoing_is_resolved_again():
    from yunpu.domains.outreach.models import Attendance

    kept, duplicate = make_enterprise(), make_enterprise()
    load = attend(duplicate.credit_code, "名单.csv")
    merge = merge_enterprises(kept=kept, duplicate=duplicate, reason="换了代码", by=BY, at=AT)
    with pytest.raises(UnableToKeep, match="台账在核对之后变了"):
        operations.keep_load(load, by=BY, at=AT, acknowledgement="测试")
    undo_merge(merge, reason="认错了", by=BY, at=AT)
    with pytest.raises(UnableToKeep, match="台账在核对之后变了"):
        operations.keep_load(load, by=BY, at=AT, acknowledgement="测试")
    operations.keep_load(load, by=BY, at=AT, acknowledgement="测试")
    assert Attendance.objects.get().enterprise == duplicate


@pytest.mark.parametrize(
    ("role", "code", "may"),
    [
        (Role.STAFF, "reference.units", False),
        (Role.FINANCE, "reference.calendar", False),
        (Role.ADMINISTRATOR, "reference.calendar", True),
        (Role.ADMINISTRATOR, "reference.units", True),
        (Role.STAFF, "reference.enterprises", True),
        (Role.ADMINISTRATOR, "reference.enterprises", False),
    ],
)
def test_who_administers_brings_in_what_everybody_hangs_on(role, code, may):
    user = _user(make_client(make_unit("ZZ"), role))
    load = check(code, fill_template(code, ROWS[code]), by=user)
    assert not load.error_count
    if may:
        assert operations.keep_load(load, by=user, at=AT, acknowledgement="测试").state == Load.State.KEPT
        return
    with pytest.raises(UnableToKeep, match="不归您的角色维护"):
        operations.keep_load(load, by=user, at=AT, acknowledgement="测试")


def test_who_administers_a_part_does_not_change_the_tree_by_file():
    tree = make_tree()
    user = _user(make_client(tree["D"]))
    rows = [("X", "某局", "", "部门", "E", None, None)]
    load = check("reference.units", fill_template("reference.units", rows), by=user, unit=tree["D"])
    with pytest.raises(UnableToKeep, match="不归您的角色维护"):
        operations.keep_load(load, by=user, at=AT)


def _user(client):
    from yunpu.access.models import User

    return User.objects.get(pk=client.session["_auth_user_id"])


def test_what_comes_with_the_platform_is_taken_in_without_a_finding(tmp_path):
    for code, path in write_shipped(tmp_path):
        load = take(code, path.read_bytes(), name=path.name)
        assert load.state == Load.State.KEPT
        assert load.findings == [], path.name
        assert take(code, path.read_bytes(), name=path.name).state == Load.State.UNCHANGED
    check_regions()
    check_classifications()
    check_calendar()


def check_regions():
    """11 prefectures and 100 county-level divisions at the end of 2020."""
    from yunpu.reference.queries import in_force, list_region_tree

    then = in_force(Region.objects.all(), dt.date(2020, 12, 31))
    assert then.filter(level="prefecture").count() == 11
    assert then.filter(level="county").count() == 100
    assert {depth for _region, depth in list_region_tree(then)} == {0, 1, 2}
    assert all(check_region_code(code) is None for code in Region.objects.values_list("code", flat=True))
    assert {one.code for one in in_force(Region.objects.all(), dt.date(2019, 6, 1))} >= {"360105"}
    assert "360113" not in {one.code for one in in_force(Region.objects.all(), dt.date(2019, 6, 1))}
    assert not Region.objects.filter(valid_from__isnull=False, note="").exists(), "a date says how sure it is"


def check_classifications():
    counts = {scheme.code: scheme.classification_set.count() for scheme in Scheme.objects.all()}
    assert counts == {"CN-FUNCTION": 274, "CN-ECONOMIC-DEPARTMENT": 110, "CN-ECONOMIC-GOVERNMENT": 18}
    lengths = {(len(code), level) for code, level in Classification.objects.values_list("code", "level")}
    assert lengths == {(3, 1), (5, 2), (7, 3)}


def check_calendar():
    """The holidays of 2020 as they were in the end, with the prolonged Spring Festival."""
    calendar = get_working_calendar()
    assert calendar.next(dt.date(2020, 1, 23)) == dt.date(2020, 2, 3)
    assert calendar.count(dt.date(2020, 1, 1), dt.date(2020, 12, 31)) == 249
    assert CalendarDay.objects.filter(day__year=2020, kind="workday").count() == 6


def test_project_codes_of_the_examples_are_valid():
    assert all(check_project_code(row[0]) is None for row in ROWS["reference.projects"])

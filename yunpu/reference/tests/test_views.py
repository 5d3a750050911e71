"""The screens of the shared identities: what they show, what they do, who may."""

import pytest
from django.urls import reverse

from yunpu.access.models import Role
from yunpu.domains.outreach.models import Attendance
from yunpu.domains.outreach.tests.factories import make_activity, make_attendance
from yunpu.reference.models import CalendarDay, Enterprise, Merge, Region, Unit
from yunpu.reference.tests.factories import make_client, make_enterprise, make_tree, make_unit
from yunpu.trail.operations import preparing
from yunpu.ui.registers import registers_of

pytestmark = pytest.mark.django_db
SLUGS = ["units", "enterprises", "merges", "regions", "classifications", "schemes", "projects", "calendar"]


def text_of(response):
    assert response.status_code == 200, response.status_code
    return response.content.decode()


@pytest.fixture
def tree():
    return make_tree()


@pytest.fixture
def client(tree):
    return make_client(tree["S"])


def test_the_page_of_the_area_leads_to_every_register(client):
    page = text_of(client.get(reverse("reference:area")))
    assert [one.slug for one in registers_of("reference")] == SLUGS
    for slug in SLUGS:
        assert reverse(f"reference:{slug}-list") in page
    assert "还没有登记" in page  # no holiday is entered in this database
    assert 'aria-current="page"' in page


def test_from_each_register_the_others_are_a_tab_away(client):
    for slug in SLUGS:
        page = text_of(client.get(reverse(f"reference:{slug}-list")))
        for other in SLUGS:
            assert f'href="{reverse(f"reference:{other}-list")}"' in page


def test_the_warning_goes_when_the_year_is_entered(client, settings):
    from yunpu.trail import clock

    with preparing("test"):
        CalendarDay.objects.create(day=clock.today().replace(month=10, day=1), kind="holiday", name="国庆节")
    assert "还没有登记" not in text_of(client.get(reverse("reference:area")))


def test_the_tree_shows_units_under_their_parents_as_of_a_day(client, tree):
    url = reverse("reference:unit-tree")
    lines = client.get(url).context["lines"]
    assert [(line.code, line.depth) for line in lines][:4] == [("S", 0), ("C", 1), ("D", 2), ("B", 3)]
    close = reverse("reference:unit-close", args=[tree["U"].pk])
    assert client.post(close, {"on": "2020-06-01", "reason": "撤并"}).status_code == 302
    assert "U" in {line.code for line in client.get(url, {"on": "2020-05-31"}).context["lines"]}
    assert "U" not in {line.code for line in client.get(url, {"on": "2020-06-01"}).context["lines"]}
    assert text_of(client.get(url, {"on": "某天"}))


def test_a_unit_is_moved_on_its_page_with_a_reason(client, tree):
    url = reverse("reference:unit-move", args=[tree["B"].pk])
    page = client.get(url)
    offered = set(page.context["form"].fields["parent"].queryset.values_list("code", flat=True))
    assert offered == {"S", "C", "D", "E", "F"}
    assert "它下面的单位数：1" in text_of(page)
    assert client.post(url, {"parent": tree["E"].pk}).status_code == 422
    assert client.post(url, {"parent": tree["E"].pk, "reason": "机构改革"}).status_code == 302
    assert Unit.objects.get(code="U").path.startswith(tree["E"].path)


def test_a_refused_move_says_why(client, tree):
    url = reverse("reference:unit-move", args=[tree["E"].pk])
    response = client.post(url, {"parent": tree["D"].pk, "reason": "试试"})
    assert response.status_code == 409
    assert "层级必须低于上级单位" in response.content.decode()


def test_a_unit_is_entered_and_changed_on_the_form(client, tree):
    given = {"code": "N", "name": "新局", "level": "bureau", "parent": tree["D"].pk}
    assert client.post(reverse("reference:units-create"), given).status_code == 302
    unit = Unit.objects.get(code="N")
    assert unit.path == f"{tree['D'].path}{unit.pk}/"
    url = reverse("reference:units-change", args=[unit.pk])
    assert client.post(url, {**given, "name": "更名局", "parent": tree["E"].pk}).status_code == 302
    unit.refresh_from_db()
    assert (unit.name, unit.parent_id) == ("更名局", "E")
    assert unit.path == f"{tree['E'].path}{unit.pk}/"


def test_who_administers_a_part_writes_only_there(tree):
    client = make_client(tree["D"])
    assert client.get(reverse("reference:units-change", args=[tree["B"].pk])).status_code == 200
    assert client.get(reverse("reference:units-change", args=[tree["E"].pk])).status_code == 404
    assert client.get(reverse("reference:unit-move", args=[tree["E"].pk])).status_code == 404
    form = client.get(reverse("reference:units-create")).context["form"]
    assert set(form.fields["parent"].queryset.values_list("code", flat=True)) == {"D", "B", "F", "U"}


@pytest.mark.parametrize("role", [Role.STAFF, Role.FINANCE, Role.LEADER, Role.AUDITOR])
def test_only_who_administers_changes_what_everybody_hangs_on(role, tree):
    client, enterprise = make_client(tree["S"], role), make_enterprise()
    for url in (
        reverse("reference:units-create"),
        reverse("reference:regions-create"),
        reverse("reference:calendar-create"),
        reverse("reference:classifications-create"),
        reverse("reference:schemes-create"),
        reverse("reference:unit-move", args=[tree["B"].pk]),
        reverse("reference:enterprise-merge", args=[enterprise.pk]),
    ):
        assert client.get(url).status_code == 403, url
    assert "新建" not in text_of(client.get(reverse("reference:units-list")))
    assert text_of(client.get(reverse("reference:unit-tree")))


def test_a_wrong_code_is_told_at_its_field(client):
    given = {"code": "990000", "name": "没有的省"}
    response = client.post(reverse("reference:regions-create"), given)
    assert response.status_code == 422
    assert "前两位不是已知的省份" in response.content.decode()
    given = {"code": "360102", "name": "东湖区"}
    assert client.post(reverse("reference:regions-create"), given).status_code == 302
    assert Region.objects.get().level == "county"


def test_a_credit_code_is_checked_on_the_form(tree):
    client = make_client(tree["S"], Role.STAFF)
    response = client.post(
        reverse("reference:enterprises-create"), {"credit_code": "91360199MC0000001A", "name": "甲"}
    )
    assert response.status_code == 422
    assert "校验位不对" in response.content.decode()


def test_a_worked_weekday_is_told_at_its_field(client):
    given = {"day": "2020-10-12", "kind": "workday", "name": "国庆节"}
    response = client.post(reverse("reference:calendar-create"), given)
    assert response.status_code == 422
    assert "不是周末" in response.content.decode()


def test_two_enterprises_are_found_compared_merged_and_taken_apart(client, tree):
    kept, duplicate = make_enterprise("云谱智能公司"), make_enterprise("云谱智能有限公司", industry="软件")
    attended = make_attendance(make_activity(tree["B"]), duplicate)
    page = text_of(client.get(reverse("reference:enterprises-record", args=[kept.pk])))
    choose = reverse("reference:enterprise-merge", args=[kept.pk])
    assert choose in page
    found = client.get(choose)
    assert [one.pk for one in found.context["candidates"]] == [duplicate.pk] or found.context["asked"] == ""
    found = client.get(choose, {"q": duplicate.credit_code})
    compare = reverse("reference:enterprise-compare", args=[kept.pk, duplicate.pk])
    page = text_of(client.get(compare))
    assert "yp-differs" in page
    assert "参加记录" in page
    assert client.post(compare, {"reason": ""}).status_code == 422
    assert client.post(compare, {"reason": "同一家企业"}).status_code == 302
    assert Attendance.objects.get(pk=attended.pk).enterprise == kept
    merge = Merge.objects.get()
    page = text_of(client.get(reverse("reference:merges-record", args=[merge.pk])))
    assert "有效" in page
    assert str(attended) in page or "参加记录" in page
    undo = reverse("reference:merge-undo", args=[merge.pk])
    assert client.post(undo, {"reason": "认错了"}).status_code == 302
    assert Attendance.objects.get(pk=attended.pk).enterprise == duplicate
    assert "已撤销" in text_of(client.get(reverse("reference:merges-list")))
    assert client.post(undo, {"reason": "再来"}).status_code == 409


def test_a_merged_enterprise_says_so_wherever_it_is_named():
    kept, duplicate = make_enterprise("甲"), make_enterprise("乙")
    with preparing("test"):
        Enterprise.objects.filter(pk=duplicate.pk).update(merged_into=kept)
    assert str(Enterprise.objects.get(pk=duplicate.pk)) == "乙（已合并）"


def test_a_merged_enterprise_is_offered_by_no_form(tree):
    kept, duplicate = make_enterprise("甲"), make_enterprise("乙")
    with preparing("test"):
        Enterprise.objects.filter(pk=duplicate.pk).update(merged_into=kept)
    form = make_client(tree["S"], Role.STAFF).get(reverse("outreach:attendance-create")).context["form"]
    assert list(form.fields["enterprise"].queryset) == [kept]


def test_trees_of_regions_and_codes_open_empty_and_say_what_to_do(client):
    for name in ("region-tree", "classification-tree"):
        assert "导入第一份表格" in text_of(client.get(reverse(f"reference:{name}")))


def test_the_tree_takes_the_same_queries_however_many_units(client, tree, django_assert_max_num_queries):
    for number in range(30):
        make_unit(f"K{number}", tree["D"])
    with django_assert_max_num_queries(14):
        client.get(reverse("reference:unit-tree"))


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_merging_and_undoing_through_a_browser(new_page):
    root = make_unit("S")
    kept, duplicate = make_enterprise("云谱智能"), make_enterprise("云谱智能科技")
    from yunpu.access.models import User
    from yunpu.ui import search

    with preparing("test"):
        search.reindex(Enterprise, [kept.pk, duplicate.pk])
    session = make_client(root).session
    page = new_page(User.objects.get(pk=session["_auth_user_id"]))
    page.goto(reverse("reference:enterprises-record", args=[kept.pk]))
    page.click("a:has-text('合并重复企业')")
    page.click("a:has-text('并排核对')")
    page.fill("textarea[name=reason]", "同一家企业换了名称")
    page.click("button:has-text('合并')")
    page.wait_for_selector("text=已合并，移动了")
    page.click("a:has-text('撤销合并')")
    page.fill("textarea[name=reason]", "其实是两家")
    page.click("main button:has-text('撤销合并')")
    page.wait_for_selector("text=已撤销合并")
    assert not Enterprise.objects.filter(merged_into__isnull=False).exists()

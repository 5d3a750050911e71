"""The door and what stands behind it: signing in, being locked out, passwords, settings, users and their roles."""

import datetime as dt
import re

import pytest
from django.contrib.auth import SESSION_KEY
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from yunpu.access.middleware import SEEN
from yunpu.access.models import Grant, Role, User
from yunpu.access.tests.factories import browser_of, give, make_unit, make_user
from yunpu.domains.outreach.tests.factories import make_enterprise
from yunpu.trail.models import Event

PASSWORD = "correct-horse-battery"
DOOR = "/access/sign-in/"

pytestmark = pytest.mark.django_db


@pytest.fixture
def unit():
    return make_unit("区科工局")


@pytest.fixture
def clerk(unit):
    return make_user(unit, Role.STAFF, username="clerk", name="陈经办", password=PASSWORD)


@pytest.fixture
def admin(unit):
    return make_user(unit, Role.ADMINISTRATOR, username="admin", name="管理员", password=PASSWORD)


@pytest.fixture
def security(unit):
    return make_user(unit, Role.SECURITY, username="security", name="安全管理员", password=PASSWORD)


@pytest.fixture
def locking(settings):
    settings.AXES_ENABLED = True


def sign_in(client, username="clerk", password=PASSWORD, **more):
    return client.post(DOOR, {"username": username, "password": password, **more})


def verbs():
    return list(Event.objects.order_by("id").values_list("verb", flat=True))


# The door


def test_signing_in_is_an_event_and_opens_the_home_page(client, clerk):
    response = sign_in(client)
    assert response["Location"] == "/"
    event = Event.objects.get()
    assert (event.verb, event.by_id, event.address) == ("access.user-signed-in", clerk.pk, "127.0.0.1")
    assert event.request_id == response["X-Request-ID"]
    clerk.refresh_from_db()
    assert clerk.last_login is not None


def test_the_session_gets_a_new_key(client, clerk):
    client.get(DOOR)
    session = client.session
    session["before"] = "1"
    session.save()
    old = client.cookies["sessionid"] = session.session_key
    sign_in(client)
    assert client.cookies["sessionid"].value != old


def test_signing_out_is_an_event_and_takes_a_post(client, clerk):
    sign_in(client)
    assert client.get("/access/sign-out/").status_code == 405
    client.post("/access/sign-out/")
    assert verbs() == ["access.user-signed-in", "access.user-signed-out"]
    assert SESSION_KEY not in client.session


@pytest.mark.parametrize(("username", "told"), [("clerk", "陈经办"), ("my-pass-word!", "—")])
def test_a_failure_says_one_sentence_and_keeps_no_typed_text(client, clerk, username, told):
    response = sign_in(client, username, "wrong")
    assert response.status_code == 422
    assert "用户名或密码不对" in response.content.decode()
    event = Event.objects.get()
    assert (event.verb, event.object_name, event.after) == ("access.user-sign-in-failed", told, None)


def test_a_closed_account_does_not_come_in(client, unit):
    make_user(unit, Role.STAFF, username="gone", password=PASSWORD, is_active=False)
    assert sign_in(client, "gone").status_code == 422


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil.example"]
)
def test_the_door_leads_nowhere_else(client, clerk, target):
    assert sign_in(client, next=target)["Location"] == "/"
    assert "evil" not in browser_of(clerk).get(DOOR, {"next": target})["Location"]


def test_the_door_leads_where_one_wanted_to_go(client, clerk):
    wanted = "/outreach/activities/?kind=roadshow"
    sent = client.get(wanted)["Location"]
    assert sent.startswith(DOOR)
    page = client.get(sent).content.decode()
    assert 'name="next" value="/outreach/activities/?kind=roadshow"' in page
    assert sign_in(client, next=wanted)["Location"] == wanted


def test_the_door_can_be_read_in_english(client, clerk):
    assert "用户名" in client.get(DOOR).content.decode()
    response = client.get(DOOR, {"language": "en", "next": "/intake/loads/"})
    assert response["Location"] == f"{DOOR}?next=%2Fintake%2Floads%2F"
    page = client.get(response["Location"]).content.decode()
    assert "Password" in page
    assert not re.search("[一-鿿]", page.replace("中文", "").replace("云谱区", ""))


def test_five_failures_lock_the_door_and_say_until_when(client, clerk, locking):
    for _attempt in range(4):
        assert sign_in(client, password="wrong").status_code == 422
    response = sign_in(client, password="wrong")
    assert response.status_code == 429
    page = response.content.decode()
    until = timezone.localtime(timezone.now() + dt.timedelta(minutes=30))
    assert any(f"锁定到 {until - dt.timedelta(minutes=m):%H:%M}" in page for m in (0, 1))
    assert "30 分钟" in page
    assert sign_in(client).status_code == 429, "also with the right password"
    assert verbs().count("access.user-sign-in-failed") == 6
    assert verbs().count("access.user-locked-out") >= 1


def test_the_lock_is_told_in_english_too(client, clerk, locking):
    client.get(DOOR, {"language": "en"})
    for _attempt in range(5):
        response = sign_in(client, password="wrong")
    page = response.content.decode()
    assert "locked until" in page
    assert not re.search("[一-鿿]", page.replace("云谱区", ""))


def test_four_failures_and_a_success_begin_anew(client, clerk, locking):
    for _round in range(2):
        for _attempt in range(4):
            sign_in(client, password="wrong")
        assert sign_in(client).status_code == 302
        client.post("/access/sign-out/")


def test_another_person_at_the_same_place_is_not_locked_out(client, clerk, admin, locking):
    for _attempt in range(5):
        sign_in(client, password="wrong")
    assert sign_in(Client(), "admin").status_code == 302


# The session


def test_whoever_was_away_too_long_signs_in_again(client, clerk, settings):
    sign_in(client)
    client.get("/")
    session = client.session
    session[SEEN] -= settings.SESSION_IDLE_SECONDS + 1
    session.save()
    response = client.get("/outreach/activities/")
    assert response["Location"] == f"{DOOR}?idle=1&next=%2Foutreach%2Factivities%2F"
    assert "很久没有操作" in client.get(response["Location"]).content.decode()
    assert client.get("/").status_code == 302


def test_whoever_works_stays(client, clerk):
    sign_in(client)
    client.get("/")
    session = client.session
    session[SEEN] -= 900
    session.save()
    assert client.get("/").status_code == 200
    assert timezone.now().timestamp() - client.session[SEEN] < 60


def test_cookies_are_out_of_reach_of_scripts_and_other_sites(client, clerk):
    sign_in(client)
    session = client.cookies["sessionid"]
    assert session["httponly"]
    assert session["samesite"] == "Lax"


# Passwords


def test_a_one_time_secret_opens_nothing_but_its_change(client, unit):
    make_user(unit, Role.ADMINISTRATOR, username="new", password=PASSWORD, must_change_password=True)
    sign_in(client, "new")
    for url in ("/", "/access/users/", "/access/profile/", "/outreach/activities/"):
        assert client.get(url)["Location"] == "/access/password/"
    page = client.get("/access/password/").content.decode()
    assert "一次性密码" in page
    given = {"password": "Another-good-1", "again": "Another-good-1"}
    assert client.post("/access/password/", given)["Location"] == "/"
    assert client.get("/").status_code == 200
    assert not User.objects.get(username="new").must_change_password


@pytest.mark.parametrize(
    ("password", "again", "why"),
    [
        ("short", "short", "10"),
        ("1234567890123", "1234567890123", "数字"),
        ("password123", "password123", "常见"),
        ("clerk-clerk", "clerk-clerk", "用户名"),
        (PASSWORD, PASSWORD, "不一样"),
        ("One-good-secret", "Another-secret", "不一样"),
        ("lower-only-words", "lower-only-words", "3 类"),
    ],
)
def test_a_weak_or_old_password_is_refused_with_the_reason(clerk, password, again, why):
    client = browser_of(clerk)
    response = client.post("/access/password/", {"present": PASSWORD, "password": password, "again": again})
    assert response.status_code == 422
    errors = str(response.context["form"].errors)
    assert why in errors
    clerk.refresh_from_db()
    assert clerk.check_password(PASSWORD)


def test_a_new_password_needs_the_present_one(clerk):
    given = {"present": "guess", "password": "One-good-secret", "again": "One-good-secret"}
    assert "present" in browser_of(clerk).post("/access/password/", given).context["form"].errors


def test_a_new_password_ends_the_person_s_other_sessions(clerk):
    here, elsewhere = browser_of(clerk), browser_of(clerk)
    given = {"present": PASSWORD, "password": "One-good-secret", "again": "One-good-secret"}
    here.post("/access/password/", given)
    assert here.get("/").status_code == 200
    assert elsewhere.get("/").status_code == 302
    assert verbs() == ["access.user-password-changed"]


# One's own settings


def test_language_and_theme_are_one_s_own(clerk):
    client = browser_of(clerk)
    client.post("/access/profile/", {"language": "en", "theme": "dark"})
    page = client.get("/access/profile/").content.decode()
    assert 'lang="en"' in page
    assert 'data-theme="dark"' in page
    assert verbs() == ["access.user-settings-changed"]


def test_the_language_is_switched_on_the_page_one_is_at(clerk):
    client = browser_of(clerk)
    back = "http://testserver/outreach/activities/?kind=roadshow"
    response = client.post("/access/language/", {"language": "en"}, HTTP_REFERER=back)
    assert response["Location"] == back
    away = client.post("/access/language/", {"language": "en"}, HTTP_REFERER="http://evil.example/")
    assert away["Location"] == "/"
    assert 'lang="en"' in client.get("/outreach/activities/").content.decode()


def test_the_profile_shows_roles_with_their_time_and_the_last_sign_ins(client, clerk, unit):
    give(clerk, Role.AUDITOR, unit, valid_from=dt.date(2001, 1, 1), valid_to=dt.date(2002, 1, 1))
    sign_in(client)
    page = client.get("/access/profile/").content.decode()
    assert "经办人 · 区科工局" in page
    assert "有效" in page
    assert "已结束" in page
    assert "127.0.0.1" in client.get("/access/security/").content.decode()


# Users and their roles


def test_a_new_user_s_secret_is_shown_once(admin, unit):
    client = browser_of(admin)
    given = {"username": "Wang", "name": "王", "unit": unit.pk}
    response = client.post("/access/new-user/", given)
    secret = response.context["secret"]
    assert secret in response.content.decode()
    assert response["Cache-Control"] == "no-store"
    user = User.objects.get(username="wang")
    assert user.check_password(secret)
    assert not user.grants.exists(), "roles are given by another person"
    assert verbs() == ["access.user-created"]
    assert secret not in client.get(reverse("access:users-record", args=[user.pk])).content.decode()


def test_the_user_of_an_enterprise_is_opened_with_its_code(admin, unit):
    firm = make_enterprise()
    given = {"username": "firm", "name": "企业", "unit": unit.pk, "credit_code": "X"}
    client = browser_of(admin)
    refused = client.post("/access/new-user/", given)
    assert "企业名录里没有" in str(refused.context["form"].errors)
    client.post("/access/new-user/", given | {"credit_code": firm.credit_code.lower()})
    assert User.objects.get(username="firm").enterprise == firm


def test_accounts_and_roles_are_two_people_s_work(admin, security, clerk):
    give_role, reset = (
        reverse(f"access:{name}", args=[clerk.pk]) for name in ("give-role", "reset-password")
    )
    assert browser_of(admin).get(give_role).status_code == 403
    assert browser_of(security).get(reset).status_code == 403
    assert browser_of(security).get("/access/new-user/").status_code == 403
    record = reverse("access:users-record", args=[clerk.pk])
    assert give_role not in browser_of(admin).get(record).content.decode()
    assert give_role in browser_of(security).get(record).content.decode()


def test_a_role_is_limited_to_a_register_by_its_form(security, clerk, unit):
    client = browser_of(security)
    url = reverse("access:give-role", args=[clerk.pk])
    offered = dict(client.get(url).context["form"].fields["register"].choices)
    assert offered["outreach.activity"] == "活动"
    assert "access.user" not in offered
    given = {"role": "reviewer", "role_unit": unit.pk, "register": "outreach.activity"}
    client.post(url, given)
    assert Grant.objects.get(role="reviewer").register == "outreach.activity"
    assert client.post(url, given | {"register": "no.such"}).status_code == 422


def test_the_table_of_rights_is_shown(security, clerk):
    page = browser_of(security).get("/access/roles/").content.decode()
    assert "安全管理员" in page
    assert "查看个人信息原文" in page
    assert browser_of(clerk).get("/access/roles/").status_code == 403


def test_a_role_is_given_ended_and_listed(security, clerk, unit):
    client = browser_of(security)
    end = timezone.localdate() + dt.timedelta(30)
    given = {"role": "reviewer", "role_unit": unit.pk, "valid_to": end.isoformat()}
    record = reverse("access:users-record", args=[clerk.pk])
    response = client.post(reverse("access:give-role", args=[clerk.pk]), given)
    assert response["Location"] == record
    grant = Grant.objects.get(role="reviewer")
    assert grant.valid_to == end
    assert end.isoformat() in client.get(record).content.decode()
    assert "审核人" in client.get("/access/grants/").content.decode()
    url = reverse("access:end-role", args=[grant.pk])
    assert client.post(url, {"reason": ""}).status_code == 422
    assert client.post(url, {"reason": "轮岗"})["Location"] == record
    grant.refresh_from_db()
    assert grant.valid_to == timezone.localdate()


def test_an_administrator_of_one_unit_offers_no_other(admin, security, clerk, unit):
    other = make_unit("区人社局")
    client = browser_of(admin)
    assert set(client.get("/access/new-user/").context["form"].fields["unit"].queryset) == {unit}
    given = {"username": "w", "name": "w", "unit": other.pk}
    assert client.post("/access/new-user/", given).status_code == 422
    url, client = reverse("access:give-role", args=[clerk.pk]), browser_of(security)
    assert set(client.get(url).context["form"].fields["role_unit"].queryset) == {unit}
    assert client.post(url, {"role": "staff", "role_unit": other.pk}).status_code == 422


def test_the_last_administrator_reads_why_he_stays(security):
    url = reverse("access:end-role", args=[security.grants.get().pk])
    response = browser_of(security).post(url, {"reason": "不想干"})
    assert response.status_code == 409
    assert "最后一位" in response.content.decode()


def test_an_account_is_closed_and_opened_by_pages(admin, clerk):
    client = browser_of(admin)
    working = browser_of(clerk)
    client.post(reverse("access:close-or-open", args=[clerk.pk]), {"reason": "离职"})
    assert working.get("/").status_code == 302, "also the session that was open"
    client.post(reverse("access:close-or-open", args=[clerk.pk]), {"reason": "返聘"})
    clerk.refresh_from_db()
    assert clerk.is_active


def test_without_the_right_a_page_says_who_has_it(clerk):
    response = browser_of(clerk).get("/access/users/")
    assert response.status_code == 403
    assert "系统管理员" in response.content.decode()

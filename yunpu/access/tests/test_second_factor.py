"""The second factor: who must have one, what proves it, how it is added, lost and reset – by pages, as people do it."""

import datetime as dt
import re
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.contrib.auth import SESSION_KEY
from django.db import connection
from django.test import Client
from django.urls import reverse

from yunpu.access import factor_operations, second_factor
from yunpu.access.factor_operations import UnableToChangeFactor
from yunpu.access.models import Role
from yunpu.access.signing_in import PENDING
from yunpu.access.tests.factories import browser_of, make_unit, make_user
from yunpu.trail.models import Event

PASSWORD = "Correct-horse-9"
DOOR, PROVE, APP = "/access/sign-in/", "/access/sign-in/second-factor/", "/access/security/app/"
AT = dt.datetime(2020, 12, 20, 1, tzinfo=dt.UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture
def unit():
    return make_unit("区")


@pytest.fixture
def admin(unit):
    return make_user(unit, Role.ADMINISTRATOR, username="admin", password=PASSWORD)


@pytest.fixture
def security(unit):
    return make_user(unit, Role.SECURITY, username="security", password=PASSWORD)


@pytest.fixture
def required(settings):
    settings.SECOND_FACTOR_ROLES = frozenset({"administrator", "security"})


def step():
    return int(time.time()) // 30


def code_of(secret, counter=None):
    return format_hotp_value(hotp_value(secret, step() if counter is None else counter))


def pair(user, counter=0):
    """Give a person an app; its secret and recovery codes."""
    secret = second_factor.new_secret()
    return secret, factor_operations.add_app(user, secret=secret, counter=counter, at=AT)


def sign_in(client, username="admin", **more):
    return client.post(DOOR, {"username": username, "password": PASSWORD, **more})


def events(verb):
    return Event.objects.filter(verb=verb)


def test_the_codes_are_those_of_the_standard():
    """RFC 6238, appendix B, SHA-1, the last six of eight digits."""
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    for seconds, code in [(59, "287082"), (1111111109, "081804"), (2000000000, "279037")]:
        assert code_of(secret, seconds // 30) == code


# Who must


def test_whoever_must_have_one_adds_it_before_anything_else(client, admin, required):
    assert sign_in(client)["Location"] == "/"
    for url in ("/", "/access/users/", "/access/profile/", "/access/security/"):
        assert client.get(url)["Location"] == APP
    assert client.post(reverse("access:language"), {"language": "en"}).status_code == 302
    page = client.get(APP)
    assert page["Cache-Control"] == "no-store"
    secret = page.context["groups"].replace(" ", "")
    assert client.post(APP, {"code": "000"}).status_code == 422
    response = client.post(APP, {"code": code_of(secret)})
    assert len(response.context["codes"]) == 10
    assert client.get("/").status_code == 200
    assert events("access.factor-added").get().after == {"factor": "totp"}


def test_whoever_need_not_is_not_asked(client, unit, required):
    make_user(unit, Role.STAFF, username="clerk", password=PASSWORD)
    sign_in(client, "clerk")
    assert client.get("/").status_code == 200


def test_all_can_be_asked(client, unit, settings):
    settings.SECOND_FACTOR_ROLES = frozenset({"all"})
    make_user(unit, Role.STAFF, username="clerk", password=PASSWORD)
    sign_in(client, "clerk")
    assert client.get("/")["Location"] == APP


def test_a_session_from_before_ends_where_a_factor_was_added_elsewhere(client, admin, settings, required):
    settings.SECOND_FACTOR_ROLES = frozenset()
    sign_in(client)
    pair(admin)
    settings.SECOND_FACTOR_ROLES = frozenset({"administrator"})
    assert client.get("/")["Location"] == DOOR
    assert SESSION_KEY not in client.session


# What proves


def test_the_password_alone_opens_nothing(client, admin):
    secret, _codes = pair(admin)
    assert sign_in(client, next="/access/users/")["Location"] == PROVE
    assert SESSION_KEY not in client.session
    assert client.get("/")["Location"].startswith(DOOR)
    assert client.post(PROVE, {"code": "123"}).status_code == 422
    assert (
        client.post(PROVE, {"code": f" {code_of(secret)[:3]} {code_of(secret)[3:]}"})["Location"]
        == "/access/users/"
    )
    assert client.get("/").status_code == 200
    assert events("access.user-signed-in").get().after == {"factor": "totp"}


def test_a_code_proves_once(admin):
    secret, _codes = pair(admin)
    code = code_of(secret)
    assert second_factor.proves(admin, code) == "totp"
    assert second_factor.proves(admin, code) == ""
    earlier = code_of(secret, step() - 1)
    assert second_factor.proves(admin, earlier) == "", "nor one from before the last"


def test_a_code_of_another_hour_or_another_person_proves_nothing(admin, security):
    secret, _codes = pair(admin)
    other, _more = pair(security)
    assert second_factor.proves(admin, code_of(secret, step() - 120)) == ""
    assert second_factor.proves(admin, code_of(other)) == ""


def test_a_recovery_code_proves_once_and_says_how_many_are_left(client, admin):
    _secret, codes = pair(admin)
    sign_in(client)
    client.post(PROVE, {"code": codes[0]})
    assert "还剩 9 个" in client.get("/").content.decode()
    client.post("/access/sign-out/")
    sign_in(client)
    assert client.post(PROVE, {"code": codes[0]}).status_code == 422


def test_the_second_step_needs_the_first_and_not_long_ago(client, admin):
    secret, _codes = pair(admin)
    assert client.get(PROVE)["Location"] == DOOR
    assert client.post(PROVE, {"code": code_of(secret)})["Location"] == DOOR
    sign_in(client)
    session = client.session
    session[PENDING] |= {"at": session[PENDING]["at"] - 301}
    session.save()
    assert client.post(PROVE, {"code": code_of(secret)})["Location"] == DOOR


def test_between_the_steps_a_closed_account_or_a_new_password_ends_it(client, admin):
    secret, _codes = pair(admin)
    sign_in(client)
    admin.set_password("Another-horse-9")
    admin.save()
    assert client.post(PROVE, {"code": code_of(secret)})["Location"] == DOOR


def test_five_wrong_codes_lock_as_five_wrong_passwords_do(client, admin, settings):
    settings.AXES_ENABLED = True
    secret, _codes = pair(admin)
    sign_in(client)
    for _attempt in range(4):
        assert client.post(PROVE, {"code": "0"}).status_code == 422
    assert client.post(PROVE, {"code": "0"}).status_code == 429
    assert client.post(PROVE, {"code": code_of(secret)}).status_code == 429
    assert sign_in(Client()).status_code == 429
    assert events("access.user-locked-out").exists()
    assert events("access.user-sign-in-failed").count() >= 5


def test_the_right_password_between_does_not_begin_the_count_anew(client, admin, settings):
    settings.AXES_ENABLED = True
    pair(admin)
    for _attempt in range(4):
        sign_in(client)
        client.post(PROVE, {"code": "0"})
    sign_in(client)
    assert client.post(PROVE, {"code": "0"}).status_code == 429


# How it is kept


def test_the_database_tells_no_secret(admin):
    secret, codes = pair(admin)
    with connection.cursor() as cursor:
        cursor.execute("SELECT data FROM mfa_authenticator")
        kept = " ".join(str(row[0]) for row in cursor.fetchall())
    assert secret not in kept
    assert "seed" in kept
    assert not any(code in kept for code in codes)
    told = str([event.__dict__ for event in Event.objects.all()])
    assert secret not in told
    assert codes[0] not in told


# Changing and losing it


def test_removing_and_renewing_ask_for_the_password(admin):
    pair(admin)
    client = browser_of(admin)
    url = reverse("access:remove-factor", args=[second_factor.find_totp(admin).pk])
    assert client.post(url, {"present": "guess"}).status_code == 422
    assert client.post("/access/security/codes/", {"present": "guess"}).status_code == 422
    old = second_factor.count_codes(admin)
    page = client.post("/access/security/codes/", {"present": PASSWORD})
    assert len(page.context["codes"]) == old == 10
    assert client.post(url, {"present": PASSWORD})["Location"] == "/access/security/"
    assert not Authenticator.objects.filter(user=admin).exists(), "codes without a factor are of no use"


def test_old_recovery_codes_prove_nothing_any_more(admin):
    _secret, codes = pair(admin)
    factor_operations.renew_codes(admin, at=AT)
    assert second_factor.proves(admin, codes[0]) == ""


def test_another_person_s_factor_is_out_of_reach(admin, security):
    pair(admin)
    url = reverse("access:remove-factor", args=[second_factor.find_totp(admin).pk])
    assert browser_of(security).post(url, {"present": PASSWORD}).status_code == 404


def test_the_last_one_of_whoever_must_have_one_stays(admin, required):
    pair(admin)
    with pytest.raises(UnableToChangeFactor, match="最后一个"):
        factor_operations.remove_factor(second_factor.find_totp(admin), by=admin, at=AT)


def test_a_lost_one_is_reset_by_the_security_administrator_with_a_reason(admin, security, unit):
    clerk = make_user(unit, Role.STAFF, username="clerk", password=PASSWORD)
    pair(clerk)
    url = reverse("access:reset-factors", args=[clerk.pk])
    assert browser_of(admin).get(url).status_code == 403, "who resets passwords does not reset factors"
    assert browser_of(security).post(url, {"reason": ""}).status_code == 422
    browser_of(security).post(url, {"reason": "手机丢了"})
    assert not Authenticator.objects.filter(user=clerk).exists()
    assert events("access.factors-reset").get().reason == "手机丢了"


def test_nobody_resets_the_own_one_nor_beyond_the_own_units(security, unit):
    bureau = make_unit("局", unit)
    below = make_user(bureau, Role.SECURITY)
    with pytest.raises(UnableToChangeFactor, match="自己的"):
        factor_operations.reset_factors(security, by=security, at=AT, reason="x")
    with pytest.raises(UnableToChangeFactor, match="之外"):
        factor_operations.reset_factors(make_user(unit), by=below, at=AT, reason="x")


def test_the_page_says_what_the_demo_does(admin, settings):
    settings.CLOCK_DATE = dt.date(2020, 12, 20)
    page = browser_of(admin).get("/access/security/").content.decode()
    assert "演示设置：第二因素可选" in page


def test_the_picture_holds_the_address_of_the_app(admin, settings):
    secret = second_factor.new_secret()
    address = second_factor.app_address(admin, secret)
    assert address.startswith("otpauth://totp/admin?secret=" + secret)
    side, path = second_factor.picture_path(address)
    assert side > 25
    assert re.fullmatch(r"(M\d+ \d+h1v1h-1z)+", path)


def test_a_forged_answer_of_a_key_is_none(client, admin):
    pair(admin)
    sign_in(client)
    for credential in (
        "",
        "{",
        "[]",
        "{}",
        '{"id": "x", "rawId": "x", "type": "public-key", "response": {}}',
    ):
        assert client.post(PROVE, {"credential": credential}).status_code == 422
    response = browser_of(admin).post("/access/security/key/", {"name": "k", "credential": "{}"})
    assert response.status_code == 422


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_security_key_is_added_and_opens_the_door(new_page, unit):
    """With Chromium's own virtual key: registration, signing out, signing in by the key alone as second factor."""
    user = make_user(unit, Role.STAFF, username="clerk", password=PASSWORD)
    page = new_page(user)
    tools = page.context.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "usb", "hasResidentKey": True, "isUserVerified": True}
    tools.send(
        "WebAuthn.addVirtualAuthenticator",
        {"options": {**options, "hasUserVerification": True, "automaticPresenceSimulation": True}},
    )
    page.goto("/access/security/key/")
    page.fill("#id_name", "办公桌上的")
    page.click("[data-webauthn-start]")
    page.wait_for_selector(".yp-codes")
    assert page.locator(".yp-codes li").count() == 10
    assert [str(key) for key in second_factor.list_keys(user)] == ["办公桌上的"]
    page.context.clear_cookies()
    page.goto(DOOR)
    page.fill("#id_username", "clerk")
    page.fill("#id_password", PASSWORD)
    page.press("#id_password", "Enter")
    page.click("[data-webauthn-start]")
    page.wait_for_url(lambda url: url.count("/") == 3)
    assert events("access.user-signed-in").get().after == {"factor": "webauthn"}

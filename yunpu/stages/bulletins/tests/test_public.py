"""The page for readers outside: it confirms what the paper says, tells nothing else, and stops who tries codes."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.test import Client
from django.urls import reverse

from yunpu.stages.bulletins import public
from yunpu.stages.bulletins.queries import NOT_CONFIRMED, WITHIN, WRONG_AT_MOST
from yunpu.stages.bulletins.tests.office import AT, BY, draft, issue
from yunpu.stages.bulletins.tests.test_verifying import behind_the_platform
from yunpu.trail.models import Event

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def issued(district):
    return issue(draft())


def ask(number: str, code: str, *, address: str = "10.0.0.7", status: int = 200) -> str:
    response = Client(REMOTE_ADDR=address).post(
        reverse("bulletins:confirm"), {"number": number, "code": code}
    )
    assert response.status_code == status
    return response.content.decode()


def test_the_page_opens_without_sign_in_and_the_door_leads_to_it():
    assert "核验简报" in Client().get(reverse("bulletins:confirm")).content.decode()
    door = Client().get(reverse("access:sign-in")).content.decode()
    assert f'href="{reverse("bulletins:confirm")}"' in door


def test_an_issue_is_confirmed_with_what_the_paper_says(issued):
    answer = ask("2020年第1期", issued.verification_code)
    for told in ("已签发，现行有效", "改革工作简报", "2020 年第 1 期", "2020-12-20", issued.digest):
        assert told in answer


def test_nothing_else_is_told(issued):
    answer = ask("2020年第1期", issued.verification_code)
    for kept in ("近100家", "参加培训", "S-2020", issued.snapshot_digest, BY.name, "<nav"):
        assert kept not in answer


@pytest.mark.parametrize(
    "number", ["2020年第1期", "2020 年 第 1 期", "２０２０年第１期", "2020-1", "第2020/01期"]
)
def test_the_number_is_read_as_people_type_it(issued, number):
    assert issued.digest in ask(number, issued.verification_code)


def test_the_code_is_read_as_people_type_it(issued):
    bare = issued.verification_code.replace("-", "")
    for typed in (bare.lower(), f" {bare[:6]} {bare[6:]} ", issued.verification_code.replace("-", "－")):
        assert issued.digest in ask("2020年第1期", typed)


def test_a_wrong_number_and_a_wrong_code_are_answered_alike(issued):
    wrong = "Z" + issued.verification_code[1:] if issued.verification_code[0] != "Z" else "Y" * 12
    pairs = [
        ("2020年第2期", issued.verification_code),
        ("2019年第1期", issued.verification_code),
        ("2020年第1期", wrong),
        ("第一期", "?"),
        ("2020年第1期", "短"),
    ]
    answers = set()
    for number, code in pairs:
        answer = re.sub(r'value="[^"]*"|"X-CSRFToken":"[^"]*"', "", ask(number, code))
        assert "没有核到这一期" in answer
        assert issued.digest not in answer
        answers.add(answer)
    assert len(answers) == 1


def test_what_is_left_empty_is_asked_for_and_counts_as_no_try(issued):
    assert "没有核到" not in ask("", "", status=422)
    assert not Event.objects.filter(verb=NOT_CONFIRMED).exists()


def test_a_draft_is_not_confirmed(district):
    draft()
    assert "没有核到这一期" in ask("2020年第1期", "AAAA-AAAA-AAAA")


def test_a_corrected_issue_says_by_which_one(issued):
    issue(draft(corrects=issued))
    answer = ask("2020年第1期", issued.verification_code)
    assert "已签发，但已被更正" in answer
    assert "以 2020 年第 2 期为准" in answer
    assert "现行有效" not in answer


def test_what_was_changed_behind_the_platform_is_confirmed_no_more(issued):
    changed = issued.document.replace("近100家", "近200家")
    behind_the_platform(("UPDATE bulletins_issue SET document = %s", [changed]))
    assert "没有核到这一期" in ask("2020年第1期", issued.verification_code)


def test_who_tries_codes_is_stopped_also_with_a_true_one_and_only_from_there(issued, monkeypatch):
    moment = AT
    monkeypatch.setattr(public, "now", lambda: moment)
    for _try in range(WRONG_AT_MOST):
        ask("2020年第1期", "AAAA-AAAA-AAAA")
    assert Event.objects.filter(verb=NOT_CONFIRMED, address="10.0.0.7").count() == WRONG_AT_MOST
    stopped = ask("2020年第1期", issued.verification_code, status=429)
    assert issued.digest not in stopped
    assert "14:10" in stopped  # 6:00 UTC is 14:00 here, and ten minutes
    assert issued.digest in ask("2020年第1期", issued.verification_code, address="10.0.0.8")
    moment = AT + WITHIN - dt.timedelta(seconds=1)
    ask("2020年第1期", issued.verification_code, status=429)
    moment = AT + WITHIN
    assert issued.digest in ask("2020年第1期", issued.verification_code)


def test_the_trail_keeps_the_try_but_not_what_was_typed(issued):
    ask("2020年第1期", "SECRET-SLIP22")
    event = Event.objects.get(verb=NOT_CONFIRMED)
    assert (event.by_name, event.address, event.by_id) == ("核验页", "10.0.0.7", None)
    assert "SLIP" not in f"{event.object_name}{event.before}{event.after}{event.reason}"


def test_readers_choose_their_language(issued):
    client = Client()
    client.get(reverse("bulletins:confirm"), {"language": "en"})
    page = client.get(reverse("bulletins:confirm")).content.decode()
    assert 'lang="en"' in page
    assert "核验" not in page

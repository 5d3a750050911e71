"""The pages of a bulletin: who sees which step, repairs keep what was typed, an issue opens and proves itself."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from yunpu.stages.bulletins import operations
from yunpu.stages.bulletins.models import Bulletin, FixedWord, Issue
from yunpu.stages.bulletins.tests.office import AT, BY, TEXT, draft, issue
from yunpu.trail.models import Event

pytestmark = pytest.mark.django_db(transaction=True)


def sign_in(user) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def page(client: Client, bulletin: Bulletin) -> str:
    response = client.get(reverse("bulletins:bulletin", args=[bulletin.pk]))
    assert response.status_code == 200
    return response.content.decode()


def offered(client: Client, bulletin: Bulletin) -> set[str]:
    """The steps that stand on the page, by their addresses."""
    found = re.findall(rf'action="/bulletins/{bulletin.pk}/step/(\w+)/"', page(client, bulletin))
    return set(found)


def test_each_sees_the_step_that_is_theirs(people):
    bulletin = draft(by=people["writer"])
    writer, checker, leader = (sign_in(people[one]) for one in ("writer", "checker", "leader"))
    assert offered(writer, bulletin) == {"submit", "withdraw"}
    assert offered(checker, bulletin) == set()
    operations.submit_bulletin(bulletin, by=people["writer"], at=AT)
    assert offered(writer, bulletin) == {"recall"}
    assert offered(checker, bulletin) == {"check", "return"}
    operations.check_bulletin(bulletin, by=people["checker"], at=AT)
    assert offered(checker, bulletin) == {"return"}
    assert offered(leader, bulletin) == {"issue", "return"}
    assert offered(sign_in(people["auditor"]), bulletin) == set()


@pytest.mark.parametrize(
    ("step", "allowed"),
    [("submit", "writer"), ("check", "checker"), ("issue", "leader"), ("return", "checker")],
)
def test_a_step_is_refused_to_everybody_else(people, step, allowed):
    bulletin = draft(by=people["writer"])
    url = reverse("bulletins:step", args=[bulletin.pk, step])
    for name, user in people.items():
        may_both = name == "leader" and step in ("check", "return")
        expected = {302, 409} if name == allowed or may_both else {404}
        assert sign_in(user).post(url, {"reason": "测试"}).status_code in expected, name


def test_the_way_through_the_pages(people):
    writer, checker, leader = (sign_in(people[one]) for one in ("writer", "checker", "leader"))
    form = writer.get(reverse("bulletins:create")).context["form"]
    asked = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
    answers = {name: getattr(value, "pk", value) for name, value in asked.items()}
    assert writer.post(reverse("bulletins:create"), answers).status_code == 302
    bulletin = Bulletin.objects.get()
    writer.post(reverse("bulletins:text", args=[bulletin.pk]), {"text": TEXT.replace("\n", "\r\n")})
    assert Bulletin.objects.get().text == TEXT
    for client, step in ((writer, "submit"), (writer, "recall"), (writer, "submit"), (checker, "check")):
        assert client.post(reverse("bulletins:step", args=[bulletin.pk, step])).status_code == 302
    done = leader.post(reverse("bulletins:step", args=[bulletin.pk, "issue"]), follow=True)
    shown = done.content.decode()
    published = Issue.objects.get()
    for part in (
        published.verification_code,
        published.digest,
        "2020年第1期",
        "核验通过",
        "李审核",
        "近100家",
    ):
        assert part in shown
    assert reverse("indicators:figure", args=[figure_of(published)]) in shown


def figure_of(published: Issue) -> int:
    from yunpu.stages.bulletins.neutral import read_document

    return next(read_document(published.document).figures()).figure_id


def test_what_is_being_written_is_looked_at_and_not_kept(people):
    bulletin = draft(by=people["writer"])
    writer = sign_in(people["writer"])
    answer = writer.post(reverse("bulletins:look", args=[bulletin.pk]), {"text": TEXT + "共四家{{x}}。\n"})
    shown = answer.content.decode()
    assert 'data-line="9" data-column="2" data-length="2"' in shown
    assert "BUL-001" in shown
    assert "还没有保存" in shown
    assert Bulletin.objects.get().text == TEXT
    assert not Event.objects.filter(verb="bulletins.bulletin-changed").exists()


def test_a_repair_keeps_what_was_typed_beside_it(people):
    bulletin = draft(TEXT + "组织近百家企业。\n", by=people["writer"])
    writer = sign_in(people["writer"])
    text = TEXT + "今年组织近百家企业，贡献一份力量。\n"
    url = reverse("bulletins:repair", args=[bulletin.pk])
    writer.post(url, {"text": text, "place": "4:4:近百家", "figure": "test.firms"})
    writer.post(url, {"place": "4:10:一份", "reason": "泛指"})
    kept = Bulletin.objects.get()
    assert kept.text.splitlines()[-1] == "今年组织{{test.firms}}企业，贡献一份力量。"
    assert [one["reason"] for one in kept.marks] == ["泛指"]
    assert "每个数字都能打开到记录" in page(writer, kept)
    writer.post(url, {"unmark": "4:10:一份"})
    assert Bulletin.objects.get().marks == []


def test_a_repair_of_a_text_that_has_changed_is_refused(people):
    bulletin = draft(TEXT, by=people["writer"])
    url = reverse("bulletins:repair", args=[bulletin.pk])
    answer = sign_in(people["writer"]).post(url, {"place": "4:4:近百家", "figure": "test.firms"})
    assert answer.status_code == 409
    assert "已经改过" in answer.content.decode()
    assert Bulletin.objects.get().text == TEXT


def test_every_form_of_the_file_is_the_issue_and_in_the_trail(people):
    published = issue(draft())
    leader = sign_in(people["leader"])
    page_file = leader.get(reverse("bulletins:file", args=[published.pk, "pdf"]))
    assert page_file.content == bytes(published.pdf)
    assert "filename*=UTF-8''" in page_file["Content-Disposition"]
    text = leader.get(reverse("bulletins:file", args=[published.pk, "txt"])).content.decode()
    assert published.digest in text
    assert published.verification_code in text
    assert Event.objects.filter(verb="bulletins.issue-exported").count() == 2
    assert leader.get(reverse("bulletins:file", args=[published.pk, "exe"])).status_code == 404


def test_a_correction_begins_with_the_old_text_on_the_newest_snapshot(people):
    published = issue(draft())
    answer = sign_in(people["writer"]).post(reverse("bulletins:correct", args=[published.pk]), follow=True)
    assert answer.status_code == 200
    begun = Bulletin.objects.latest("id")
    assert (begun.corrects, begun.text, begun.state) == (published, TEXT, "draft")


def test_the_preview_is_the_page(people):
    bulletin = draft(by=people["writer"])
    writer = sign_in(people["writer"])
    shown = writer.get(reverse("bulletins:page", args=[bulletin.pk, 1]))
    assert shown["Content-Type"] == "image/png"
    assert shown.content.startswith(b"\x89PNG")
    assert writer.get(reverse("bulletins:page", args=[bulletin.pk, 9])).status_code == 404


def test_without_fonts_the_page_is_still_written(people, settings):
    settings.FONT_FOLDERS = []
    assert "yunpu doctor" in page(sign_in(people["writer"]), draft(by=people["writer"]))


def test_fixed_words_are_added_by_whoever_checks(people):
    url = reverse("bulletins:add-word")
    assert sign_in(people["writer"]).post(url, {"word": "五个到位", "reason": "行动名称"}).status_code == 403
    checker = sign_in(people["checker"])
    assert "一带一路" in checker.get(url).content.decode()
    refused = checker.post(url, {"word": "四家企业", "reason": "名称"})
    assert refused.status_code == 422
    assert "里面有统计数字" in refused.content.decode()
    assert checker.post(url, {"word": "五个到位", "reason": "行动名称"}).status_code == 302
    word = FixedWord.objects.get()
    assert word.word in checker.get(reverse("bulletins:words-list")).content.decode()
    assert word.word in checker.get(reverse("bulletins:remove-word", args=[word.pk])).content.decode()
    checker.post(reverse("bulletins:remove-word", args=[word.pk]))
    assert not FixedWord.objects.exists()


def test_what_waits_stands_on_the_home_page(people):
    bulletin = draft(by=people["writer"])
    operations.submit_bulletin(bulletin, by=BY, at=AT)
    shown = sign_in(people["checker"]).get("/").content.decode()
    assert reverse("bulletins:bulletin", args=[bulletin.pk]) in shown


def test_the_lists_open_the_pages(people):
    published = issue(draft())
    waiting = draft()
    auditor = sign_in(people["auditor"])
    assert (
        reverse("bulletins:bulletin", args=[waiting.pk])
        in auditor.get(reverse("bulletins:drafts-list")).content.decode()
    )
    assert (
        reverse("bulletins:issue", args=[published.pk])
        in auditor.get(reverse("bulletins:issues-list")).content.decode()
    )

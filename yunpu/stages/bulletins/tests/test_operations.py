"""From a draft to an issue: who may do which step, what stops it, numbers without gaps, nothing changed afterwards."""

from __future__ import annotations

import datetime as dt
import threading

import pytest
from django.db import IntegrityError, InternalError, close_old_connections, connection, transaction

from yunpu.access.models import Grant, Role
from yunpu.domains.outreach.models import Series
from yunpu.reference.models import Enterprise, Unit
from yunpu.stages.bulletins import operations
from yunpu.stages.bulletins.models import Bulletin, FixedWord, Issue
from yunpu.stages.bulletins.operations import (
    TypedFigures,
    UnableInThisState,
    UnableToAddWord,
    UnableToChange,
    UnableToIssue,
    WrongReferences,
    build,
)
from yunpu.stages.bulletins.queries import list_steps
from yunpu.stages.bulletins.tests.office import AT, BY, TEXT, YEAR, draft, issue, make_snapshot, make_user
from yunpu.stages.bulletins.verifying import verify_issue
from yunpu.stages.indicators.models import Figure
from yunpu.stages.indicators.operations import compute
from yunpu.trail.models import Event

pytestmark = pytest.mark.django_db(transaction=True)
REFUSED = (IntegrityError, InternalError)


# ---- the way of a bulletin -----------------------------------------------------------------------------------------


def test_a_draft_is_checked_by_another_and_issued_by_a_third(district, people):
    writer, checker, leader = people["writer"], people["checker"], people["leader"]
    bulletin = draft(by=writer)
    operations.submit_bulletin(bulletin, by=writer, at=AT)
    operations.check_bulletin(bulletin, by=checker, at=AT)
    done = operations.issue_bulletin(bulletin, by=leader, at=AT)
    assert (done.year, done.number, done.issued_by) == (2020, 1, "赵区长")
    assert done.digest == build(Bulletin.objects.get()).document.digest
    assert len(done.verification_code) == 14
    assert done.snapshot_digest == district.digest
    assert [(one.title, one.by) for one in list_steps(done.bulletin)] == [
        ("起草", "吴编辑"),
        ("送核稿", "吴编辑"),
        ("核稿通过", "李审核"),
        ("签发", "赵区长"),
    ]
    assert verify_issue(done) == []


def test_who_wrote_any_of_it_neither_checks_nor_issues(district, people):
    writer, checker, leader = people["writer"], people["checker"], people["leader"]
    bulletin = draft(by=writer)
    operations.change_bulletin(bulletin, text=TEXT + "补充说明。\n", by=checker, at=AT)
    operations.submit_bulletin(bulletin, by=writer, at=AT)
    for person in (writer, checker):
        with pytest.raises(UnableToChange, match="自己的稿"):
            operations.check_bulletin(bulletin, by=person, at=AT)
    operations.check_bulletin(bulletin, by=leader, at=AT)
    with pytest.raises(UnableToChange, match="不能签发"):
        operations.issue_bulletin(bulletin, by=checker, at=AT)
    operations.issue_bulletin(bulletin, by=leader, at=AT)


def test_who_marked_a_numeral_counts_as_a_writer(district, people):
    bulletin = draft(TEXT + "贡献一份力量。\n", by=people["writer"])
    (one,) = build(bulletin).guard.offenders
    bulletin = operations.mark_not_a_figure(bulletin, one, reason="泛指", by=people["checker"], at=AT)
    operations.submit_bulletin(bulletin, by=people["writer"], at=AT)
    with pytest.raises(UnableToChange):
        operations.check_bulletin(bulletin, by=people["checker"], at=AT)


def test_no_step_is_left_out_and_none_taken_twice(district):
    bulletin = draft()
    with pytest.raises(UnableToChange, match="核稿"):
        operations.issue_bulletin(bulletin, by=BY, at=AT)
    with pytest.raises(UnableInThisState, match="编辑中"):
        operations.check_bulletin(bulletin, by=BY, at=AT)
    operations.submit_bulletin(bulletin, by=BY, at=AT)
    with pytest.raises(UnableInThisState, match="待核稿"):
        operations.change_bulletin(bulletin, text="别的", by=BY, at=AT)
    operations.check_bulletin(bulletin, by=BY, at=AT)
    operations.issue_bulletin(bulletin, by=BY, at=AT)
    for step in (operations.issue_bulletin, operations.submit_bulletin, operations.check_bulletin):
        with pytest.raises(UnableToChange, match="签发"):
            step(bulletin, by=BY, at=AT)
    assert Issue.objects.count() == 1


def test_a_returned_bulletin_is_a_draft_that_nobody_checked(district):
    bulletin = draft()
    operations.submit_bulletin(bulletin, by=BY, at=AT)
    operations.check_bulletin(bulletin, by=BY, at=AT)
    with pytest.raises(UnableToChange, match="理由"):
        operations.return_bulletin(bulletin, reason=" ", by=BY, at=AT)
    back = operations.return_bulletin(bulletin, reason="标题太长", by=BY, at=AT)
    assert (back.state, back.checked_by, back.checked_digest) == ("draft", "", "")
    assert list_steps(back)[-1].reason == "标题太长"


def test_a_submitted_bulletin_may_be_recalled_and_a_draft_withdrawn(district):
    bulletin = draft()
    operations.submit_bulletin(bulletin, by=BY, at=AT)
    assert operations.recall_bulletin(bulletin, by=BY, at=AT).state == "draft"
    with pytest.raises(UnableToChange, match="理由"):
        operations.withdraw_bulletin(bulletin, reason="", by=BY, at=AT)
    operations.withdraw_bulletin(bulletin, reason="并入下一期", by=BY, at=AT)
    with pytest.raises(UnableInThisState, match="已作废"):
        operations.submit_bulletin(bulletin, by=BY, at=AT)
    with pytest.raises(UnableToChange, match="作废"):
        operations.issue_bulletin(bulletin, by=BY, at=AT)
    assert issue(draft()).number == 1, "what was never issued had no number"


# ---- what stops an issue -------------------------------------------------------------------------------------------


def test_every_typed_figure_is_refused_with_its_place(district):
    bulletin = draft(TEXT + "共108家企业，\n其中四家得奖。\n")
    with pytest.raises(TypedFigures) as refused:
        operations.submit_bulletin(bulletin, by=BY, at=AT)
    assert refused.value.params["count"] == 2
    assert "9:2“共108家企业，”" in str(refused.value)
    assert "10:3“其中四家得奖。”" in str(refused.value)
    assert Bulletin.objects.get().state == "draft"


def test_a_fault_of_the_template_is_refused_with_its_place(district):
    with pytest.raises(WrongReferences, match="9:1"):
        operations.submit_bulletin(draft(TEXT + "{{test.nothing}}\n"), by=BY, at=AT)


def test_a_figure_that_changed_after_the_check_is_not_issued(district):
    bulletin = draft()
    operations.submit_bulletin(bulletin, by=BY, at=AT)
    operations.check_bulletin(bulletin, by=BY, at=AT)
    Bulletin.objects.filter(pk=bulletin.pk).update(text=TEXT + "绕过平台加的话。\n")
    with pytest.raises(UnableToIssue, match="核稿以后"):
        operations.issue_bulletin(bulletin, by=BY, at=AT)
    assert not Issue.objects.exists()


def test_a_changed_snapshot_is_noticed_before_issuing(district):
    bulletin = draft()
    operations.submit_bulletin(bulletin, by=BY, at=AT)
    operations.check_bulletin(bulletin, by=BY, at=AT)
    spoil_a_byte()
    with pytest.raises(UnableToIssue, match="快照"):
        operations.issue_bulletin(bulletin, by=BY, at=AT)
    assert not Issue.objects.exists()


def spoil_a_byte() -> None:
    from django.conf import settings

    path = next(
        path for path in sorted(settings.SNAPSHOTS_FOLDER.rglob("*.parquet")) if "enterprises" in path.name
    )
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.chmod(0o644)
    path.write_bytes(content)


# ---- repairs -------------------------------------------------------------------------------------------------------


def test_a_typed_figure_is_linked_in_its_place(district):
    bulletin = draft(TEXT + "今年{{test.firms}}，去年 近百家 企业。\n")
    (one,) = build(bulletin).guard.offenders
    linked = operations.link_figure(bulletin, one, "test.firms", by=BY, at=AT)
    assert linked.text.splitlines()[-1] == "今年{{test.firms}}，去年 {{test.firms}} 企业。"
    assert build(linked).may_issue
    with pytest.raises(UnableToChange, match="已经改过"):
        operations.link_figure(linked, one, "test.firms", by=BY, at=AT)


def test_a_mark_needs_a_reason_and_is_taken_back(district):
    bulletin = draft(TEXT + "贡献一份力量。\n")
    (one,) = build(bulletin).guard.offenders
    with pytest.raises(UnableToChange, match="为什么"):
        operations.mark_not_a_figure(bulletin, one, reason="", by=BY, at=AT)
    marked = operations.mark_not_a_figure(bulletin, one, reason="泛指，不是统计", by=BY, at=AT)
    ((_seen, mark),) = build(marked).guard.marked
    assert (mark.reason, mark.by) == ("泛指，不是统计", "测试")
    assert build(operations.unmark(marked, mark, by=BY, at=AT)).guard.offenders == (one,)


def test_one_mark_is_taken_back_and_the_others_stay(district):
    bulletin = draft(TEXT + "贡献一份力量，作为一个整体推进。\n")
    first, second = build(bulletin).guard.offenders
    for one in (first, second):
        bulletin = operations.mark_not_a_figure(bulletin, one, reason="泛指", by=BY, at=AT)
    ((_seen, mark), _other) = build(bulletin).guard.marked
    left = build(operations.unmark(bulletin, mark, by=BY, at=AT)).guard
    assert left.offenders == (first,)
    assert [seen for seen, _mark in left.marked] == [second]


def test_an_issue_keeps_why_each_numeral_passed(district):
    bulletin = draft(TEXT + "贡献一份力量。\n")
    (one,) = build(bulletin).guard.offenders
    bulletin = operations.mark_not_a_figure(bulletin, one, reason="泛指", by=BY, at=AT)
    kept = [(one["text"], one["reason"], one["by"]) for one in issue(bulletin).numerals]
    assert kept == [("一", "序号", ""), ("2020年", "日期", ""), ("一份", "泛指", "测试")]


def test_the_district_adds_its_own_fixed_words(district):
    bulletin = draft(TEXT + "落实“五个到位”行动。\n")
    assert build(bulletin).guard.offenders
    word = operations.add_fixed_word(word="五个到位", reason="本区行动名称", by=BY, at=AT)
    passed = build(bulletin).guard.passed
    assert ("五个", "本区行动名称") in {(one.text, one.reason) for one in passed}
    operations.remove_fixed_word(word, by=BY, at=AT)
    assert build(bulletin).guard.offenders
    assert [one.verb for one in Event.objects.filter(object_type="bulletins.fixedword").order_by("id")] == [
        "bulletins.fixedword-added",
        "bulletins.fixedword-removed",
    ]


@pytest.mark.parametrize(
    ("word", "reason"),
    [("四家企业", "名称"), ("一批", "名称"), ("一带一路", "已经有了"), ("", "名称"), ("五个到位", " ")],
)
def test_a_fixed_word_hides_no_figure_and_has_a_reason(district, word, reason):
    with pytest.raises(UnableToAddWord):
        operations.add_fixed_word(word=word, reason=reason, by=BY, at=AT)
    assert not FixedWord.objects.exists()


def test_fixed_words_are_changed_by_whoever_checks_for_the_whole_district(people):
    """The list lets a numeral pass in every office's bulletin: a bureau's checker may not lengthen or shorten it."""
    district = Unit.objects.get(code="361100")
    bureau = Unit.objects.create(code="KG", name="区科工局", level="bureau", parent=district, path="/1/9/")
    Series.objects.create(code="XC", name="宣讲", unit=district)
    own = make_user("科工局审核", Role.REVIEWER)
    Grant.objects.filter(user=own).update(unit=bureau)
    with pytest.raises(UnableToAddWord, match="只到一部分单位"):
        operations.add_fixed_word(word="五个到位", reason="本区行动名称", by=own, at=AT)
    word = operations.add_fixed_word(word="五个到位", reason="本区行动名称", by=people["checker"], at=AT)
    with pytest.raises(UnableToChange, match="只到一部分单位"):
        operations.remove_fixed_word(word, by=own, at=AT)
    assert FixedWord.objects.get() == word


# ---- numbers -------------------------------------------------------------------------------------------------------


def test_numbers_run_without_a_gap_for_each_name_and_year(district):
    later = AT + dt.timedelta(days=30)
    done = [
        issue(draft()),
        issue(draft()),
        issue(draft(TEXT.replace("改革工作简报", "督查通报"), name="督查通报")),
        issue(draft(), at=later),
        issue(draft()),
    ]
    assert [(one.name, one.year, one.number) for one in done] == [
        ("改革工作简报", 2020, 1),
        ("改革工作简报", 2020, 2),
        ("督查通报", 2020, 1),
        ("改革工作简报", 2021, 1),
        ("改革工作简报", 2020, 3),
    ]


def test_two_issuing_at_once_get_one_number_each(district):
    ready = []
    for _each in range(3):
        bulletin = draft()
        operations.submit_bulletin(bulletin, by=BY, at=AT)
        ready.append(operations.check_bulletin(bulletin, by=BY, at=AT))
    same = [ready[0], ready[0], *ready[1:]]
    told = at_once(same)
    assert sorted(one.number for one in Issue.objects.all()) == [1, 2, 3]
    assert sorted(type(one).__name__ for one in told) == ["Issue", "Issue", "Issue", "UnableToChange"]


def at_once(bulletins: list[Bulletin]) -> list[object]:
    """Issue each in a thread of its own, all together; what each was told."""
    told: list[object] = []
    start = threading.Barrier(len(bulletins))

    def run(bulletin: Bulletin) -> None:
        start.wait()
        try:
            told.append(operations.issue_bulletin(bulletin, by=BY, at=AT))
        except UnableToChange as refusal:
            told.append(refusal)
        finally:
            close_old_connections()
            connection.close()

    threads = [threading.Thread(target=run, args=(one,)) for one in bulletins]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return told


# ---- nothing changes afterwards ------------------------------------------------------------------------------------


@pytest.mark.parametrize("change", [{"number": 9}, {"document": "{}"}, {"pdf": b""}, {"issued_by": "别人"}])
def test_the_database_refuses_to_change_an_issue(district, change):
    done = issue(draft())
    with pytest.raises(REFUSED), transaction.atomic():
        Issue.objects.filter(pk=done.pk).update(**change)
    with pytest.raises(REFUSED), transaction.atomic():
        done.delete()
    assert verify_issue(Issue.objects.get()) == []


def test_the_database_refuses_to_change_an_issued_bulletin(district):
    done = issue(draft())
    with pytest.raises(REFUSED), transaction.atomic():
        Bulletin.objects.filter(pk=done.bulletin_id).update(drafted_by="别人")
    with pytest.raises(REFUSED), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM bulletins_bulletin WHERE id = %s", [done.bulletin_id])
    assert issue(draft()).number == 2, "another bulletin is not touched by it"


def test_a_correction_is_a_new_issue_that_names_the_old_one(district):
    old = issue(draft())
    make_more_firms()
    snapshot = make_snapshot()
    new = issue(draft(snapshot=snapshot, corrects=old))
    assert (old.number, new.number, new.bulletin.corrects) == (1, 2, old)
    named = f"本期更正《改革工作简报》2020年第1期（核验码 {old.verification_code}）"
    assert named in new.document
    assert "近100家" in old.document
    assert '"value":"105"' in new.document
    assert [verify_issue(one) for one in (Issue.objects.get(number=1), new)] == [[], []]


def make_more_firms() -> None:
    from yunpu.stages.bulletins.tests.office import make_firms

    make_firms(8)


def test_an_issued_figure_is_the_one_of_its_snapshot_whatever_is_computed_later(district):
    done = issue(draft())
    Enterprise.objects.all().update(industry="商贸")
    later = make_snapshot()
    compute(district, YEAR, by=BY, at=AT)
    assert Figure.objects.filter(snapshot=later, code="test.firms").latest("id").shown != "近100家"
    assert "近100家" in Issue.objects.get().document
    assert verify_issue(Issue.objects.get()) == []
    assert Issue.objects.get().digest == done.digest

import pickle
from typing import ClassVar

import pytest

from yunpu.kernel.refusals import Reasoned, Refusal, all_refusals, refusals


class UnableToTest(Refusal):
    code = "TST-101"
    headline = "不能占用：%(reason)s"
    why = "可用只有 %(left)s 元。"
    ways_out = (("查看%(what)s", "/quotas/%(key)s/"), ("稍后再试", ""))


class UnableToRest(Refusal):
    code = "TST-102"
    headline = "不能休息"


REFUSED = UnableToTest(reason="余额不足", left="5.00", what="指标", key="k1")


class _Waiting(Reasoned):
    code = "TST-904"
    headline = "不能排队：%(reason)s"


def test_in_full_it_says_what_why_and_what_to_do() -> None:
    assert (
        str(REFUSED)
        == "不能占用：余额不足。可用只有 5.00 元。可以：查看指标（/quotas/k1/）；稍后再试。[TST-101]"
    )
    assert str(UnableToRest()) == "不能休息。[TST-102]"


def test_it_is_translated_with_its_marked_parameters() -> None:
    english = {
        "不能占用：%(reason)s": "Cannot reserve: %(reason)s",
        "余额不足": "balance too low",
        "可用只有 %(left)s 元。": "Only %(left)s yuan left.",
        "查看%(what)s": "See the %(what)s",
        "指标": "quota",
    }

    def translate(source: str) -> str:
        return english.get(source, source)

    assert REFUSED.headline_in(translate) == "Cannot reserve: balance too low"
    assert REFUSED.why_in(translate) == "Only 5.00 yuan left."
    assert REFUSED.ways_out_in(translate) == (("See the quota", "/quotas/k1/"), ("稍后再试", ""))


def test_every_parameter_must_be_given() -> None:
    with pytest.raises(AssertionError, match="missing: key, left, what"):
        UnableToTest(reason="x")


def test_it_crosses_processes() -> None:
    again = pickle.loads(pickle.dumps(REFUSED))
    assert (type(again), str(again)) == (UnableToTest, str(REFUSED))


def test_all_are_listed_by_code() -> None:
    listed = all_refusals()
    assert listed.index(UnableToTest) < listed.index(UnableToRest)
    assert [one.code for one in listed] == sorted(refusals)


@pytest.mark.parametrize(
    ("attributes", "said"),
    [
        ({"headline": "x"}, "code of its own"),
        ({"code": "tst1", "headline": "x"}, "code of its own"),
        ({"code": "TST-199"}, "headline is missing"),
        ({"code": "TST-101", "headline": "x"}, "TST-101 is the code of both"),
    ],
)
def test_a_refusal_is_whole_and_its_code_its_own(attributes: dict[str, object], said: str) -> None:
    with pytest.raises(AssertionError, match=said):
        type("UnableToBe", (Refusal,), attributes)


def test_a_subclass_needs_its_own_code() -> None:
    with pytest.raises(AssertionError, match="code of its own"):
        type("UnableToTestMore", (UnableToTest,), {})


def test_a_reloaded_module_may_declare_again() -> None:
    class UnableToTest(Refusal):
        code: ClassVar[str] = "TST-103"
        headline = "一"

    again = type("again", (Refusal,), {"__qualname__": UnableToTest.__qualname__, "__module__": __name__,
                                       "code": "TST-103", "headline": "二"})  # fmt: skip
    assert refusals["TST-103"] is again


def test_a_reason_has_words_of_its_own_and_is_translated_when_shown() -> None:
    class UnableToWait(Reasoned):
        code = "TST-903"
        headline = "不能等：%(reason)s"
        why = "有 %(count)s 个"

    refusal = pickle.loads(pickle.dumps(_Waiting(reason="前面有 %(count)s 个", count=3)))
    assert refusal.headline_in() == "不能排队：前面有 3 个"
    english = {
        "不能排队：%(reason)s": "Cannot queue: %(reason)s",
        "前面有 %(count)s 个": "%(count)s before you",
    }
    assert refusal.headline_in(lambda text: english.get(text, text)) == "Cannot queue: 3 before you"
    assert UnableToWait(reason="忙", count=2).why_in() == "有 2 个"

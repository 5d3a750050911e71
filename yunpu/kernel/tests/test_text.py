import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yunpu.kernel.text import UnfitValue, fill, grams, grams_of, mark, normalise, parameters, query_grams

plain = st.text(alphabet="预算指标云谱区ab12 ，-", max_size=30)


@given(st.text())
def test_mark_gives_back_the_source(source: str) -> None:
    assert mark(source) is source


@given(st.text())
def test_normalising_twice_changes_nothing(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


def test_full_width_becomes_ascii_and_blanks_fold() -> None:
    assert normalise("　１２，３４０　\t元\n（整） ") == "12,340 元 (整)"


def test_grams_are_characters_pairs_and_words() -> None:
    assert grams("预算Ａbc，预算指 3.5") == "预 算 预算 abc 指 算指 3 5"


@given(st.text(st.characters(exclude_categories=["Cs", "Cn"])))
def test_grams_are_safe_tokens_once_each(text: str) -> None:
    found = grams(text).split()
    assert len(found) == len(set(found))
    assert all(gram.isalnum() for gram in found)
    assert all(not gram.isascii() or gram == gram.lower() for gram in found)
    assert " ".join(found) == grams(text)


def test_query_takes_pairs_where_there_are_pairs() -> None:
    assert query_grams("预算") == ["预算"]
    assert query_grams("谱 Abc 云谱区云谱") == ["谱", "abc", "云谱", "谱区", "区云"]


@given(plain.map(lambda s: s.replace("a", "").replace("b", "").replace("1", "").replace("2", "")), st.data())
def test_each_part_of_a_text_is_found(text: str, data: st.DataObject) -> None:
    first = data.draw(st.integers(0, len(text)))
    last = data.draw(st.integers(first, len(text)))
    assert set(query_grams(text[first:last])) <= set(grams(text).split())


def test_parameters_of_a_template() -> None:
    assert parameters("%(a)s 占 10%% %(b)s、%(a)s %%(c)s") == {"a", "b"}


def test_filling_translates_template_and_marked_parameters_but_no_quotation() -> None:
    english = {"“%(value)s”不是%(title)s": "“%(value)s” is no %(title)s", "金额": "amount"}
    shown = fill("“%(value)s”不是%(title)s", {"value": "金额", "title": "金额"}, lambda s: english.get(s, s))
    assert shown == "“金额” is no amount"
    assert fill("", {"n": 1}) == ""
    assert fill("%(n)s个", {"n": 3, "empty": ""}) == "3个"


def test_an_unfit_value_tells_its_reason_in_any_language_and_survives_pickling() -> None:
    fault = UnfitValue("“%(given)s”不行", given="x")
    again = pickle.loads(pickle.dumps(fault))
    assert str(again) == str(fault) == fault.reason() == "“x”不行"
    assert again.reason(lambda _s: "no %(given)s") == "no x"
    with pytest.raises(ValueError, match="不行"):
        raise again


@given(st.lists(plain, max_size=5))
def test_grams_of_several_texts_are_those_of_all_of_them(texts: list[str]) -> None:
    assert grams_of(texts) == grams(" ".join(texts))

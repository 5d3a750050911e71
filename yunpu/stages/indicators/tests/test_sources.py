from dataclasses import replace

import narwhals as nw

from yunpu.stages.indicators.registry import list_indicators
from yunpu.stages.indicators.sources import definition_digest, definition_text, rows_text
from yunpu.stages.indicators.tests.declared import FIRMS, activities

_KIND = "online"


def _of_kind(context, kind):
    return context["outreach.activities"].filter(nw.col("kind") == kind)


def _made(kind):
    def rows(context):
        return _of_kind(context, kind)

    return rows


def test_text_holds_what_the_expression_names():
    text = definition_text(FIRMS)
    assert "_INDUSTRY = '制造'" in text
    assert "nw.col('industry') == _INDUSTRY" in text
    assert "disclosure = Disclosure(minimum=0)" in text


def test_helpers_and_closed_over_values_are_part_of_the_definition():
    text = definition_text(activities(rows=_made("expo")))
    assert "kind = 'expo'" in text
    assert "def _of_kind(context, kind)" in text


def test_two_expressions_on_one_line_are_told_apart():
    first, second = (lambda t: t["a"]), (lambda t: t["b"])
    assert (rows_text(first), rows_text(second)) == ("lambda t: t['a']", "lambda t: t['b']")


def test_spelling_does_not_count_but_content_does():
    spaced = lambda t: t["outreach.activities"].filter(  # noqa: E731 - the spelling is what is tested
        nw.col("kind") == _KIND,  # a comment
    )
    plain = lambda t: t["outreach.activities"].filter(nw.col("kind") == _KIND)  # noqa: E731
    other = lambda t: t["outreach.activities"].filter(nw.col("kind") != _KIND)  # noqa: E731
    digests = [definition_digest(activities(rows=rows)) for rows in (spaced, plain, other)]
    assert digests[0] == digests[1] != digests[2]
    assert definition_digest(replace(FIRMS, places=1)) != definition_digest(FIRMS)


def test_every_declared_indicator_has_a_readable_definition():
    for indicator in list_indicators():
        assert indicator.words, indicator.code
        assert indicator.source, indicator.code
        assert len(definition_digest(indicator)) == 64

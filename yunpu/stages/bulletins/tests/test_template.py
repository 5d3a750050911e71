"""What a person writes becomes the neutral form; each fault is told with line, column and what to do."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yunpu.kernel.text import untranslated
from yunpu.stages.bulletins.neutral import BlockKind, FigureSpan, Text, read_document
from yunpu.stages.bulletins.template import column_of, list_references, render
from yunpu.stages.bulletins.tests.written import FIGURES, TWIN, Published

WHOLE = """名称: 改革工作简报
编发：区改革办
报: 市委改革办

# 创新典型推介
## 加强科创力度 交出满意答卷
（供稿：区科工局）

一、组织{{test.firms}}企业参加，连续{{ test.years }}。
（二）增长{{test.firms:growth}}。
"""


def faults(text: str, **options) -> list[tuple[str, int | None, int | None]]:
    return [(one.kind, one.place.row, one.place.column) for one in render(text, FIGURES, **options).findings]


def test_a_whole_text():
    rendered = render(WHOLE, FIGURES, name="改革工作简报")
    document = rendered.document
    assert rendered.findings == ()
    assert document.head == (("名称", "改革工作简报"), ("编发", "区改革办"), ("报", "市委改革办"))
    assert [(block.kind, block.text) for block in document.blocks] == [
        (BlockKind.SECTION, "创新典型推介"),
        (BlockKind.TITLE, "加强科创力度 交出满意答卷"),
        (BlockKind.BYLINE, "（供稿：区科工局）"),
        (BlockKind.PARAGRAPH, "一、组织近100家企业参加，连续6年。"),
        (BlockKind.PARAGRAPH, "（二）增长40.62%。"),
    ]
    assert rendered.lines == {-1: 1, -2: 2, -3: 3, 0: 5, 1: 6, 2: 7, 3: 9, 4: 10}


def test_a_figure_keeps_all_that_identifies_it():
    first = next(render(WHOLE, FIGURES).document.figures())
    assert first == FigureSpan(
        code="test.firms",
        shown="近100家",
        value="97",
        unit="家",
        title="参加企业",
        figure_id=7,
        definition="test.firms@1",
        snapshot="S-20201220-01",
        records=97,
    )


def test_references_in_order_each_once():
    assert list_references(WHOLE + "{{test.firms}}{{test.firms@2019}}") == [
        "test.firms",
        "test.years",
        "test.firms:growth",
        "test.firms@2019",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("## 标题\n今年{{test.nothing}}。", ("BUL-001", 2, 3)),
        ("## 标题\n  今年{{test.firms。", ("BUL-002", 2, 5)),
        ("## 标题\n今年test.firms}}。", ("BUL-002", 2, 13)),
        ("## 标题\n{{test.firms}}和{{测试}}。", ("BUL-002", 2, 16)),
        ("名称: 简报\n编发: 区改革办\n", ("BUL-004", None, None)),
        ("# 栏目\n## 标题\n", ("BUL-004", None, None)),
        ("名称: 简报\n抄送: 各单位\n## 标题\n正文", ("BUL-005", 2, 1)),
        ("注意：先看这里。\n## 标题\n正文", ("BUL-005", 1, 1)),
        ("#  题{{test.nothing}}\n正文", ("BUL-001", 1, 5)),
    ],
)
def test_a_fault_is_told_with_line_and_column(text, expected):
    assert faults(text) == [expected]


def test_all_faults_at_once_each_with_what_to_do():
    found = render("抄送: 甲\n## 标题\n{{test.no}}与{{test.yes}}与{{x", FIGURES).findings
    assert [one.kind for one in found] == ["BUL-005", "BUL-001", "BUL-001", "BUL-002"]
    for one in found:
        assert one.what(untranslated) and one.why(untranslated) and one.remedy(untranslated)


def test_the_name_in_the_head_is_the_name_that_is_counted():
    assert faults("名称: 别的简报\n## 标题\n正文", name="改革工作简报") == [("BUL-006", 1, 1)]
    assert render("## 标题\n正文", FIGURES, name="改革工作简报").document.entry("名称") == "改革工作简报"


def test_a_figure_without_a_value_is_not_written():
    hidden = replace(Published(), value=None, state="hidden", reason="不公开")
    rendered = render("## 标题\n今年{{test.firms}}。", {"test.firms": hidden})
    (finding,) = rendered.findings
    assert (finding.kind, finding.place.cell) == ("BUL-003", "C2")
    assert "不公开" in finding.what(untranslated)
    assert list(rendered.document.figures()) == []


def test_windows_line_ends_change_nothing():
    assert render(WHOLE.replace("\n", "\r\n"), FIGURES) == render(WHOLE, FIGURES)


@pytest.mark.parametrize(
    ("written", "offset", "column"),
    [
        ("四家企业", 0, 0),
        ("  四家企业", 1, 3),
        ("## 四家企业", 1, 4),
        ("编发: 四家", 1, 5),
        ("组织{{test.firms}}和四家", 4, 17),
    ],
)
def test_a_place_in_a_block_is_found_in_its_line(written, offset, column):
    assert column_of(written, offset) == column


def test_the_neutral_form_comes_back_from_its_json():
    document = render(WHOLE, FIGURES).document
    assert read_document(document.to_json()) == document
    assert read_document(document.to_json()).digest == document.digest


def test_the_digest_sees_every_word_and_every_figure():
    first = render(WHOLE, FIGURES).document.digest
    other = {**FIGURES, "test.firms": replace(Published(), value=Fraction(98))}
    assert render(WHOLE, other).document.digest != first
    assert render(WHOLE.replace("参加", "参与"), FIGURES).document.digest != first
    assert render("\n\n" + WHOLE, FIGURES).document.digest == first, "where it was written is not content"


@given(st.text("{}a:.@#（）供稿\n 名称一\u200b", max_size=60))
def test_any_text_gives_a_document(text):
    rendered = render(text, FIGURES)
    assert read_document(rendered.document.to_json()) == rendered.document
    for block in rendered.document.blocks:
        assert all(isinstance(span, Text | FigureSpan) for span in block.spans)


def test_the_twin_has_no_fault():
    assert render(TWIN, {}).findings == ()

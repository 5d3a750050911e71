"""HTML, PDF and text carry the same figures, number, digest and code; the page is the one of GB/T 9704."""

from __future__ import annotations

import datetime as dt
import html
import io
import re
import shutil
from itertools import pairwise
from pathlib import Path

import pypdf
import pytest

from yunpu.stages.bulletins import fonts, render_pdf
from yunpu.stages.bulletins.neutral import Document
from yunpu.stages.bulletins.render_html import render_html
from yunpu.stages.bulletins.render_pdf import (
    Imprint,
    MissingCharacters,
    Place,
    UnableToPrint,
    render_pages,
)
from yunpu.stages.bulletins.render_text import render_text
from yunpu.stages.bulletins.template import render
from yunpu.stages.bulletins.tests.written import FIGURES

SHIPPED = Path(render_pdf.__file__).parents[2] / "ui" / "assets" / "fonts"
AT = dt.datetime(2020, 12, 20, 6, 0, tzinfo=dt.UTC)
IMPRINT = Imprint("2020年第12期", "2020年12月20日", "0123456789abcdef" * 4, "ABCD-EFGH-JKLM", AT)
TEXT = """名称: 改革工作简报
编发: 区改革办
报: 市委改革办
送: 区委常委

# 创新典型推介
## 加强科创力度 <交出> & 满意答卷
（供稿：区科工局）

一、以宣传拓宽覆盖。组织{{test.firms}}企业参加，“走园区、进厂区”连续{{test.years}}。
（一）增长{{test.firms:growth}}。
"""
MM = 72 / 25.4
PITCH = 225 / 22 * MM


def document(text: str = TEXT) -> Document:
    return render(text, FIGURES).document


def pdf(text: str = TEXT, folders: tuple[Path, ...] = (SHIPPED,)) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(render_pdf.render_pdf(document(text), IMPRINT, folders)))


def text_of(reader: pypdf.PdfReader) -> str:
    return "".join(page.extract_text() for page in reader.pages).replace("\n", "")


def html_of(text: str = TEXT) -> str:
    return render_html(document(text), IMPRINT, lambda span: f"/figures/{span.figure_id}/")


# ---- the same in every form ----------------------------------------------------------------------------------------


def test_every_form_carries_figures_number_digest_and_code():
    said = [*(span.shown for span in document().figures()), IMPRINT.number_line, IMPRINT.date_line]
    said += [IMPRINT.digest, IMPRINT.verification_code, "改革工作简报", "区改革办", "市委改革办", "区委常委"]
    assert len(said) == 11
    plain = html.unescape(re.sub("<[^>]+>", "", html_of()))
    for name, form in (("html", plain), ("pdf", text_of(pdf())), ("text", render_text(document(), IMPRINT))):
        assert [one for one in said if one not in form] == [], name


def test_every_form_has_the_same_words_in_the_same_order():
    squeezed = [re.sub(r"\s|【|】", "", block.text) for block in document().blocks]
    for form in (
        html.unescape(re.sub("<[^>]+>", "", html_of())),
        text_of(pdf()),
        render_text(document(), IMPRINT),
    ):
        plain = re.sub(r"\s|【|】", "", form)
        places = [plain.find(block) for block in squeezed]
        assert -1 not in places
        assert places == sorted(places)


def test_every_figure_is_a_link_in_html():
    links = re.findall(r'<a class="yp-figure" href="([^"]+)"[^>]*>([^<]+)</a>', html_of())
    assert links == [("/figures/7/", "近100家"), ("/figures/8/", "6年"), ("/figures/9/", "40.62%")]


def test_what_a_person_typed_is_escaped():
    assert "&lt;交出&gt; &amp; 满意答卷" in html_of()
    assert "#panic(" in text_of(pdf('## 标题\n文#panic("x") $x$ \\ *粗* `码`\n正文'))


def test_a_correction_is_named_in_every_form():
    notice = "本期更正《改革工作简报》2020年第1期（核验码 ABCD-EFGH-JKLM）"
    corrected = Document((*document().head, ("更正", notice)), document().blocks)
    page = text_of(pypdf.PdfReader(io.BytesIO(render_pdf.render_pdf(corrected, IMPRINT, (SHIPPED,)))))
    for form in (render_html(corrected, IMPRINT, lambda _span: "/"), page, render_text(corrected, IMPRINT)):
        assert notice in form


def test_the_same_bulletin_gives_the_same_bytes():
    made = [render_pdf.render_pdf(document(), IMPRINT, (SHIPPED,)) for _each in range(2)]
    assert made[0] == made[1]
    assert made[0].startswith(b"%PDF")


# ---- the page ------------------------------------------------------------------------------------------------------


def pieces(page: pypdf.PageObject) -> list[tuple[str, float, float]]:
    """Text of a page with its place in points from the upper left."""
    height = float(page.mediabox.height)
    found: list[tuple[str, float, float]] = []

    def visit(text, _matrix, text_matrix, _font, _size):
        if text.strip():
            found.append((text.strip(), text_matrix[4] + _matrix[4], height - (text_matrix[5] + _matrix[5])))

    page.extract_text(visitor_text=visit)
    return found


def drawn_lines(page: pypdf.PageObject) -> list[str]:
    return [one for one in page.extract_text().split("\n") if set(one) == {"国"}]


def test_the_page_has_22_lines_of_28_characters():
    reader = pdf("名称: 简报\n\n## 题\n" + "国" * (28 * 22 * 2))
    full = drawn_lines(reader.pages[1])
    assert [len(one) for one in full] == [28] * 22


def test_lines_stand_on_one_pitch_inside_the_margins():
    reader = pdf("名称: 简报\n\n## 题\n" + "国" * (28 * 22 * 2))
    page = reader.pages[1]
    assert [round(float(one) / MM) for one in (page.mediabox.width, page.mediabox.height)] == [210, 297]
    ours = [(x, y) for text, x, y in pieces(page) if "国" in text]
    tops = sorted({round(y, 2) for _x, y in ours})
    gaps = [after - before for before, after in pairwise(tops)]
    assert len(tops) == 22
    assert max(abs(gap - PITCH) for gap in gaps) < 0.1
    assert abs(min(x for x, _y in ours) - 28 * MM) < 0.5
    # A baseline lies 0.88 em below the upper edge of its line.
    assert abs(tops[0] - 0.88 * 16 - 37 * MM) < 1
    assert tops[-1] < (37 + 225) * MM


def test_page_numbers_stand_outside_odd_right_even_left():
    reader = pdf("名称: 简报\n\n## 题\n" + "国" * (28 * 22 * 2))
    first, second = (
        next((x, y) for text, x, y in reversed(pieces(page)) if text.startswith("—"))
        for page in reader.pages[:2]
    )
    assert "— 1 —" in reader.pages[0].extract_text()
    assert "— 2 —" in reader.pages[1].extract_text()
    assert first[0] > 150 * MM
    assert abs(second[0] - (28 * MM + 14)) < 2
    for _x, y in (first, second):
        assert 262 * MM < y < 275 * MM


def pages_of(characters: int) -> list[tuple[str, int, bool]]:
    """Page by page of a text of this length: its number (empty for none), characters of body, whether the tail is on it."""
    found = []
    for page in pdf("名称: 简报\n编发: 区改革办\n\n## 题\n" + "国" * characters).pages:
        said = page.extract_text()
        number = re.search(r"— (\d+) —", said)
        found.append((number[1] if number else "", said.count("国"), "印发" in said))
    return found


@pytest.mark.parametrize("lines", [3, 20, 32])
def test_the_tail_closes_the_last_even_page(lines):
    pages = pages_of(28 * lines)
    assert len(pages) % 2 == 0
    assert [tail for _number, _body, tail in pages] == [False] * (len(pages) - 1) + [True]


def test_a_tail_beside_text_has_its_pages_number():
    (first, second) = pages_of(28 * 20)
    assert first[0] == "1"
    assert second[1] > 0
    assert second[0] == "2"


def test_a_tail_alone_on_its_page_has_no_number():
    assert pages_of(28 * 3) == [("1", 28 * 3, False), ("", 0, True)]


def test_a_blank_page_before_the_tail_and_the_tail_have_no_number():
    on_first = pages_of(28 * 20)[0][1]
    pages = pages_of(on_first + 28 * 21)  # the second page has one line left: no room for the tail
    assert [body > 0 for _number, body, _tail in pages] == [True, True, False, False]
    assert [number for number, _body, _tail in pages] == ["1", "2", "", ""]
    assert [tail for _number, _body, tail in pages] == [False, False, False, True]


def test_text_that_fills_its_last_page_to_the_last_line_keeps_its_number():
    on_first = pages_of(28 * 20)[0][1]
    assert [number for number, _body, _tail in pages_of(on_first)] == ["1", ""]
    assert [number for number, _body, _tail in pages_of(on_first + 28 * 22)] == ["1", "2", "", ""]


def test_a_long_name_fits_the_page():
    (name, left, _top) = next(
        one
        for one in pieces(pdf(TEXT.replace("改革工作简报", "全面深化改革领导小组办公室工作简报")).pages[0])
        if "全面" in one[0]
    )
    assert name.startswith("全面深化改革")
    assert left > 28 * MM


def test_the_preview_shows_offenders_in_red():
    plain = render_pages(document(), IMPRINT, (SHIPPED,))
    marked = render_pages(document(), IMPRINT, (SHIPPED,), offenders=[Place(3, 2, 6)])
    assert len(plain) == len(marked)
    assert plain[0].startswith(b"\x89PNG")
    assert plain != marked


# ---- fonts ---------------------------------------------------------------------------------------------------------


def test_the_set_up_brought_fonts_and_every_character_has_a_glyph():
    assert [path.name for path in fonts.list_fonts((SHIPPED,))], "make .venv/.fonts"
    for page in pdf(TEXT + "䶮、堃、喆、㙦、“”‘’…—〔〕《》①％℃㎡·\n").pages:
        assert_no_missing_glyph(page)


def assert_no_missing_glyph(page: pypdf.PageObject) -> None:
    """Glyph 0 is .notdef: no text may show it. typst writes two-byte glyph numbers (Identity-H)."""
    content = page.get_contents().operations
    shown = 0
    for operands, operator in content:
        if operator not in (b"Tj", b"TJ"):
            continue
        parts = operands[0] if operator == b"TJ" else operands
        for part in parts:
            raw = (
                part.original_bytes
                if hasattr(part, "original_bytes")
                else part
                if isinstance(part, bytes)
                else b""
            )
            glyphs = [raw[at : at + 2] for at in range(0, len(raw), 2)]
            shown += len(glyphs)
            assert b"\x00\x00" not in glyphs
    assert shown > 50


def test_a_character_that_no_font_has_is_told_before_printing():
    with pytest.raises(MissingCharacters, match="ꙮ"):
        pdf(TEXT + "怪字ꙮ。\n")
    assert fonts.find_missing("改革ꙮ 简\u200b报", (SHIPPED,)) == ["ꙮ"]


def test_without_fonts_there_is_no_page_and_it_is_said(tmp_path):
    with pytest.raises(UnableToPrint, match="字体"):
        pdf(folders=(tmp_path,))
    (tmp_path / "broken.ttf").write_bytes(b"not a font")
    assert fonts.find_missing("改", (tmp_path,)) == ["改"]


def test_the_districts_own_font_comes_first(tmp_path):
    """A font that calls itself 楷体_GB2312's English name, made of another of the same length of name."""
    own = tmp_path / "own"
    own.mkdir()
    content = (SHIPPED / "FandolFang-Regular.otf").read_bytes()
    renamed = content
    for encoding in ("utf-16-be", "ascii"):
        renamed = renamed.replace("FandolFang R".encode(encoding), "KaiTi_GB2312".encode(encoding))
    assert renamed != content
    (own / "kai.otf").write_bytes(renamed)
    assert "FandolKai" in used(pdf())
    assert "FandolKai" not in used(pdf(folders=(own, SHIPPED)))


def used(reader: pypdf.PdfReader) -> str:
    return " ".join(
        str(font.get_object()["/BaseFont"])
        for page in reader.pages
        for font in page["/Resources"]["/Font"].values()
    )


def test_character_maps_of_collections_are_read(tmp_path):
    one = (SHIPPED / "FandolKai-Regular.otf").read_bytes()
    shift = 16
    head = bytearray(one)
    tables = int.from_bytes(one[4:6], "big")
    for number in range(tables):
        at = 12 + 16 * number + 8
        head[at : at + 4] = (int.from_bytes(one[at : at + 4], "big") + shift).to_bytes(4, "big")
    (tmp_path / "both.ttc").write_bytes(
        b"ttcf\x00\x01\x00\x00" + (1).to_bytes(4, "big") + shift.to_bytes(4, "big") + head
    )
    shutil.copy(SHIPPED / "FandolKai-Regular.otf", tmp_path / "plain.otf")
    both, plain = (fonts.read_characters(tmp_path / name, 0) for name in ("both.ttc", "plain.otf"))
    assert both == plain
    assert ord("改") in both

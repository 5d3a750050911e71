"""One term, one word: no term and no code word stands twice in docs/glossary.md."""

from collections import Counter
from pathlib import Path

GLOSSARY = Path(__file__).parents[3] / "docs" / "glossary.md"


def rows() -> list[list[str]]:
    lines = [line for line in GLOSSARY.read_text("utf-8").splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [row for row in cells if row[0] != "Chinese" and set(row[0]) - set("-: ")]


def test_every_line_has_a_term_a_word_and_a_meaning() -> None:
    assert len(rows()) > 50
    assert all(len(row) == 3 and all(row) for row in rows())


def test_no_term_and_no_word_stands_twice() -> None:
    for column in (0, 1):
        counted = Counter(name.strip().lower() for row in rows() for name in row[column].split("、"))
        assert [name for name, count in counted.items() if count > 1] == []

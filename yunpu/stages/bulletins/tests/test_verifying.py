"""One changed byte of text, page, snapshot or figure is noticed."""

from __future__ import annotations

import pytest
from django.db import connection

from yunpu.config import cli
from yunpu.stages.bulletins.models import Issue
from yunpu.stages.bulletins.tests.office import draft, issue
from yunpu.stages.bulletins.tests.test_operations import spoil_a_byte
from yunpu.stages.bulletins.verifying import verify_issue

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def issued(district):
    return issue(draft())


def behind_the_platform(*statements: tuple[str, list[object]]) -> None:
    """Write to the database as an intruder with all rights would: the triggers out of the way."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET session_replication_role = replica")
            for statement, values in statements:
                cursor.execute(statement, values)
            cursor.execute("SET session_replication_role = DEFAULT")
            return
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        triggers = cursor.fetchall()
        for name, _sql in triggers:
            cursor.execute(f'DROP TRIGGER "{name}"')
        for statement, values in statements:
            cursor.execute(statement, values)
        for _name, sql in triggers:
            cursor.execute(sql)


def kinds() -> list[str]:
    return [finding.kind for finding in verify_issue(Issue.objects.get())]


def test_an_untouched_issue_proves_itself(issued):
    assert kinds() == []


def test_one_changed_character_of_the_text_is_noticed(issued):
    changed = issued.document.replace("近100家", "近200家")
    behind_the_platform(("UPDATE bulletins_issue SET document = %s", [changed]))
    assert kinds() == ["BUL-011"]


def test_a_digest_changed_along_with_the_text_is_noticed_by_the_code(issued):
    from yunpu.kernel.digests import sm3_hex

    changed = issued.document.replace("近100家", "近200家")
    digest = sm3_hex(changed.encode())
    behind_the_platform(("UPDATE bulletins_issue SET document = %s, digest = %s", [changed, digest]))
    assert kinds() == ["BUL-011"]


def test_one_changed_byte_of_the_page_is_noticed(issued):
    page = bytearray(bytes(issued.pdf))
    page[len(page) // 2] ^= 1
    behind_the_platform(("UPDATE bulletins_issue SET pdf = %s", [bytes(page)]))
    assert kinds() == ["BUL-012"]


def test_a_page_and_its_digest_changed_together_are_noticed(issued):
    from yunpu.kernel.digests import sm3_hex

    page = bytes(issued.pdf) + b" "
    behind_the_platform(("UPDATE bulletins_issue SET pdf = %s, pdf_sm3 = %s", [page, sm3_hex(page)]))
    assert kinds() == ["BUL-012"]


def test_one_changed_byte_of_the_snapshot_is_noticed(issued):
    spoil_a_byte()
    assert kinds()


def test_a_missing_snapshot_is_noticed(issued):
    behind_the_platform(("UPDATE bulletins_issue SET snapshot_number = %s", ["S-20201220-09"]))
    assert "BUL-013" in kinds()


def test_a_changed_figure_is_noticed(issued):
    behind_the_platform(("UPDATE indicators_figure SET shown = %s", ["近200家"]))
    assert kinds() == ["BUL-014"]


def test_the_command_tells_which_issue_and_what(issued, capsys, monkeypatch):
    assert cli.main(["bulletin", "verify"]) == 0
    assert f"✓ 改革工作简报 2020 年第 1 期 {issued.verification_code}" in capsys.readouterr().out
    behind_the_platform(("UPDATE indicators_figure SET shown = %s", ["近200家"]))
    assert cli.main(["bulletin", "verify", issued.verification_code]) == 1
    assert "[BUL-014]" in capsys.readouterr().out

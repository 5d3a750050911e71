"""Every text a user sees has an English translation, and the tools that say so can be trusted."""

from __future__ import annotations

import gettext
import sys

from tests.architecture.source import ROOT

sys.path.insert(0, str(ROOT / "tools"))
import catalogue
import messages


def test_the_english_catalogue_is_complete_and_up_to_date():
    assert messages.check() == []


def test_a_compiled_catalogue_is_what_gettext_reads(tmp_path):
    entries = [
        catalogue.Entry("保存", ("Save",)),
        catalogue.Entry("%(n)s 行", ("%(n)s row", "%(n)s rows"), plural="%(n)s 行们"),
        catalogue.Entry("开", ("Open",), context="动词"),
        catalogue.Entry("未译", ("",)),
    ]
    catalogue.write_mo(tmp_path / "django.mo", entries)
    with (tmp_path / "django.mo").open("rb") as file:
        read = gettext.GNUTranslations(file)
    assert read.gettext("保存") == "Save"
    assert read.ngettext("%(n)s 行", "%(n)s 行们", 2) == "%(n)s rows"
    assert read.pgettext("动词", "开") == "Open"
    assert read.gettext("未译") == "未译"


def test_a_catalogue_is_read_as_it_was_written(tmp_path):
    entries = [catalogue.Entry('引“号” "q"\n第二行', ('two\nlines "q"',), places=("yunpu/x.py",))]
    catalogue.write_po(tmp_path / "django.po", entries)
    read = catalogue.read_po(tmp_path / "django.po")
    assert read[entries[0].key].forms == entries[0].forms


def test_texts_of_templates_and_scripts_are_found():
    code = messages.templatize(
        '{% load i18n %}{% translate "甲" %}{% blocktranslate %}乙 {{ x }}{% endblocktranslate %}'
    )
    found = [messages.literals(code, match.end()) for match in messages._CALL.finditer(code)]
    assert found == [["甲"], ["乙 %(x)s"]]
    assert messages._SCRIPT_CALL.search("show(gettext('丙'))").group(1) == "丙"

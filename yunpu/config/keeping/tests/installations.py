"""Whole installations for tests: a data folder, a database of its own, real processes of `yunpu`."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

PROGRAM = (sys.executable, "-c", "from yunpu.config.cli import run; run()")
PASSPHRASE = "correct horse battery staple"
UNITS = "单位编码,单位名称,层级,上级单位编码\nB{0},某局{0},部门,1\nS{0},某中心{0},下属单位,B{0}\n"


@dataclass
class Installation:
    """One place with Yunpu in it; without an address its database is SQLite in its folder."""

    folder: Path
    url: str = ""

    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "YUNPU_FOLDER": str(self.folder / "var"),
            "YUNPU_DATABASE": self.url,
            "YUNPU_CONFIG": str(self.folder / "none.toml"),
            "YUNPU_BACKUP_PASSPHRASE_FILE": str(self.passphrase_file()),
            "DJANGO_SETTINGS_MODULE": "yunpu.config.settings",
            "LANG": "zh_CN.UTF-8",
        }

    def passphrase_file(self) -> Path:
        path = self.folder / "passphrase"
        if not path.exists():
            path.write_text(PASSPHRASE + "\n")
        return path

    def yunpu(self, *words: str, code: int = 0) -> str:
        """What a command says; it must end with this exit code."""
        done = subprocess.run(
            [*PROGRAM, *words],
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
            cwd=self.folder,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def python(self, code: str, *words: str) -> subprocess.Popen[str]:
        """A process that has Django started and runs a piece of Python."""
        start = "import django; django.setup()\n"
        return subprocess.Popen(
            [sys.executable, "-c", start + code, *words],
            env=self.environment(),
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, code: str) -> str:
        process = self.python(code)
        said, _nothing = process.communicate()
        assert process.returncode == 0
        return said.strip()

    def set_up(self) -> None:
        """A district with two units more than its own, one batch withdrawn, and a sealed trail."""
        for number in (1, 2):
            (self.folder / f"units{number}.csv").write_text(UNITS.format(number), "utf-8")
        self.ask(SET_UP.format(folder=self.folder))


def other_database(url: str, name: str) -> str:
    """The address of another database of the same server, made empty."""
    import psycopg

    parts = urlsplit(url)
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(f'DROP DATABASE IF EXISTS "{name}"')
        server.execute(f'CREATE DATABASE "{name}"')
    return urlunsplit(parts._replace(path=f"/{name}"))


# In one process, for each costs a second.
SET_UP = """
from yunpu.config.cli import main
for words in (
    ['manage', 'migrate', '--verbosity', '0'],
    ['createadmin'],
    ['intake', 'load', '{folder}/units1.csv'],
    ['intake', 'load', '{folder}/units2.csv'],
):
    assert main(words) == 0, words
from yunpu.config.actor import operator
from yunpu.stages.intake.models import Load
from yunpu.stages.intake.operations import withdraw_load
from yunpu.trail import clock
withdraw_load(Load.objects.order_by('-id').first(), by=operator(), at=clock.now(), reason='弄错了')
assert main(['trail', 'seal']) == 0
"""

# Enters units without end, one operation each, and says so after each commit.
WRITE = """
from itertools import count
from yunpu.config.actor import operator
from yunpu.reference.models import Unit
from yunpu.reference.operations import create_unit
from yunpu.trail import clock
above = Unit.objects.get(code='1')
for number in count():
    values = {'code': f'W{number}', 'name': f'新局{number}', 'level': Unit.Level.BUREAU, 'parent': above}
    create_unit(Unit, values, by=operator(), at=clock.now())
    print(number, flush=True)
"""

# Units entered one by one and the events that tell of them: equal in every moment that there was.
BALANCE = """
from yunpu.reference.models import Unit
from yunpu.trail.models import Event
print(Unit.objects.filter(code__startswith='W').count(),
      Event.objects.filter(verb='reference.unit-created', object_name__startswith='新局').count())
"""
FOUND = """
from yunpu.reference.models import Unit
from yunpu.ui.search import search
print(search(Unit.objects.all(), '某局').count())
"""
# The next number of a unit, given to one that is taken away again.
NEXT_UNIT = """
from django.db import transaction
from yunpu.reference.models import Unit
with transaction.atomic():
    print(Unit.objects.create(code='N', name='下一个', level=Unit.Level.DISTRICT, path='/').pk)
    transaction.set_rollback(True)
"""

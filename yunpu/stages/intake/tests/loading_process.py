"""Another process that loads rows into the tests' database, and stops where it is told to, to be killed there.

    python loading_process.py DATABASE COUNT STEP

STEP is the moment at which it says `here` and waits: `rows` (some chunks are written), `commit` (the showing commit is
under way, everything in it is written), `none` (it goes through to the end and says how it ended).
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator


def main(database: str, count: int, step: str) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "yunpu.config.settings_test"
    import django
    from django.conf import settings

    django.setup()
    settings.FOLDER = os.environ["SHARED_FOLDER"]
    from django.db import connections

    connections["default"].settings_dict["NAME"] = database
    from yunpu.stages.intake import loading
    from yunpu.stages.intake.tests.test_loading import AT, BY, TARGET, code

    def say(word: str) -> None:
        print(word, flush=True)

    def stop() -> None:
        say("here")
        time.sleep(600)

    def rows() -> Iterator[loading.Row]:
        for number in range(count):
            if step == "rows" and number == count - 1:
                stop()
            yield loading.Row((code(number), f"企业{number}", "制造"), "名单", number + 2)

    def together(_batch: object) -> None:
        if step == "commit":
            stop()

    say("begins")
    try:
        batch = loading.load_rows(
            TARGET, rows(), verb="test.enterprise-loaded", name="x", by=BY, at=AT, together=together
        )
    except loading.UnableToLoad as refusal:
        say(f"refused: {refusal.params['reason']}")
    else:
        say("kept" if batch else "unchanged")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])

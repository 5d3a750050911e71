"""Another process that loads rows into the tests' database, and stops where it is told to, to be killed there.

    python loading_process.py DATABASE COUNT STEP [WORD]

STEP is the moment at which it says `here` and waits: `rows` (some chunks are written), `twin` (a part of the changed
records is in the twin), `removing` (a withdrawn batch's records are being removed), `commit` (the showing commit is under way, everything in it is written), `tidying` (all is
shown, the twin with the former values is still there), `none` (it goes through to the end and says how it ended).
WORD is what every name begins with; where it is `withdraw`, the newest batch is withdrawn instead.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator


def main(database: str, count: int, step: str, word: str = "企业") -> None:
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
            yield loading.Row((code(number), f"{word}{number}", "制造"), "名单", number + 2)

    def together(_batch: object) -> None:
        if step == "commit":
            stop()

    def progress(_done: int, _total: int, label: str) -> None:
        if (step, label) in (("twin", loading.INTO_TWIN), ("twin", "还原"), ("removing", "移除")):
            stop()

    if step == "tidying":
        loading.tidy_up = lambda _batch: stop()

    say("begins")
    if word == "withdraw":
        from yunpu.stages.intake.withdrawing import withdraw_batch
        from yunpu.trail.models import Batch

        newest = Batch.objects.order_by("-id")[0]
        withdraw_batch(newest, by=BY, at=AT, reason="误", progress=progress, together=together)
        say("withdrawn")
        return
    try:
        batch = loading.load_rows(
            TARGET,
            rows(),
            verb="test.enterprise-loaded",
            name="x",
            by=BY,
            at=AT,
            progress=progress,
            together=together,
        )
    except loading.UnableToLoad as refusal:
        say(f"refused: {refusal.params['reason']}")
    else:
        say("kept" if batch else "unchanged")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), *sys.argv[3:])

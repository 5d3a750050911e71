"""Settings of the tests: hostile on purpose. Undefined template variables fail, passwords hash fast."""

import os
import shutil
import tempfile
from atexit import register
from pathlib import Path

# A folder of its own for each process, so that two of them never meet.
_folder = Path(tempfile.mkdtemp(prefix="yunpu-test-"))
(_folder / "static").mkdir()  # whitenoise warns of a folder that is not there
register(shutil.rmtree, _folder, ignore_errors=True)
os.environ["YUNPU_FOLDER"] = str(_folder)
os.environ.setdefault("YUNPU_CONFIG", str(_folder / "none.toml"))
os.environ["YUNPU_DATABASE"] = os.environ.get("YUNPU_TEST_DATABASE", "")

from yunpu.config.settings import *  # noqa: E402, F403 - the tests start from the real settings
from yunpu.config.settings import DATABASES, TEMPLATES  # noqa: E402


class UndefinedVariable(AssertionError):
    """A template used a variable that its view did not give."""


class FailsWhenUndefined(str):
    """Django puts the variable's name into this text where a variable is undefined: that is the moment to fail."""

    def __mod__(self, variable: object) -> str:
        raise UndefinedVariable(f"undefined template variable: {variable}")


PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
AXES_ENABLED = False
SECOND_FACTOR_ROLES = frozenset()  # the tests of the second factor say who must have one
TEMPLATES[0]["OPTIONS"]["string_if_invalid"] = FailsWhenUndefined("%s")  # type: ignore[index]
TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):  # type: ignore[attr-defined]
    DATABASES["default"]["TEST"] = {"NAME": str(_folder / "test.sqlite3")}

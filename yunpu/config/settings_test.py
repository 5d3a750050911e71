"""Settings of the tests: hostile on purpose. Undefined template variables fail, passwords hash fast."""

import os
import tempfile
from pathlib import Path

# A folder of its own for each process, so that two of them never meet.
_folder = Path(tempfile.mkdtemp(prefix="yunpu-test-"))
os.environ["YUNPU_FOLDER"] = str(_folder)
os.environ.setdefault("YUNPU_CONFIG", str(_folder / "none.toml"))
os.environ["YUNPU_DATABASE"] = os.environ.get("YUNPU_TEST_DATABASE", "")

from yunpu.config.settings import *  # noqa: E402, F403 - the tests start from the real settings
from yunpu.config.settings import DATABASES, TEMPLATES  # noqa: E402

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
AXES_ENABLED = False
TEMPLATES[0]["OPTIONS"]["string_if_invalid"] = "UNDEFINED-VARIABLE"  # type: ignore[index]
TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):  # type: ignore[attr-defined]
    DATABASES["default"]["TEST"] = {"NAME": str(_folder / "test.sqlite3")}

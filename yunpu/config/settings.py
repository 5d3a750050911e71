"""Django's settings, from the installation's options. Nothing secret stands here."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from csp.constants import NONE, SELF

from yunpu.config.options import WrongSetting, read_key, read_options, read_roles
from yunpu.kernel.text import mark as _

PACKAGE = Path(__file__).resolve().parent.parent
OPTIONS = read_options()
FOLDER = Path(OPTIONS["folder"]).absolute()

DEBUG = OPTIONS["debug"] == "yes"
SECRET_KEY_FILE = Path(OPTIONS["secret_key_file"] or FOLDER / "secret.key")
SECRET_KEY = read_key(SECRET_KEY_FILE)
PERSONAL_KEY_FILE = FOLDER / "personal.key"
KEYS_FOLDER = FOLDER / "keys"  # master keys and signing keys, where the provider keeps them as files
KEY_PROVIDER = "yunpu.kernel.keys.FileKeys"
NEWEST_SEAL_FILE = (
    FOLDER / "newest-seal.json"
)  # a second place, so that a trail cut off at its end is noticed
ALLOWED_HOSTS = [host.strip() for host in OPTIONS["hosts"].split(",") if host.strip()]
DISTRICT = OPTIONS["district"]
CLOCK_DATE = dt.date.fromisoformat(OPTIONS["clock"]) if OPTIONS["clock"] else None
STALE_AFTER_DAYS = int(OPTIONS["stale_after_days"])
METRICS = OPTIONS["metrics"]
BACKUP_PASSPHRASE_FILE = (
    Path(OPTIONS["backup_passphrase_file"]) if OPTIONS["backup_passphrase_file"] else None
)
ORIGINALS_FOLDER = FOLDER / "originals"
SNAPSHOTS_FOLDER = FOLDER / "snapshots"
ATTACHMENTS_FOLDER = FOLDER / "attachments"
CLAMAV = OPTIONS["clamav"]
FONT_FOLDERS = [Path(p) for p in (OPTIONS["fonts"], PACKAGE / "ui" / "assets" / "fonts") if p]

# One line a domain. `yunpu startdomain` adds it.
DOMAINS = [
    "yunpu.domains.outreach",
    "yunpu.domains.budget",
]

INSTALLED_APPS = [
    "yunpu.ui",
    "yunpu.trail",
    "yunpu.reference",
    "yunpu.access",
    "yunpu.stages.intake",
    "yunpu.stages.records",
    "yunpu.stages.snapshots",
    "yunpu.stages.indicators",
    "yunpu.stages.bulletins",
    *DOMAINS,
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_htmx",
    "django_tasks",
    "django_tasks_db",
    "allauth",
    "allauth.account",  # needed by the next; none of its addresses are ours
    "allauth.mfa",
    "axes",
    "csp",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",  # before the static files, so that they carry it too
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "yunpu.ui.middleware.PlainAddressMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "yunpu.access.middleware.PersonMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "yunpu.ui.middleware.RefusalMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "yunpu.config.urls"
WSGI_APPLICATION = "yunpu.config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "yunpu.ui.context.shell",
            ],
        },
    }
]


def read_database(url: str) -> dict[str, object]:
    """Django's database entry for a URL; SQLite in the data folder where it is empty."""
    if not url:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": FOLDER / "yunpu.sqlite3",
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-32000;",
            },
        }
    parts = urlsplit(url)
    if parts.scheme not in ("postgresql", "postgres"):
        raise WrongSetting(
            _("database 以“%(given)s”开头，应为 postgresql://…；留空用 SQLite"), given=f"{parts.scheme}://"
        )
    query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", "") or parts.hostname or "",
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": query,
    }


DATABASES = {"default": read_database(OPTIONS["database"])}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "access.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": int(OPTIONS["password_length"])},
    },
    {
        "NAME": "yunpu.access.passwords.KindsValidator",
        "OPTIONS": {"kinds": int(OPTIONS["password_kinds"])},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("username", "name"), "max_similarity": 0.6},
    },
]
AXES_FAILURE_LIMIT = int(OPTIONS["lock_failures"])
AXES_COOLOFF_TIME = dt.timedelta(minutes=int(OPTIONS["lock_minutes"]))
AXES_RESET_ON_SUCCESS = True  # five in a row, not five a week
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # the page says until when, and it stays true
AXES_LOCKOUT_CALLABLE = "yunpu.access.views.locked_out"
AXES_VERBOSE = False
AXES_DISABLE_ACCESS_LOG = True  # the trail has the events; a second list of people and addresses is not kept
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
LOGIN_URL = "access:sign-in"
LOGIN_REDIRECT_URL = "/"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_IDLE_SECONDS = 60 * int(OPTIONS["idle_minutes"])  # longer away, and one signs in again
ONE_SESSION = OPTIONS["one_session"]
SECOND_FACTOR_ROLES = read_roles(OPTIONS)
MFA_ADAPTER = "yunpu.access.second_factor.Adapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_TOLERANCE = 1  # clocks of telephones differ; a code proves once all the same
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
SESSION_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
SESSION_EXPIRE_AT_BROWSER_CLOSE = True

TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}

LANGUAGE_CODE = OPTIONS["language"]
LANGUAGES = [("zh-hans", "中文"), ("en", "English")]
LOCALE_PATHS = [PACKAGE / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = OPTIONS["time_zone"]

STATIC_URL = "static/"
WHITENOISE_USE_FINDERS = True
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
MEDIA_ROOT = ORIGINALS_FOLDER
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 2**20
FILE_UPLOAD_TEMP_DIR = None

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if OPTIONS["https"] == "yes":
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SECURE_HSTS_SECONDS = 31536000
    CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in ALLOWED_HOSTS]
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"numbered": {"()": "yunpu.trail.logs.Numbered"}},
    "formatters": {
        "lines": {"format": "%(asctime)s %(levelname)s %(name)s %(number)s %(message)s"},
        "json": {"()": "yunpu.config.logs.JsonLines"},
    },
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": OPTIONS["log"], "filters": ["numbered"]}
    },
    "root": {"handlers": ["console"], "level": "WARNING"},
    # Names of people and their addresses belong into the trail, not into a log.
    # What is refused (4xx) is the platform at work; what is broken (5xx) is told.
    "loggers": {
        "axes": {"level": "CRITICAL"},
        "django": {"handlers": [], "level": "WARNING"},
        "django.request": {"level": "ERROR"},
    },
}
SILENCED_SYSTEM_CHECKS: list[str] = []

"""The settings, read from the environment and from .env (which `make run` writes, and Git ignores)."""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

import dj_database_url
import dj_email_url
from csp.constants import NONE, SELF
from django.conf.locale import LANG_INFO
from django.core.exceptions import ImproperlyConfigured
from dotenv import load_dotenv

BASE_DIR = Path(__file__).resolve().parent.parent

# Tests set LEARN_ENV_FILE, so that they do not read a developer's .env. The environment overrides the file.
load_dotenv(os.environ.get("LEARN_ENV_FILE", str(BASE_DIR / ".env")))

Value = TypeVar("Value")


def text(name: str, default: str = "") -> str:
    """Return a setting from the environment, as it was written."""
    return os.environ.get(name, default)


def setting(read: Callable[[str], Value], name: str, default: str, how: str) -> Value:
    """Return a setting from the environment. Raises ImproperlyConfigured, with a hint (`how`), if it cannot be read.

    The error does not contain the value, because a database URL contains a password.
    """
    try:
        return read(text(name, default))
    except (KeyError, ValueError) as error:
        raise ImproperlyConfigured(f"{name} cannot be read. {how}") from error


def truth(word: str) -> bool:
    """Return whether this word says yes. Raises KeyError for a word that says neither yes nor no."""
    yes, no = ("true", "t", "yes", "y", "on", "1"), ("false", "f", "no", "n", "off", "0")
    return (dict.fromkeys(yes, True) | dict.fromkeys(no, False))[word.lower()]


def several(text: str) -> list[str]:
    """Return what stands between the commas of a setting."""
    return [part.strip() for part in text.split(",") if part.strip()]


YES_NO = "Write true or false."
NUMBER = "Write a whole number, like 1."

# No default: a site with a guessable key would let anyone sign in as anyone.
SECRET_KEY: str = text("SECRET_KEY")
if not SECRET_KEY:
    raise ImproperlyConfigured(
        "SECRET_KEY is not set. `make run` writes one into .env; elsewhere put one into the environment."
    )
# For whatever must outlive a new SECRET_KEY (learn/people/keys.py). Without it, SECRET_KEY is used for that as well.
CODE_KEY: str = text("CODE_KEY")
# Earlier keys, separated by commas. They open what they made, and make nothing new.
SECRET_KEY_FALLBACKS: list[str] = several(text("SECRET_KEY_FALLBACKS"))
CODE_KEY_FALLBACKS: list[str] = several(text("CODE_KEY_FALLBACKS"))
DEBUG: bool = setting(truth, "DEBUG", "false", YES_NO)

# The public address of the site. It decides the scheme, the hosts and the cookies (ruling 1).
PUBLIC_URL: str = text("PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/")
# Accept only what a browser can send as Host. With any other value the site would start, and then refuse every visitor.
_public = re.fullmatch(r"(https?)://(\[[0-9a-f:.]+\]|[a-z0-9]([a-z0-9.-]*[a-z0-9])?)(:[0-9]{1,5})?", PUBLIC_URL.lower())
if _public is None:
    raise ImproperlyConfigured(
        f"PUBLIC_URL is {PUBLIC_URL!r}. Write http:// or https:// and a host without a path, "
        "like https://learn.hospital.example."
    )
HTTPS = _public[1] == "https"
LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "[::1]")
ON_LOOPBACK = _public[2] in LOOPBACK_HOSTS
ALLOWED_HOSTS = list(LOOPBACK_HOSTS) if ON_LOOPBACK else [_public[2]]
# The number of reverse proxies in front of the site. Their headers for the visitor's address and scheme are trusted.
PROXIES: int = setting(int, "PROXIES", "0", NUMBER)
if PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]  # load balancers use plain HTTP
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
# Both also bind other hosts of the hospital, which may have no HTTPS. So only the hospital's IT may turn them on.
SECURE_HSTS_PRELOAD: bool = setting(truth, "HSTS_PRELOAD", "false", YES_NO)
SECURE_HSTS_INCLUDE_SUBDOMAINS: bool = (
    setting(truth, "HSTS_SUBDOMAINS", "false", YES_NO) or SECURE_HSTS_PRELOAD  # preload needs it
)
SILENCED_SYSTEM_CHECKS = [
    check
    for check, promised in (
        ("security.W005", SECURE_HSTS_INCLUDE_SUBDOMAINS),
        ("security.W021", SECURE_HSTS_PRELOAD),
    )
    if not promised
]
SECURE_REFERRER_POLICY = "same-origin"  # "no-referrer" makes Chromium fail the CSRF check of every form
X_FRAME_OPTIONS = "DENY"

SESSION_COOKIE_NAME = "__Host-sid" if HTTPS else "sid"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_ENGINE = "learn.people.sessions"
SESSION_COOKIE_AGE = 365 * 24 * 3600  # for a patient's own phone; other lengths: learn/people/sessions.py
CSRF_FAILURE_VIEW = "learn.views.csrf_failure"
# A file of questions or a lesson pack has 2 MB at most. learn/gate.py refuses a longer body unread.
DATA_UPLOAD_MAX_MEMORY_SIZE = 3 * 1024 * 1024

# learn/headers.py puts it on every response.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "connect-src": [SELF],  # the Desk's "Stay signed in"
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

INSTALLED_APPS = [
    "learn.apps.SiteConfig",
    "learn.apps.DeskConfig",  # Django's admin, with the Desk as its site
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",  # for `clearsessions`; its own table stays empty, sessions are in people.Session
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",  # without any provider app: learn/people/sso.py brings the only one when it is used
    "crispy_forms",
    "learn.people",
    "quizzes",
    "learn.lessons",
    "learn.assignments",
    "learn.visits",
    "learn.progress",
    "learn.study",
    "learn.account",
]

MIDDLEWARE = [
    "learn.logs.requests",
    "learn.headers.every_response",
    "learn.gate.middleware",  # refuses bodies that are too long
    "quizzes.redirects.see_other",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "learn.views.health",  # before all middleware that checks the Host header
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "learn.people.sessions.PersonMiddleware",  # Django's AuthenticationMiddleware; session and user by one statement
    "django.contrib.messages.middleware.MessageMiddleware",
    "learn.people.sessions.lengths",  # before the next, which then asks for sign-in when a session has ended
    "django.contrib.auth.middleware.LoginRequiredMiddleware",  # views need sign-in unless marked as open
    "learn.languages.middleware",  # knows the user by now
    "learn.people.passwords.first",  # after a sign-in with a one-time password, only the page for an own one
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "learn.lessons.owned.middleware",  # each request sees the texts of the hospital as they are published then
    "learn.views.only_forms",  # the page for an address that only takes a form, in the reader's language and texts
]

ROOT_URLCONF = "learn.urls"
WSGI_APPLICATION = "learn.wsgi.application"

# A hospital's own template folder. It is searched first, so its templates replace ours with the same name.
OWN_TEMPLATES: str = text("OWN_TEMPLATES")
if OWN_TEMPLATES and not Path(OWN_TEMPLATES).is_dir():
    raise ImproperlyConfigured(
        f"OWN_TEMPLATES is {OWN_TEMPLATES!r}. Write the path of a folder that is there, like /srv/learn/templates."
    )
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [*filter(None, [OWN_TEMPLATES]), BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [("learn.unindented.Kept", ["learn.unindented.Files", "learn.unindented.Apps"])],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "learn.looks.context",
            ],
        },
    }
]
CRISPY_TEMPLATE_PACK = "care"
QUIZZES_TAUGHT_IN = "learn.lessons.shown.taught_in"
CRISPY_ALLOWED_TEMPLATE_PACKS = ["care"]

# The number of requests that one worker handles at once; also the size of its PostgreSQL connection pool.
# Two of them may wait for a PDF (learn/handouts/pdf.py), and one is left. More threads compete for Python's lock: with
# four and eight visitors, the slowest of a hundred pages took three times as long as most, with three twice as long.
THREADS: int = setting(int, "THREADS", "3", NUMBER)
POOLER: bool = setting(truth, "POOLER", "false", YES_NO)  # PgBouncer, in transaction mode
ADDRESS = "Write sqlite:////srv/learn/db.sqlite3 or postgres://name:password@host:5432/learn."
DATABASES = {"default": setting(dj_database_url.parse, "DATABASE_URL", f"sqlite:///{BASE_DIR / 'db.sqlite3'}", ADDRESS)}
if DATABASES["default"].get("ENGINE") not in ("django.db.backends.sqlite3", "django.db.backends.postgresql"):
    raise ImproperlyConfigured(f"DATABASE_URL names another kind of database. {ADDRESS}")
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"] |= {
        "CONN_MAX_AGE": 600,
        "OPTIONS": {
            # Under load, a deferred transaction fails at its first write. IMMEDIATE waits for the lock instead.
            "transaction_mode": "IMMEDIATE",
            "timeout": 10,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
            "PRAGMA secure_delete=ON;",  # deleted data is overwritten
        },
    }
else:
    DATABASES["default"] |= {
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": True,
        # Behind a pooler, each transaction may have another connection: it has no cursors and plans of the last one.
        "DISABLE_SERVER_SIDE_CURSORS": POOLER,
        "OPTIONS": {
            "connect_timeout": 3,
            "prepare_threshold": None if POOLER else 5,  # quizzes/statements.py
            **DATABASES["default"].get("OPTIONS", {}),  # what stands behind the ? of the address: sslmode and so on
            **({} if POOLER else {"pool": {"min_size": 1, "max_size": THREADS, "timeout": 5, "reconnect_timeout": 2}}),
        },
    }
# The limits of a page in PostgreSQL (learn/wsgi.py): how long a statement and a lock may take, and no helpers in
# parallel, so that one page does not take the processors of other people's. Commands have none: migrations, backups.
PAGE_OPTIONS = "-c statement_timeout=10s -c lock_timeout=3s -c max_parallel_workers_per_gather=0"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "people.User"
AUTHENTICATION_BACKENDS = ["learn.people.backends.RoleBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "code"  # for patients who have lost their cookie; the Desk sends staff to account_login
LOGIN_REDIRECT_URL = "my"
LOGOUT_REDIRECT_URL = ACCOUNT_LOGOUT_REDIRECT_URL = "start"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_AUTHENTICATED_LOGIN_REDIRECTS = False  # a guest has a session, and must still reach the sign-in page
ACCOUNT_ADAPTER = "learn.people.backends.Adapter"
MFA_ADAPTER = "learn.people.two_step.Adapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = ON_LOOPBACK and not HTTPS  # passkeys on http://localhost
# The second step of a staff sign-in. By default it is required wherever the site is reached by HTTPS (ruling 22).
STAFF_TWO_STEP: str = text("STAFF_TWO_STEP") or ("required" if HTTPS else "optional")
if STAFF_TWO_STEP not in ("required", "optional"):
    raise ImproperlyConfigured(f"STAFF_TWO_STEP is {STAFF_TWO_STEP!r}. Write required or optional.")
# The hospital's own sign-in, by OpenID Connect (ruling 24). Without an issuer there is none.
SOCIALACCOUNT_ADAPTER = "learn.people.sso.Adapter"
OIDC_ISSUER: str = text("OIDC_ISSUER")
OIDC_CLIENT: str = text("OIDC_CLIENT")
OIDC_SECRET: str = text("OIDC_SECRET")
OIDC_NAME: str = text("OIDC_NAME")
OIDC_TWO_STEP: bool = setting(truth, "OIDC_TWO_STEP", "false", YES_NO)
if OIDC_ISSUER and not re.match(r"https://|http://(127\.0\.0\.1|localhost)[:/]", OIDC_ISSUER):
    raise ImproperlyConfigured("OIDC_ISSUER must begin with https://, like https://login.hospital.example.")
if OIDC_ISSUER and not (OIDC_CLIENT and OIDC_SECRET):
    raise ImproperlyConfigured("OIDC_ISSUER needs OIDC_CLIENT and OIDC_SECRET too. Your identity provider has them.")
ACCOUNT_FORMS = {"login": "learn.people.forms.SignInForm", "signup": "learn.people.forms.AccountForm"}
ACCOUNT_PRESERVE_USERNAME_CASING = False  # phones write "Ana" when a person types "ana"
ACCOUNT_SESSION_REMEMBER = True
# allauth counts in the memory of one process, by the Host header. learn/people/tries.py counts exactly instead.
ACCOUNT_RATE_LIMITS = {"signup": None, "login": None, "login_failed": "5/5m/key"}  # the last: allauth's second step

# The languages that the site can be read in, separated by commas. All content is written in the first, LANGUAGE_CODE. A
# hospital turns others on (docs/hospital-it.md); learn/languages.py chooses for each reader.
LANGUAGE_CODE = "en"
LOCALE_PATHS = [BASE_DIR / "learn" / "locale"]
_codes = several(text("LANGUAGES")) or [LANGUAGE_CODE]
_there = {LANGUAGE_CODE, *(path.name for path in LOCALE_PATHS[0].glob("*") if path.name in LANG_INFO)}
if not {LANGUAGE_CODE} <= set(_codes) <= _there:
    raise ImproperlyConfigured(
        f"LANGUAGES is {','.join(_codes)!r}. Write {LANGUAGE_CODE}, or it and others of: {', '.join(sorted(_there))}; "
        "with commas between them."
    )
LANGUAGES = [(code, LANG_INFO[code]["name_local"].capitalize()) for code in dict.fromkeys(_codes)]
LANGUAGE_COOKIE_NAME = "__Host-language" if HTTPS else "language"
FORMAT_MODULE_PATH = "learn.formats"  # date formats for English; Django has those of other languages
USE_I18N = True
USE_TZ = True
# The calendar for guests, and the default for a new care team. Each care team has its own time zone.
TIME_ZONE: str = text("TIME_ZONE", "America/New_York")
try:
    ZoneInfo(TIME_ZONE)
except (KeyError, ValueError, OSError) as error:
    raise ImproperlyConfigured(f"TIME_ZONE is {TIME_ZONE!r}. Write a time zone like America/New_York.") from error
# Shown to guests, who have no care team. If empty, pages say "the number your team gave you". learn/people/apps.py
# refuses a value that is not a phone number.
DAY_PHONE: str = text("DAY_PHONE")
NIGHT_PHONE: str = text("NIGHT_PHONE")

# Where to report a vulnerability, for /.well-known/security.txt: addresses of mail or of a page, separated by commas.
SECURITY_CONTACT: list[str] = several(text("SECURITY_CONTACT"))
if not all(re.fullmatch(r"(mailto:[^\s@]+@|https://|tel:\+)[^\s]+", contact) for contact in SECURITY_CONTACT):
    raise ImproperlyConfigured(
        "SECURITY_CONTACT is not an address. Write one like mailto:security@hospital.example or https://…, or more "
        "with commas between them."
    )
# The paper of the PDFs. A reader can choose the other one.
PAPER: str = text("PAPER", "letter")
if PAPER not in ("letter", "a4"):
    raise ImproperlyConfigured(f"PAPER is {PAPER!r}. Write letter or a4.")

# The FHIR file of the note for the chart has one code of SNOMED CT, which needs the hospital's licence.
FHIR_SNOMED: bool = setting(truth, "FHIR_SNOMED", "true", YES_NO)

# Whether search engines may list the public pages. All other pages never are (learn/headers.py).
PUBLIC_INDEX: bool = setting(truth, "PUBLIC_INDEX", "false", YES_NO)

# Public keys of age (age1…), separated by commas. With one or more, each of their owners can open the backups.
BACKUP_RECIPIENT: list[str] = several(text("BACKUP_RECIPIENT"))
if not all(re.fullmatch("age1[02-9ac-hj-np-z]{58}", key) for key in BACKUP_RECIPIENT):
    raise ImproperlyConfigured(
        "BACKUP_RECIPIENT is not a public key of age. Write one like age1 and 58 letters and digits, or more with "
        "commas between them. `manage.py backup --new-key FILE` makes one."
    )

# Only the site's own files: no page uses those of Django's admin. They are twice as many, and each worker that starts
# looks at every collected file.
STATICFILES_DIRS = [BASE_DIR / "learn" / "static"]
STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / ".static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
WHITENOISE_ALLOW_ALL_ORIGINS = False

LOG_LEVEL: str = text("LOG_LEVEL", "INFO")
if LOG_LEVEL not in ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"):
    raise ImproperlyConfigured(f"LOG_LEVEL is {LOG_LEVEL!r}. Write DEBUG, INFO, WARNING, ERROR or CRITICAL.")
# JSON lines on the console, with fields from an allow-list (learn/logs.py). LOG_LEVEL=WARNING omits request lines.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "learn.logs.JsonLines"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "learn": {"level": LOG_LEVEL},
        "django": {"handlers": ["console"], "level": "ERROR", "propagate": False},
    },
}

# By default, email goes to the console. An unknown scheme is refused, because it would mean some SMTP server.
MAIL = "Write console:, or smtp://name:password@host:587 or submission://name:password@host."
EMAIL_CONFIG = setting(dj_email_url.parse, "EMAIL_URL", "console:", MAIL)
if "EMAIL_BACKEND" not in EMAIL_CONFIG:
    raise ImproperlyConfigured("EMAIL_URL must begin with console:, smtp:// or submission://.")
if ON_LOOPBACK and not EMAIL_CONFIG["EMAIL_BACKEND"].endswith("console.EmailBackend"):
    raise ImproperlyConfigured(
        f"EMAIL_URL names a mail server, but PUBLIC_URL is {PUBLIC_URL}: links in emails would open nothing. "
        "Write the site's public address into PUBLIC_URL."
    )
EMAIL_CONFIG["EMAIL_TIMEOUT"] = EMAIL_CONFIG["EMAIL_TIMEOUT"] or 10  # seconds
vars().update(EMAIL_CONFIG)

"""One file of settings, read from the environment (and from a git-ignored .env, which `make run` writes)."""

import os
import re
from pathlib import Path
from zoneinfo import ZoneInfo

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from environs import Env

BASE_DIR = Path(__file__).resolve().parent.parent

env = Env()
# LEARN_ENV_FILE lets tests point away from a developer's own .env. What is already in the environment wins.
env.read_env(os.environ.get("LEARN_ENV_FILE", str(BASE_DIR / ".env")), recurse=False)

# No default: a site with a guessable key would let anyone sign in as anyone.
SECRET_KEY: str = env.str("SECRET_KEY", "")
if not SECRET_KEY:
    raise ImproperlyConfigured(
        "SECRET_KEY is not set. `make run` writes one into .env; elsewhere put one into the environment."
    )
DEBUG: bool = env.bool("DEBUG", False)

# The one address of the site. It decides the scheme, the hosts and the cookies (ruling 1).
PUBLIC_URL: str = env.str("PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/")
# Only what a browser can send as its Host: anything else would be refused at the first visitor, not at the start.
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
# How many reverse proxies stand in front and may be believed about the visitor's address and scheme.
PROXIES: int = env.int("PROXIES", 0)
ALLAUTH_TRUSTED_PROXY_COUNT = PROXIES
if PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]  # a balancer asks over plain HTTP
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
# Both are promises for other hosts of the hospital, which may have no HTTPS: IT makes them, or nobody.
SECURE_HSTS_PRELOAD: bool = env.bool("HSTS_PRELOAD", False)
SECURE_HSTS_INCLUDE_SUBDOMAINS: bool = env.bool("HSTS_SUBDOMAINS", False) or SECURE_HSTS_PRELOAD  # no list without
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
SESSION_COOKIE_AGE = 365 * 24 * 3600  # a patient's own phone; staff: learn/people/sessions.py
CSRF_FAILURE_VIEW = "learn.views.csrf_failure"

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
    "learn.apps.DeskConfig",  # the stock admin, with the Desk as its site
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.sessions",  # for `clearsessions`; its own table is empty, ours is people.Session
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "crispy_forms",
    "csp",
    "learn.people",
    "quizzes",
    "learn.lessons",
    "learn.assignments",
    "learn.visits",
    "learn.progress",
    "learn.account",
]

MIDDLEWARE = [
    "learn.logs.requests",
    "learn.headers.every_response",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "learn.views.health",  # before whatever looks at the Host
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "learn.people.sessions.PersonMiddleware",  # Django's AuthenticationMiddleware; session and user by one statement
    "django.contrib.messages.middleware.MessageMiddleware",
    "learn.people.sessions.lengths",  # before the next: a staff session that ended asks for sign-in
    "django.contrib.auth.middleware.LoginRequiredMiddleware",  # closed by default
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]

ROOT_URLCONF = "learn.urls"
WSGI_APPLICATION = "learn.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "learn.looks.context",
            ]
        },
    }
]
CRISPY_TEMPLATE_PACK = "care"
CRISPY_ALLOWED_TEMPLATE_PACKS = ["care"]

# How many requests one worker answers at a time; also the size of its PostgreSQL pool.
THREADS: int = env.int("THREADS", 4)
DATABASES = {"default": env.dj_db_url("DATABASE_URL", f"sqlite:///{BASE_DIR / 'db.sqlite3'}")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"] |= {
        "CONN_MAX_AGE": 600,
        "OPTIONS": {
            # A deferred transaction that turns into a write fails at once under load; IMMEDIATE waits its turn.
            "transaction_mode": "IMMEDIATE",
            "timeout": 10,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
            "PRAGMA secure_delete=ON;",  # what is erased is overwritten
        },
    }
else:
    DATABASES["default"] |= {
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"pool": {"min_size": 1, "max_size": THREADS}, "connect_timeout": 3},
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "people.User"
AUTHENTICATION_BACKENDS = ["learn.people.backends.RoleBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "code"  # a patient whose cookie is gone; staff are sent to account_login by the Desk
LOGIN_REDIRECT_URL = "my"
LOGOUT_REDIRECT_URL = ACCOUNT_LOGOUT_REDIRECT_URL = "start"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_AUTHENTICATED_LOGIN_REDIRECTS = False  # a guest is signed in, and must still reach sign-in
ACCOUNT_ADAPTER = "learn.people.backends.Adapter"
ACCOUNT_FORMS = {"login": "learn.people.forms.SignInForm", "signup": "learn.people.forms.AccountForm"}
ACCOUNT_PRESERVE_USERNAME_CASING = False  # a phone writes "Ana" where ana was meant
ACCOUNT_SESSION_REMEMBER = True
# Five wrong passwords for one name in five minutes; by address far more, since a whole hospital may share one.
ACCOUNT_RATE_LIMITS = {"signup": "100/10m/ip", "login": "300/10m/ip", "login_failed": "100/10m/ip,5/5m/key"}

# One language so far, so no middleware chooses one. To add a language: learn/README.md.
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
LOCALE_PATHS = [BASE_DIR / "learn" / "locale"]
FORMAT_MODULE_PATH = "learn.formats"  # how English dates look; of other languages Django knows it
USE_I18N = True
USE_TZ = True
# The clinic's calendar where no care team says otherwise (guests, and the default of a new team).
TIME_ZONE: str = env.str("TIME_ZONE", "America/New_York")
try:
    ZoneInfo(TIME_ZONE)
except (KeyError, ValueError, OSError) as error:
    raise ImproperlyConfigured(f"TIME_ZONE is {TIME_ZONE!r}. Write a time zone like America/New_York.") from error
# Shown to guests, who have no care team. Empty: the page says "the number your team gave you". What is no phone number
# is refused in learn/people/apps.py.
DAY_PHONE: str = env.str("DAY_PHONE", "")
NIGHT_PHONE: str = env.str("NIGHT_PHONE", "")

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / ".static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
WHITENOISE_ALLOW_ALL_ORIGINS = False

# JSON lines on the console, from an allow-list (learn/logs.py). LOG_LEVEL=WARNING leaves out the line per request.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "learn.logs.JsonLines"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "learn": {"level": env.str("LOG_LEVEL", "INFO")},
        "django": {"handlers": ["console"], "level": "ERROR", "propagate": False},
    },
}

# Mail goes to the console where nothing else is said: an unknown kind must not end up at some SMTP server.
EMAIL_CONFIG = env.dj_email_url("EMAIL_URL", "console:")
if "EMAIL_BACKEND" not in EMAIL_CONFIG:
    raise ImproperlyConfigured("EMAIL_URL must begin with console:, smtp:// or submission://.")
EMAIL_CONFIG["EMAIL_TIMEOUT"] = EMAIL_CONFIG["EMAIL_TIMEOUT"] or 10  # seconds
vars().update(EMAIL_CONFIG)

"""A site with only the engine: Django's own users, and one template slot filled."""

from pathlib import Path

ALONE = Path(__file__).resolve().parent

SECRET_KEY = "tests-only-" + "0" * 50
ALLOWED_HOSTS = ["testserver"]
USE_TZ = True
TIME_ZONE = "America/New_York"  # the time zone of tests.quizzes.cast
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
ROOT_URLCONF = "tests.quizzes.alone.urls"
LOGIN_URL = "/sign-in/"
STATIC_URL = "static/"
CRISPY_TEMPLATE_PACK = "care"
CRISPY_ALLOWED_TEMPLATE_PACKS = ["care"]
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "crispy_forms",
    "quizzes",
]
MIDDLEWARE = [
    "quizzes.redirects.see_other",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ALONE / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

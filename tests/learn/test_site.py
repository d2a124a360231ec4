"""Rules for the whole site: headers, cookies, refused forms, https, settings, the log."""

import gzip
import io
import json
import logging
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.db import OperationalError
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpResponse
from django.test import Client, TestCase
from django.urls import reverse

from learn.logs import JsonLines
from learn.people import roles
from learn.people.models import User
from learn.progress.models import Reading
from tests.cast import load_content, make_staff, unguarded

STEP = "/lessons/basics/what-is-immunotherapy/1/"
ROOT = Path(__file__).resolve().parent.parent.parent


class TestEveryPage(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        load_content()

    addresses = ("/", STEP, "/help/", "/my/", "/accounts/login/", "/admin/", "/nope/", "/check/nope/")

    def test_has_a_strict_content_security_policy(self) -> None:
        for address in self.addresses:
            self.strict(self.client.get(address))

    def strict(self, response: HttpResponse) -> None:
        policy = response.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        for name, wanted in (
            ("Cache-Control", "no-store"),
            ("Cross-Origin-Opener-Policy", "same-origin"),
            ("Cross-Origin-Resource-Policy", "same-origin"),
            ("Permissions-Policy", "camera=(), geolocation=(), microphone=()"),
            ("Referrer-Policy", "same-origin"),
            ("X-Content-Type-Options", "nosniff"),
            ("X-Frame-Options", "DENY"),
        ):
            assert wanted in response.headers[name], (response.request["PATH_INFO"], name)

    def test_has_it_on_error_pages_too(self) -> None:
        client = Client(enforce_csrf_checks=True, raise_request_exception=False)
        self.strict(client.post("/check/what-is-immunotherapy/"))  # 403
        self.strict(client.get("/", headers={"host": "evil.example"}))  # 400
        self.strict(client.put("/my/"))  # 405
        with patch("learn.views.render", side_effect=RuntimeError):
            response = client.get("/help/")
        assert response.status_code == 500
        assert "Sorry, there is a problem with the site" in response.content.decode()
        self.strict(response)

    def test_is_never_cached(self) -> None:
        for address in self.addresses:
            assert "no-store" in self.client.get(address).headers["Cache-Control"], address

    def test_has_no_inline_script_or_style_and_loads_nothing_from_other_hosts(self) -> None:
        for address in self.addresses:
            page = self.client.get(address).content.decode()
            page = page.replace('<script src="/static/learn/site.js" defer></script>', "")
            for part in ("<script", "style=", "<style", "onclick", 'src="http', 'href="http'):
                assert part not in page, (address, part)

    def test_is_sent_compressed(self) -> None:
        response = self.client.get(STEP, headers={"accept-encoding": "gzip"})
        assert response.headers["Content-Encoding"] == "gzip"
        assert b"Immunotherapy" in gzip.decompress(response.content)

    def test_of_an_unknown_address_is_a_helpful_404(self) -> None:
        response = self.client.get("/nope/")
        assert response.status_code == 404
        assert "We cannot find that page" in response.content.decode()

    def test_for_an_unknown_host_is_refused(self) -> None:
        assert self.client.get("/", headers={"host": "evil.example"}).status_code == 400


class TestARefusedForm(TestCase):
    """The CSRF check is on in these tests, as on the real site."""

    @classmethod
    def setUpTestData(cls) -> None:
        load_content()

    def setUp(self) -> None:
        self.client = Client(enforce_csrf_checks=True)

    def test_without_cookies_still_leads_through_a_lesson_and_saves_nothing(self) -> None:
        response = self.client.post(STEP)
        assert (response.status_code, response.url) == (303, STEP.replace("/1/", "/2/"))
        assert self.client.post(STEP.replace("/1/", "/7/")).url == "/check/what-is-immunotherapy/"
        assert self.client.post(STEP.replace("/1/", "/99/")).status_code in (303, 404)
        assert self.client.post(STEP.replace("what", "who")).status_code == 404
        assert not User.objects.exists()
        assert not Reading.objects.exists()

    def test_without_cookies_says_that_answers_cannot_be_saved(self) -> None:
        check = "/check/what-is-immunotherapy/"
        response = self.client.post(check, headers={"referer": f"http://testserver{check}"})
        assert response.status_code == 403
        assert "This phone cannot keep your answers" in response.content.decode()
        assert "This phone cannot keep your place" not in response.content.decode(), "one message is enough"
        assert not User.objects.exists()

    def test_that_was_open_too_long_can_be_opened_again(self) -> None:
        self.client.get(STEP)  # sets the cookie
        response = self.client.post(STEP, {"csrfmiddlewaretoken": "x" * 64})
        assert response.status_code == 403
        page = response.content.decode()
        assert "That page was too old" in page
        assert f'href="{STEP}"' in page

    def test_links_to_the_full_address_of_the_form(self) -> None:
        self.client.get(STEP)
        page = self.client.post(STEP + "?a=1&b=2").content.decode()
        assert f'href="{STEP}?a=1&amp;b=2"' in page

    def test_leads_back_to_the_page_where_the_form_stood(self) -> None:
        """The switch of language posts to an address that shows no page: the way back was an empty page."""
        self.client.get(STEP)
        for said, back in (
            ("http://testserver/lessons/?a=1", "http://testserver/lessons/?a=1"),
            ("http://elsewhere.example/x", "/language/"),
        ):
            page = self.client.post("/language/", {"language": "en"}, headers={"referer": said}).content.decode()
            assert f'href="{back}"' in page, said

    def test_keeps_the_words_of_a_question_and_says_first_who_to_call(self) -> None:
        """With an old page, and on a phone without cookies."""
        own, other = "http://testserver/my/questions/", "http://elsewhere.example/"
        for visit in ("", STEP):
            if visit:
                self.client.get(visit)
            page = self.client.post(
                "/my/questions/", {"text": "<b>chest pain\x00"}, headers={"referer": own}
            ).content.decode()
            assert "&lt;b&gt;chest pain" in page
            assert "Call 911 now." in page.split("<h1>")[0]
            page = self.client.post("/my/questions/", {"text": "any other"}, headers={"referer": own}).content.decode()
            assert "any other" in page
            assert "Call 911 now." not in page
            page = self.client.post("/my/questions/", {"text": "call me"}, headers={"referer": other}).content.decode()
            assert "call me" not in page, "another site does not put its words here"

    def test_does_not_say_that_a_signed_in_person_has_no_cookies(self) -> None:
        self.client.force_login(User.objects.create_guest())
        response = self.client.post(STEP)
        assert response.status_code == 403
        assert "That page was too old" in response.content.decode()

    def test_on_the_sign_in_page_names_cookies_too(self) -> None:
        assert "cookies" in self.client.post("/accounts/login/").content.decode()


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Python with these arguments, without the variables of this environment."""
    env = {
        "PATH": os.environ["PATH"],
        "LEARN_ENV_FILE": os.devnull,
        "DATABASE_URL": "sqlite://:memory:",
        "DJANGO_SETTINGS_MODULE": "learn.settings",
    }
    return subprocess.run(
        [sys.executable, *arguments], env=env | environment, cwd=ROOT, capture_output=True, text=True, check=False
    )


# Nobody names the settings for the server: learn.service does not.
SERVER = "import os; del os.environ['DJANGO_SETTINGS_MODULE']; import learn.rsgi"
START = {"server": ("-c", SERVER), "command": ("manage.py", "check")}
REFUSED = {
    "no-key": ("SECRET_KEY", "", "is not set"),
    "blank-zone": ("TIME_ZONE", "", "is ''. Write a time zone"),
    "unknown-zone": ("TIME_ZONE", "America/Boston", "is 'America/Boston'. Write a time zone"),
    "folder-of-zones": ("TIME_ZONE", "America", "is 'America'. Write a time zone"),
    "blank-address": ("PUBLIC_URL", "", "is ''. Write http:// or https://"),
    "no-scheme": ("PUBLIC_URL", "learn.example.org", "is 'learn.example.org'. Write http:// or https://"),
    "other-scheme": ("PUBLIC_URL", "ftp://learn.example.org", "is 'ftp://learn.example.org'. Write http://"),
    "path": ("PUBLIC_URL", "https://example.org/learn", "is 'https://example.org/learn'. Write http://"),
    "query": ("PUBLIC_URL", "https://example.org?a=1", "is 'https://example.org?a=1'. Write http://"),
    "space-inside": ("PUBLIC_URL", "https://learn example.org", "is 'https://learn example.org'. Write http://"),
    "space-after": ("PUBLIC_URL", "https://example.org ", "is 'https://example.org '. Write http://"),
    "name-and-password": ("PUBLIC_URL", "https://a:b@example.org", "is 'https://a:b@example.org'. Write http://"),
    "letters-no-host-has": ("PUBLIC_URL", "https://our_site.example", "is 'https://our_site.example'. Write http://"),
    "words-for-a-phone": ("DAY_PHONE", "call the ward", "is 'call the ward'. Write a phone number"),
    "folder-that-is-not-there": ("OWN_TEMPLATES", "/nowhere", "is '/nowhere'. Write the path of a folder"),
    "extension-in-words": ("NIGHT_PHONE", "555-010-0199 ext. x", "is '555-010-0199 ext. x'. Write a phone number"),
    "proxies-in-words": ("PROXIES", "two", "cannot be read. Write a whole number"),
    "threads-in-words": ("THREADS", "many", "cannot be read. Write a whole number"),
    "pooler-perhaps": ("POOLER", "perhaps", "cannot be read. Write true or false."),
    "debug-perhaps": ("DEBUG", "perhaps", "cannot be read. Write true or false."),
    "no-database": ("DATABASE_URL", "learn", "cannot be read. Write sqlite:"),
    "other-database": ("DATABASE_URL", "mysql://a:b@host/learn", "names another kind of database. Write sqlite:"),
    "mail-port": ("EMAIL_URL", "smtp://a:secret@host:port", "cannot be read. Write console:"),
    "two-steps-perhaps": ("STAFF_TWO_STEP", "perhaps", "is 'perhaps'. Write required or optional."),
    "single-sign-on-in-the-clear": ("OIDC_ISSUER", "http://login.example", "must begin with https://"),
    "single-sign-on-without-a-secret": ("OIDC_ISSUER", "https://login.example", "needs OIDC_CLIENT and OIDC_SECRET"),
    "mail-from-a-loopback-address": (
        "EMAIL_URL", "smtp://a:secret@host:25", "names a mail server, but PUBLIC_URL is http://127.0.0.1:8000"
    ),
    "contact-without-a-scheme": ("SECURITY_CONTACT", "it@hospital.example", "is not an address. Write one"),
    "half-a-recipient": ("BACKUP_RECIPIENT", "age1qqq", "is not a public key of age. Write one like age1"),
    "loud": ("LOG_LEVEL", "loud", "is 'loud'. Write DEBUG"),
}  # fmt: skip


@pytest.mark.one_database
@pytest.mark.parametrize("start", START.values(), ids=START)
@pytest.mark.parametrize(("name", "value", "said"), REFUSED.values(), ids=REFUSED)
def test_an_invalid_setting_keeps_the_site_from_starting(
    name: str, value: str, said: str, start: tuple[str, str]
) -> None:
    done = run(*start, **({"SECRET_KEY": "x"} | {name: value}))
    assert done.returncode == 1
    assert done.stderr.startswith(f"The site does not start. {name} {said}")
    assert len(done.stderr.splitlines()) == 1  # no traceback hides it
    assert "secret" not in done.stderr
    assert done.stderr.count("\n") == 1, "no traceback"


@pytest.mark.parametrize(
    ("address", "hosts"),
    [
        ("http://127.0.0.1:8000/", ["127.0.0.1", "localhost", "[::1]"]),
        ("http://[::1]:8000", ["127.0.0.1", "localhost", "[::1]"]),
        ("HTTPS://Learn.Example.org", ["learn.example.org"]),
        ("http://[fd00::5]", ["[fd00::5]"]),
    ],
    ids=["loopback", "loopback-6", "capitals", "address-6"],
)
def test_valid_settings_are_accepted(address: str, hosts: list[str]) -> None:
    code = "import django; django.setup(); from django.conf import settings; print(settings.ALLOWED_HOSTS)"
    given = {"PUBLIC_URL": address, "DAY_PHONE": "+1 555-010-0199", "NIGHT_PHONE": "", "TIME_ZONE": "Asia/Kathmandu"}
    done = run("-c", code, SECRET_KEY="x", **given)
    assert (done.stdout.strip(), done.stderr) == (str(hosts), "")


@pytest.mark.parametrize(
    ("pooler", "kept"), [("0", (False, 5, True)), ("1", (True, None, False))], ids=["directly", "behind-a-pooler"]
)
def test_behind_a_pooler_no_connection_keeps_anything(pooler: str, kept: tuple[bool, int | None, bool]) -> None:
    code = (
        "from learn.settings import DATABASES; d = DATABASES['default'];"
        "print((d['DISABLE_SERVER_SIDE_CURSORS'], d['OPTIONS']['prepare_threshold'], 'pool' in d['OPTIONS']))"
    )
    done = run("-c", code, SECRET_KEY="x", POOLER=pooler, DATABASE_URL="postgres://learn@host/learn")
    assert (done.stdout.strip(), done.stderr) == (str(kept), "")


def test_a_template_of_the_hospitals_own_folder_replaces_ours_of_the_same_name(tmp_path: Path) -> None:
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail" / "address_removed.txt").write_text("Maple Clinic\n\nCall us.\n")
    code = (
        "import django; django.setup(); from learn.people.mail import written; "
        "print(written('mail/address_removed.txt', {}), written('mail/reminder.txt', {})[0])"
    )
    done = run("-c", code, SECRET_KEY="x", OWN_TEMPLATES=str(tmp_path))
    assert (done.stdout.strip(), done.stderr) == ("('Maple Clinic', 'Call us.\\n') Your learning page", "")


@pytest.mark.parametrize(
    ("switches", "header"),
    [
        ({}, "max-age=31536000"),
        ({"HSTS_SUBDOMAINS": "1"}, "max-age=31536000; includeSubDomains"),
        ({"HSTS_PRELOAD": "1"}, "max-age=31536000; includeSubDomains; preload"),
    ],
    ids=["this-host-only", "subdomains", "preload"],
)
def test_hsts_covers_other_hosts_only_with_its_setting(switches: dict[str, str], header: str) -> None:
    code = (
        "import django; django.setup(); from django.test import Client; "
        "print(Client().get('/healthz', secure=True).headers['Strict-Transport-Security'])"
    )
    given = {"SECRET_KEY": "0123456789abcdef" * 4, "PUBLIC_URL": "https://learn.example.org"}
    done = run("-W", "ignore", "-c", code, **given, **switches)
    assert done.stdout.strip() == header, done.stderr
    checked = run("manage.py", "check", "--deploy", "--fail-level", "WARNING", **given, **switches)
    assert checked.returncode == 0, checked.stderr


class TestSettings(TestCase):
    """Each test reads the settings in a new process, because a process reads them only once."""

    def run_python(self, code: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return run("-c", code, **environment)

    def test_take_the_scheme_from_the_public_address(self) -> None:
        code = (
            "from learn import settings as s; print(s.SECURE_SSL_REDIRECT, s.SECURE_HSTS_SECONDS, "
            "s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, s.SESSION_COOKIE_SECURE, s.ALLOWED_HOSTS, s.ON_LOOPBACK)"
        )
        https = self.run_python(code, SECRET_KEY="x", PUBLIC_URL="https://learn.example.org/")
        assert https.stdout.strip() == "True 31536000 __Host-sid __Host-csrf True ['learn.example.org'] False"
        http = self.run_python(code, SECRET_KEY="x", PUBLIC_URL="http://127.0.0.1:8123")
        assert http.stdout.strip() == "False 0 sid csrf False ['127.0.0.1', 'localhost', '[::1]'] True"

    def test_require_a_second_step_with_https_unless_told_otherwise(self) -> None:
        code = "from learn import settings as s; print(s.STAFF_TWO_STEP)"
        https = {"SECRET_KEY": "x", "PUBLIC_URL": "https://learn.example.org"}
        assert self.run_python(code, **https).stdout.strip() == "required"
        assert self.run_python(code, STAFF_TWO_STEP="optional", **https).stdout.strip() == "optional"
        assert self.run_python(code, SECRET_KEY="x").stdout.strip() == "optional"

    def test_pass_the_deployment_check_without_a_warning(self) -> None:
        done = self.run_python(
            "import sys; sys.argv = ['manage.py', 'check', '--deploy', '--fail-level', 'WARNING'];"
            "from django.core.management import execute_from_command_line as run; run(sys.argv)",
            SECRET_KEY="0123456789abcdef" * 4,
            PUBLIC_URL="https://learn.example.org",
        )
        assert done.returncode == 0, done.stderr


class TestTheLog(TestCase):
    """Marker texts are sent in every input that a person has; none may appear in the log."""

    CANARY = "canary-4711"

    @classmethod
    def setUpTestData(cls) -> None:
        load_content()

    def setUp(self) -> None:
        self.out = io.StringIO()
        handler = logging.StreamHandler(self.out)
        handler.setFormatter(JsonLines())
        for name in ("", "learn", "django"):
            logger = logging.getLogger(name)
            old = logger.level
            logger.addHandler(handler)
            logger.setLevel(logging.DEBUG)
            self.addCleanup(logger.setLevel, old)
            self.addCleanup(logger.removeHandler, handler)
        self.client = Client(raise_request_exception=False)

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.getvalue().splitlines()]

    def test_has_route_status_and_user_id_of_each_request(self) -> None:
        self.client.post(STEP)
        line = next(line for line in self.lines() if line["event"] == "request")
        assert set(line) == {"at", "level", "event", "request", "method", "route", "status", "ms", "user"}
        assert (line["method"], line["route"], line["status"]) == ("POST", "step", 303)
        self.client.get("/my/")
        assert self.lines()[-1]["user"] == User.objects.get().pk

    def test_contains_no_input_of_a_person(self) -> None:
        canary = self.CANARY
        User.objects.create_user(canary, password=canary, first_name=canary)
        headers = {"referer": f"http://testserver/{canary}", "user-agent": canary, "x-forwarded-for": canary}
        self.client.get(f"/{canary}/?q={canary}", headers=headers)
        self.client.post("/accounts/login/", {"login": canary, "password": "wrong " + canary}, headers=headers)
        self.client.post("/accounts/login/", {"login": canary, "password": canary}, headers=headers)
        self.client.get("/", headers={"host": canary})
        self.client.post(f"/check/{canary}/", {"choice": canary})
        self.client.generic(canary.upper(), "/")
        self.client.cookies["sid"] = canary
        self.client.get("/my/")
        with patch("learn.views.render", side_effect=RuntimeError(canary)):
            self.client.get(f"/help/?{canary}")
        assert len(self.lines()) > 8
        assert canary not in self.out.getvalue().lower()

    def test_names_an_error_by_its_type_and_place(self) -> None:
        with patch("learn.views.render", side_effect=RuntimeError("said")):
            self.client.get("/help/")
        error = next(line for line in self.lines() if line["level"] == "ERROR")
        assert error["error"] == "RuntimeError"
        assert any("learn/views.py" in frame for frame in error["where"])
        requests = [line["request"] for line in self.lines() if line["event"] == "request"]
        assert error["request"] in requests


class TestHealth(TestCase):
    def test_is_live_without_a_query_and_ready_with_a_migrated_database(self) -> None:
        with self.assertNumQueries(0):
            assert self.client.get("/healthz").content == b"alive\n"
        response = self.client.get("/readyz")
        assert (response.status_code, response.content) == (200, b"ready\n")

    def test_is_not_ready_with_a_missing_migration_or_guard_or_database(self) -> None:
        with (
            patch("learn.views._migrated", False),
            patch("learn.views.MigrationExecutor.migration_plan", return_value=[object()]),
        ):
            for _ in range(2):  # a failed result is not cached
                assert self.client.get("/readyz").status_code == 503
        with unguarded():
            response = self.client.get("/readyz")
        assert response.status_code == 503
        assert b"The guard of quizzes_response is missing" in response.content
        for part in ("MigrationExecutor", "database_problems"):
            with patch("learn.views._migrated", False), patch(f"learn.views.{part}", side_effect=OperationalError):
                assert self.client.get("/readyz").content == b"not ready: no database\n"

    def test_checks_the_migrations_once_per_process(self) -> None:
        with (
            patch("learn.views._migrated", False),
            patch("learn.views.MigrationExecutor", wraps=MigrationExecutor) as planned,
        ):
            for _ in range(3):
                assert self.client.get("/readyz").content == b"ready\n"
        assert planned.call_count == 1

    def test_queries_the_database_on_each_request(self) -> None:
        self.client.get("/readyz")
        with patch("learn.views.database_problems", side_effect=OperationalError):
            assert self.client.get("/readyz").status_code == 503


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/language/", "/my/pages/", "/admin/quizzes/question/1/publish/"])
def test_an_address_that_only_takes_a_form_says_so(client: Client, address: str) -> None:
    """A phone that opens its last page again asks for it with GET: Django's answer to that is empty."""
    eda = make_staff("eda", roles.EDUCATOR)
    if address.startswith("/admin/"):
        client.force_login(eda)
    page = client.get(address)
    assert (page.status_code, page.headers["Allow"]) == (405, "POST")
    assert "no-store" in page.headers["Cache-Control"]
    assert "There is nothing to read here" in page.content.decode()
    assert "Opening it changed nothing." in page.content.decode()
    on = re.findall(r'<a class="btn" href="([^"]+)"', page.content.decode())
    assert on == [reverse("admin:index" if address.startswith("/admin/") else "my")]
    for method in ("head", "put", "delete"):
        page = getattr(client, method)(address)
        assert (page.status_code, page.headers["Allow"], page.content) == (405, "POST", b"")
    assert User.objects.get() == eda


@pytest.mark.django_db
@pytest.mark.parametrize("host", ["10.1.2.3", "10.1.2.3:8000", "evil.example", "", "a b"])
def test_health_answers_a_load_balancer_under_any_host_name(client: Client, host: str) -> None:
    for address, said in (("/healthz", b"alive\n"), ("/readyz", b"ready\n")):
        response = client.get(address, headers={"host": host})
        assert (response.status_code, response.content) == (200, said)
        assert "Location" not in response.headers
        assert "default-src 'none'" in response.headers["Content-Security-Policy"]
        assert client.post(address, headers={"host": host}).status_code == 405
    assert client.get("/healthz/", headers={"host": host}).status_code == 400, "only the exact address is exempt"

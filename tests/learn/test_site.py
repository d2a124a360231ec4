"""What holds for the whole site: headers, cookies, refused forms, https."""

import gzip
import os
import subprocess
import sys
from pathlib import Path

from django.test import Client, TestCase

from learn.people.models import User
from learn.progress.models import Reading
from tests.cast import load_content

STEP = "/lessons/basics/what-is-immunotherapy/1/"
ROOT = Path(__file__).resolve().parent.parent.parent


class TestEveryPage(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        load_content()

    addresses = ("/", STEP, "/help/", "/my/", "/accounts/login/", "/admin/", "/nope/", "/check/nope/")

    def test_carries_a_strict_policy(self) -> None:
        for address in self.addresses:
            headers = self.client.get(address).headers
            policy = headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "frame-ancestors 'none'" in policy
            assert "unsafe" not in policy
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert headers["Referrer-Policy"] == "same-origin"
            assert headers["X-Frame-Options"] == "DENY"

    def test_is_kept_by_nobody(self) -> None:
        for address in self.addresses:
            assert "no-store" in self.client.get(address).headers["Cache-Control"], address

    def test_has_no_inline_script_or_style_and_asks_no_other_host(self) -> None:
        for address in self.addresses:
            page = self.client.get(address).content.decode()
            for part in ("<script", "style=", "<style", "onclick", 'src="http', 'href="http'):
                assert part not in page, (address, part)

    def test_is_sent_compressed(self) -> None:
        response = self.client.get(STEP, headers={"accept-encoding": "gzip"})
        assert response.headers["Content-Encoding"] == "gzip"
        assert b"Immunotherapy" in gzip.decompress(response.content)

    def test_of_an_unknown_address_helps_and_answers_404(self) -> None:
        response = self.client.get("/nope/")
        assert response.status_code == 404
        assert "We cannot find that page" in response.content.decode()

    def test_from_a_foreign_host_is_refused(self) -> None:
        assert self.client.get("/", headers={"host": "evil.example"}).status_code == 400


class TestARefusedForm(TestCase):
    """With the CSRF check on, as in a real browser."""

    @classmethod
    def setUpTestData(cls) -> None:
        load_content()

    def setUp(self) -> None:
        self.client = Client(enforce_csrf_checks=True)

    def test_without_cookies_still_leads_on_through_a_lesson_and_saves_nothing(self) -> None:
        response = self.client.post(STEP)
        assert (response.status_code, response.url) == (303, STEP.replace("/1/", "/2/"))
        assert self.client.post(STEP.replace("/1/", "/7/")).url == "/check/what-is-immunotherapy/"
        assert self.client.post(STEP.replace("/1/", "/99/")).status_code in (303, 404)
        assert self.client.post(STEP.replace("what", "who")).status_code == 404
        assert not User.objects.exists()
        assert not Reading.objects.exists()

    def test_without_cookies_tells_plainly_that_a_check_cannot_be_kept(self) -> None:
        response = self.client.post("/check/what-is-immunotherapy/")
        assert response.status_code == 403
        assert "This phone cannot keep your answers" in response.content.decode()
        assert not User.objects.exists()

    def test_that_stood_open_too_long_can_be_opened_again(self) -> None:
        self.client.get(STEP)  # sets the cookie
        response = self.client.post(STEP, {"csrfmiddlewaretoken": "x" * 64})
        assert response.status_code == 403
        page = response.content.decode()
        assert "That page was too old" in page
        assert f'href="{STEP}"' in page

    def test_of_sign_in_says_so_too(self) -> None:
        assert "cookies" in self.client.post("/accounts/login/").content.decode()


class TestSettings(TestCase):
    """Read in a process of its own: settings are read once."""

    def run_python(self, code: str, **environment: str) -> subprocess.CompletedProcess[str]:
        env = {"PATH": os.environ["PATH"], "LEARN_ENV_FILE": os.devnull, "DJANGO_SETTINGS_MODULE": "learn.settings"}
        return subprocess.run(
            [sys.executable, "-c", code], env=env | environment, cwd=ROOT, capture_output=True, text=True, check=False
        )

    def test_refuse_to_start_without_a_key_in_one_sentence(self) -> None:
        done = self.run_python("import learn.settings")
        assert done.returncode == 1
        assert done.stderr.startswith("SECRET_KEY is not set.")
        assert "Traceback" not in done.stderr

    def test_take_the_scheme_from_the_public_address(self) -> None:
        code = (
            "from learn import settings as s; print(s.SECURE_SSL_REDIRECT, s.SECURE_HSTS_SECONDS, "
            "s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, s.SESSION_COOKIE_SECURE, s.ALLOWED_HOSTS, s.ON_LOOPBACK)"
        )
        https = self.run_python(code, SECRET_KEY="x", PUBLIC_URL="https://learn.example.org/")
        assert https.stdout.strip() == "True 31536000 __Host-sid __Host-csrf True ['learn.example.org'] False"
        http = self.run_python(code, SECRET_KEY="x", PUBLIC_URL="http://127.0.0.1:8123")
        assert http.stdout.strip() == "False 0 sid csrf False ['127.0.0.1', 'localhost', '[::1]'] True"

    def test_pass_the_deployment_check_without_a_warning(self) -> None:
        done = self.run_python(
            "import sys; sys.argv = ['manage.py', 'check', '--deploy', '--fail-level', 'WARNING'];"
            "from django.core.management import execute_from_command_line as run; run(sys.argv)",
            SECRET_KEY="0123456789abcdef" * 4,
            PUBLIC_URL="https://learn.example.org",
        )
        assert done.returncode == 0, done.stderr

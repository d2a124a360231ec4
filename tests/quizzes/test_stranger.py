"""A new developer can make a site from the engine's README.md alone: a real server, a question, an answer."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from html import unescape
from http.cookiejar import CookieJar
from pathlib import Path
from unittest import TestCase
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener

import pytest

pytestmark = pytest.mark.one_database

ROOT = Path(__file__).resolve().parent.parent.parent
BLOCK = re.compile(r"^```(sh|python|html)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NAMED = re.compile(r"^(?:# |\{# )([\w/]+\.(?:py|html))(, at its end)?(?: #\})?\n")
PASSWORD = "a long enough password"


def readme() -> str:
    """Return the engine's README."""
    return (ROOT / "quizzes" / "README.md").read_text()


def blocks() -> Iterator[tuple[str, str]]:
    """Yield language and text of each code block in the last part of the README."""
    yield from BLOCK.findall(readme().split("## In a site")[1])


class TestTheReadme(TestCase):
    def setUp(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        here = str(Path(sys.executable).parent)
        self.env = {"PATH": f"{here}{os.pathsep}{os.environ['PATH']}", "ENGINE": str(ROOT), "HOME": str(self.folder)}
        self.env |= {
            f"DJANGO_SUPERUSER_{k}": v for k, v in (("PASSWORD", PASSWORD), ("USERNAME", "sam"), ("EMAIL", ""))
        }
        self.browser = build_opener(HTTPCookieProcessor(CookieJar()))

    def run_in(self, *command: str, text: str | None = None) -> None:
        done = subprocess.run(
            command, cwd=self.folder, env=self.env, input=text, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{command}:\n{done.stdout}{done.stderr}"

    def serve(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        command = [sys.executable, "manage.py", "runserver", "--noreload", str(port)]
        with (self.folder / "log").open("wb") as log:
            server = subprocess.Popen(command, cwd=self.folder, env=self.env, stdout=log, stderr=log)
        self.addCleanup(server.wait, 20)
        self.addCleanup(server.terminate)
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                return
            except ConnectionRefusedError:
                assert server.poll() is None, (self.folder / "log").read_text()
                time.sleep(0.1)
        raise TimeoutError("the new site did not answer")

    def get(self, address: str, **form: str) -> str:
        """Open a page, or post its form with the page's CSRF token; return the page after redirects."""
        data = None
        if form:
            token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self.page)
            data = urlencode(form | {"csrfmiddlewaretoken": token[1] if token else ""}).encode()
        address = address if address.startswith("http") else self.url + address
        with self.browser.open(Request(address, data)) as response:  # noqa: S310 - our own server
            self.page, self.here = unescape(response.read().decode()), response.url
        return self.page

    def test_gives_a_site_that_asks_a_question_and_saves_the_answer(self) -> None:
        for language, text in blocks():
            if language == "sh":
                self.run_in("sh", "-ec", text)
                continue
            named = NAMED.match(text)
            assert named, text
            path, body = self.folder / named[1], text[named.end() :]
            path.write_text(path.read_text() + body if named[2] else body)
        review = re.search(r'`(path\("review/", .*?\))`', readme())
        assert review
        urls = self.folder / "mysite" / "urls.py"
        urls.write_text(f"import quizzes.views\n{urls.read_text()}urlpatterns.append({review[1]})\n")
        self.run_in(sys.executable, "manage.py", "migrate", "--verbosity", "0")
        self.run_in(sys.executable, "manage.py", "check", "--fail-level", "WARNING")
        self.run_in(sys.executable, "manage.py", "shell", text=(self.folder / "first_question.py").read_text())
        self.run_in(sys.executable, "manage.py", "createsuperuser", "--noinput")
        self.serve()

        self.get("/start/colors/")
        assert "/admin/login/" in self.here
        self.get(self.here, username="sam", password=PASSWORD)
        assert "<h1>Colors</h1>" in self.page
        self.get(self.here, start="")
        assert "What color is the sky?" in self.page
        assert '<a href="/">Back</a>' in self.page  # from a template slot that the site overrides
        assert "Air scatters" not in self.page
        green = re.search(r'value="(\w+)">\s*<label[^>]*>Green', self.page)
        assert green
        self.get(self.here, choice=green[1], number="1")
        assert self.here.endswith("/1/feedback/")
        assert "Not quite" in self.page
        assert "Look up at noon." in self.page
        assert "Air scatters blue light." in self.page
        self.get(self.here.replace("1/feedback/", "result/"))
        assert "<li>The sky</li>" in self.page

        assert "Nothing to do today." in self.get("/review/")
        assert "Next: " in self.page

        assert "What color is the sky?" in self.get("/admin/quizzes/question/")
        number = re.search(r"/admin/quizzes/question/(\d+)/change/", self.page)
        assert number
        self.get(f"/admin/quizzes/question/{number[1]}/write/")
        assert "That is its color by day." in self.page
        assert "Nothing that you choose here is kept." in self.get(f"/admin/quizzes/question/{number[1]}/preview/1/")
        for command in re.findall(r"^    python (manage\.py (?:ex|im)port_quiz .*)$", readme(), re.MULTILINE):
            self.run_in(sys.executable, *command.split())
        assert "::The sky::" in (self.folder / "colors.gift").read_text()
        self.get("/admin/quizzes/question/give-out/?quiz=colors")
        assert "Moodle XML" in self.page
        self.get("/admin/quizzes/question/add/?quiz=colors&kind=truth")
        words = {"stem": "Grass is green.", "answer": "true", "why": "Leaves take in red.", "objective": "Grass"}
        self.get(self.here, **words, feedback_true="It is.", feedback_false="It is, though.")
        assert "A second person has to read and publish this" in self.page

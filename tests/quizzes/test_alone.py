"""The engine works without learn: the tests of this folder also run on a site that has only the engine."""

import subprocess
import sys
from pathlib import Path

from django.apps import apps
from django.test import SimpleTestCase

ROOT = Path(__file__).resolve().parent.parent.parent


class TestTheEngine(SimpleTestCase):
    def test_imports_no_module_of_learn(self) -> None:
        code = (
            "import django, sys; django.setup();"
            "import quizzes.urls, quizzes.authoring, quizzes.templatetags.richtext;"
            "print(sorted(m for m in sys.modules if m.split('.')[0] == 'learn'))"
        )
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={"DJANGO_SETTINGS_MODULE": "tests.quizzes.alone.settings"},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.stdout.strip(), done.returncode) == ("[]", 0), done.stderr

    def test_is_installed_under_the_label_quizzes(self) -> None:
        assert apps.is_installed("quizzes")

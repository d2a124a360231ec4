"""The files of deploy/cluster: the site reads their settings, and each word of a template is filled in."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

DEPLOY = ROOT / "deploy" / "cluster"
WORD = re.compile(r"@([A-Z_0-9]+)@")
pytestmark = pytest.mark.one_database


def test_the_site_reads_the_example_of_its_settings(tmp_path: Path) -> None:
    """The address of the database has `&` in it, so a shell must not read this file; app.sh lets the site do it."""
    text = (DEPLOY / "learn.env.example").read_text()
    (tmp_path / "env").write_text(re.sub(r"^(SECRET|CODE)_KEY=$", rf"\1_KEY={'k' * 50}", text, flags=re.MULTILINE))
    code = "from learn.settings import DATABASES as d, PROXIES, EMAIL_BACKEND; print(d['default']['OPTIONS'], PROXIES)"
    env = {"PATH": os.environ["PATH"], "LEARN_ENV_FILE": str(tmp_path / "env")}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert all(part in done.stdout for part in ("'hostaddr': '127.0.0.1'", "'sslmode': 'verify-full'", "ca.crt'"))
    script = (DEPLOY / "app.sh").read_text()
    assert "LEARN_ENV_FILE=/etc/learn/learn.env" in script
    assert not re.search(r"^\s*(\.|source) /etc/learn/learn\.env", script, re.MULTILINE)


@pytest.mark.parametrize(("template", "script"), [("patroni.yml.in", "database.sh"), ("haproxy.cfg.in", "app.sh")])
def test_each_word_of_a_template_is_filled_in(template: str, script: str) -> None:
    words = set(WORD.findall(re.sub(r"^#.*$", "", (DEPLOY / template).read_text(), flags=re.MULTILINE)))
    filled = set(re.findall(r"-e ['\"]s[#%]@([A-Z_0-9]+)@", (DEPLOY / script).read_text()))
    assert words == filled


@pytest.mark.parametrize("script", sorted(path.name for path in DEPLOY.glob("*.sh")))
def test_a_script_is_right_bash(script: str) -> None:
    done = subprocess.run(["bash", "-n", str(DEPLOY / script)], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")

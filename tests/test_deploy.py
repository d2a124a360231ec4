"""The files of deploy/cluster: the site reads their settings, and each word of a template is filled in."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import IN_CI, ROOT

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


def ci(tmp_path: Path, lacks: str, fails: str = "") -> tuple[int, str, str]:
    """Run .ci/run with stand-ins for make and Python; return its code, what it printed, and what make was asked for.

    What runs beside another comes in any order, so this is in the order of the alphabet.
    """
    for name, text in {
        ".ci/run": (ROOT / ".ci" / "run").read_text(),
        ".venv/bin/python": f'#!/bin/sh\nprintf %s "{lacks}"\n',
        "bin/make": f'#!/bin/sh\necho "$*" >>asked\n[ "$*" != "{fails}" ]\n',
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    env = {"PATH": f"{tmp_path}/bin:{os.environ['PATH']}"}
    done = subprocess.run([tmp_path / ".ci" / "run"], env=env, capture_output=True, text=True)
    return done.returncode, done.stdout, "".join(sorted((tmp_path / "asked").read_text().splitlines(keepends=True)))


def test_a_build_machine_with_all_of_a_cluster_runs_the_drills(tmp_path: Path) -> None:
    assert ci(tmp_path, lacks="") == (0, "", "browser\nfaults CLUSTER=1\ntest\n")


def test_a_build_machine_without_says_what_to_install(tmp_path: Path) -> None:
    said = "The drills on a cluster were not run. Install: etcd-server, haproxy.\n"
    assert ci(tmp_path, lacks="etcd-server, haproxy") == (0, said, "browser\ntest\n")


@pytest.mark.parametrize("fails", ["test", "faults CLUSTER=1"])
def test_a_build_fails_when_one_of_them_does(tmp_path: Path, fails: str) -> None:
    assert ci(tmp_path, lacks="", fails=fails) == (1, "", "browser\nfaults CLUSTER=1\ntest\n")


def test_what_a_build_machine_lacks_is_named(tmp_path: Path) -> None:
    """With a PATH where there is nothing, each program that a cluster needs is lacking; nothing is installed."""
    lacking = [sys.executable, "-m", "tests.faults.cluster", "--lacking"]
    env = {"PATH": str(tmp_path), "LEARN_ENV_FILE": os.devnull}
    done = subprocess.run(lacking, cwd=ROOT, env=env, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert {"etcd-server", "openssl", "util-linux"} <= set(done.stdout.split(", "))


def test_every_command_of_the_night_has_a_timer() -> None:
    """Those that docs/hospital-it.md gives to cron; app.sh turns each on."""
    told = (ROOT / "docs" / "hospital-it.md").read_text()
    lines = [line for line in told.splitlines() if line.startswith("    ") and " * * " in line]
    cron = {word for line in lines for word in re.findall(r"manage\.py (\w+)", line)}
    assert {"tidy", "digest", "backup"} <= cron
    units = {path.stem: path.read_text() for path in (DEPLOY / "systemd").glob("*.timer")}
    assert units.keys() == {f"learn-{command}" for command in cron}
    for command in cron - {"backup"}:  # this one has a service of its own
        assert f"\nUnit=learn@{command}.service\n" in units[f"learn-{command}"]
    enabled = re.findall(r"^.*systemctl enable --now .*learn-.*$", (DEPLOY / "app.sh").read_text(), re.MULTILINE)
    assert set(re.findall(r"(learn-\w+)\.timer", " ".join(enabled))) == units.keys()


def test_a_command_of_the_site_has_a_home_of_its_own() -> None:
    """With root's HOME, libpq looks for certificates in /root, where the site's user may not look: no connection."""
    script = (DEPLOY / "app.sh").read_text()
    assert re.search(r"setpriv --reuid=learn .* env HOME=/srv/learn ", script)
    assert script.count("manage.py") == 1, "elsewhere, use learn-manage"
    assert "postgresql-client-15" in script  # the backup runs pg_dump


@pytest.mark.skipif(not IN_CI and not shutil.which("systemd-analyze"), reason="there is no systemd")
@pytest.mark.parametrize("unit", ["tidy", "check_audit", "remind", "digest", "item_analysis", "backup"])
def test_systemd_understands_the_timer(unit: str) -> None:
    text = (DEPLOY / "systemd" / f"learn-{unit}.timer").read_text()
    (when,) = re.findall(r"^OnCalendar=(.+)$", text, re.MULTILINE)
    done = subprocess.run(["systemd-analyze", "calendar", when], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr

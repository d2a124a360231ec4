"""The documentation agrees with the code."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from django.test import SimpleTestCase

pytestmark = pytest.mark.one_database

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("learn", "quizzes", "tests", "templates", "fixtures", "docs")
TEXTS = {".py", ".html", ".txt", ".md", ".yaml", ".toml", ".css", ".js"}
# References in a comment that a reader of this repository cannot open.
CITED = re.compile(r"\brulings?((?:[\s#,]|\band\b|\bor\b|\bto\b|\d)+)", re.IGNORECASE)
UNKNOWN = re.compile(r"\bdesign/|\u00a7|\bsections? \d|#.*\bX-\d", re.IGNORECASE)


def files() -> Iterator[Path]:
    """Yield every text file of the repository: in the top folder, and in the folders of ROOMS."""
    for path in (*ROOT.iterdir(), *(path for room in ROOMS for path in (ROOT / room).rglob("*"))):
        if path.is_file() and (path.suffix in TEXTS or path.name == "Makefile"):
            yield path


def cited(text: str) -> set[int]:
    """Return the numbers of the rulings that a text cites: "ruling 7", "rulings 4, 7 and 8", also across lines."""
    return {int(number) for numbers in CITED.findall(text) for number in re.findall(r"\d+", numbers)}


class TestTheDocuments(SimpleTestCase):
    def test_name_every_setting_and_no_other(self) -> None:
        settings = (ROOT / "learn" / "settings.py").read_text()
        read = set(re.findall(r'\b(?:text\(|setting\([\w.]+, )"(\w+)"', settings))
        told = set(re.findall(r"^\| `(\w+)` \|", (ROOT / "docs" / "hospital-it.md").read_text(), re.MULTILINE))
        assert read == told
        assert len(read) > 10

    def test_link_only_to_files_and_folders_that_exist(self) -> None:
        for page in (*ROOT.glob("*.md"), *ROOT.glob("*/README.md"), *(ROOT / "docs").glob("*.md")):
            for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
                assert (page.parent / link).exists(), f"{page.name}: {link}"

    def test_name_only_commands_that_exist(self) -> None:
        makefile = (ROOT / "Makefile").read_text()
        for page in (*ROOT.glob("*.md"), *ROOT.glob("*/README.md"), *(ROOT / "docs").glob("*.md")):
            for target in re.findall(r"`make (\w+)", page.read_text()):
                assert re.search(rf"^{target}\b.*:", makefile, re.MULTILINE), f"{page.name}: make {target}"
            for command in re.findall(r"manage\.py (\w+)", page.read_text()):
                ours = [*ROOT.glob(f"learn/**/commands/{command}.py"), *ROOT.glob(f"quizzes/**/commands/{command}.py")]
                stock = {
                    "migrate",
                    "collectstatic",
                    "check",
                    "shell",
                    "createsuperuser",
                    "makemessages",
                    "compilemessages",
                }
                assert ours or command in stock, f"{page.name}: manage.py {command}"


def test_every_cited_ruling_is_in_the_rulings_file() -> None:
    written = [
        int(n) for n in re.findall(r"^## Ruling (\d+): ", (ROOT / "docs" / "rulings.md").read_text(), re.MULTILINE)
    ]
    assert written == list(range(1, len(written) + 1))
    citing = {str(path.relative_to(ROOT)): cited(path.read_text(encoding="utf-8")) for path in files()}
    assert sum(bool(numbers) for numbers in citing.values()) > 20
    assert {name: numbers - set(written) for name, numbers in citing.items() if numbers - set(written)} == {}


def test_every_ruling_has_a_reason_and_what_was_rejected() -> None:
    for ruling in (ROOT / "docs" / "rulings.md").read_text().split("\n## ")[1:]:
        assert re.findall(r"^- (Why|Rejected): ", ruling, re.MULTILINE) == ["Why", "Rejected"], ruling[:20]


def test_no_comment_cites_a_document_that_is_not_in_the_repository() -> None:
    here = {path.name for path in files()}
    found = []
    for path in files():
        text = path.read_text(encoding="utf-8")
        named = {name for name in re.findall(r"[\w-]+\.md\b", text) if name not in here}
        found += [f"{path.relative_to(ROOT)}: {what}" for what in (*named, *UNKNOWN.findall(text))]
    assert found == []


def test_every_content_file_is_described_in_the_fixtures_readme() -> None:
    told = set(re.findall(r"^\| `(\S+)` \|", (ROOT / "fixtures" / "README.md").read_text(), re.MULTILINE))
    files_there = [path for path in (ROOT / "fixtures").rglob("*") if path.is_file() and path.name != "README.md"]
    shown = {path.name if path.parent.name == "fixtures" else f"{path.parent.name}/*.yaml" for path in files_there}
    assert told == shown


def test_pre_commit_runs_the_checks_of_make_test_with_the_same_tools() -> None:
    pinned = set(re.findall(r"^([\w-]+)==", (ROOT / "requirements-dev.txt").read_text(), re.MULTILINE))
    makefile = (ROOT / "Makefile").read_text()
    repos = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    assert {repo["repo"] for repo in repos} == {"local"}  # so pre-commit needs no network
    hooks = [hook for repo in repos for hook in repo["hooks"]]
    assert {hook["id"] for hook in hooks} == {"ruff", "ruff-format", "djade", "import-linter"}
    for hook in hooks:
        tool = hook["entry"].removesuffix(" --force-exclude")
        assert tool.startswith(".venv/bin/"), hook["id"]
        assert hook["id"].removesuffix("-format") in pinned, hook["id"]
        assert f'check "{hook["name"]}" {tool.removeprefix(".venv/bin/")}' in makefile, hook["id"]


def test_systemd_starts_the_line_that_the_docs_name() -> None:
    docs, unit = (ROOT / "docs" / "hospital-it.md").read_text(), (ROOT / "deploy" / "learn.service").read_text()
    [named] = re.findall(r"^    \.venv/bin/(granian .*)$", docs, re.M)
    assert f"ExecStart=/srv/learn/.venv/bin/{named}\n" in unit

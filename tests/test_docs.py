"""What the documents say is so."""

import re
from pathlib import Path

from django.test import SimpleTestCase

ROOT = Path(__file__).resolve().parent.parent


class TestTheDocuments(SimpleTestCase):
    def test_name_every_setting_and_no_other(self) -> None:
        settings = (ROOT / "learn" / "settings.py").read_text()
        read = set(re.findall(r'env\.\w+\("(\w+)"', settings))
        told = set(re.findall(r"^\| `(\w+)` \|", (ROOT / "docs" / "hospital-it.md").read_text(), re.MULTILINE))
        assert read == told
        assert len(read) > 10

    def test_name_only_files_and_folders_that_are_there(self) -> None:
        for page in (*ROOT.glob("*.md"), *ROOT.glob("*/README.md"), *(ROOT / "docs").glob("*.md")):
            for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
                assert (page.parent / link).exists(), f"{page.name}: {link}"

    def test_name_only_commands_that_there_are(self) -> None:
        makefile = (ROOT / "Makefile").read_text()
        for page in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
            for target in re.findall(r"`make (\w+)", page.read_text()):
                assert re.search(rf"^{target}\b.*:", makefile, re.MULTILINE), f"{page.name}: make {target}"
            for command in re.findall(r"manage\.py (\w+)", page.read_text()):
                ours = list(ROOT.glob(f"learn/**/commands/{command}.py"))
                stock = {"migrate", "collectstatic", "check", "shell", "createsuperuser"}
                assert ours or command in stock, f"{page.name}: manage.py {command}"

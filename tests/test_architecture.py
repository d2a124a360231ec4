"""The rules of the code's structure: foreign keys point to lower layers, as imports do."""

import ast
import re
from pathlib import Path

import pytest
from django.apps import apps
from django.test import SimpleTestCase

pytestmark = pytest.mark.one_database

ROOT = Path(__file__).resolve().parent.parent
FLOORS = {"people": 0, "quizzes": 0, "lessons": 1, "assignments": 2, "visits": 2, "progress": 3, "handouts": 4}


def ours() -> list[type]:
    return [m for m in apps.get_models() if m._meta.app_label in FLOORS]


class TestForeignKeys(SimpleTestCase):
    """import-linter sees only imports. It would accept ForeignKey("people.Patient") in the engine."""

    def test_point_to_the_same_or_a_lower_layer(self) -> None:
        links = [
            (model, field.related_model)
            for model in ours()
            for field in model._meta.get_fields()
            if field.is_relation and not field.auto_created and field.related_model in ours()
        ]
        assert len(links) > 20
        up = [
            f"{a._meta.label} -> {b._meta.label}"
            for a, b in links
            if FLOORS[a._meta.app_label] < FLOORS[b._meta.app_label]
        ]
        assert up == []

    def test_of_the_engine_point_only_to_the_user_model_outside_the_engine(self) -> None:
        out = {
            field.related_model._meta.label
            for model in ours()
            if model._meta.app_label == "quizzes"
            for field in model._meta.get_fields()
            if field.is_relation and not field.auto_created and field.related_model._meta.app_label != "quizzes"
        }
        assert out == {"people.User"}

    def test_of_people_point_only_to_people_and_auth(self) -> None:
        assert not [
            field
            for model in ours()
            if model._meta.app_label == "people"
            for field in model._meta.get_fields()
            if field.is_relation
            and not field.auto_created
            and field.related_model._meta.app_label not in ("people", "auth")
        ]


class TestEveryFile(SimpleTestCase):
    """Rules for each Python file of learn/ and quizzes/."""

    def files(self) -> list[Path]:
        return [p for top in ("learn", "quizzes") for p in (ROOT / top).rglob("*.py") if p.stat().st_size]

    def test_opens_with_a_docstring(self) -> None:
        assert [str(p) for p in self.files() if not p.read_text().startswith('"""') and "0001_" not in p.name] == []

    def test_has_no_more_than_400_lines(self) -> None:
        assert [str(p) for p in self.files() if len(p.read_text().splitlines()) > 400] == []

    def test_has_no_view_of_more_than_30_lines(self) -> None:
        views = [
            (f"{path.relative_to(ROOT)}: {node.name}", (node.end_lineno or 0) - node.lineno + 1)
            for path in self.files()
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.FunctionDef) and node.args.args and node.args.args[0].arg == "request"
        ]
        assert len(views) > 100
        assert [name for name, lines in views if lines > 30] == []

    def test_does_not_send_email_except_the_mail_module(self) -> None:
        sends = re.compile(r"django\.core\.mail|smtplib|\b(send_mail|mail_admins|email_user)\b")
        found = [str(p.relative_to(ROOT)) for p in self.files() if sends.search(p.read_text(encoding="utf-8"))]
        assert found == ["learn/people/mail.py"]

    def test_has_no_vague_name_like_utils(self) -> None:
        names = {"utils", "common", "core", "services", "selectors", "helpers", "signals", "managers"}
        assert [str(p) for p in self.files() if p.stem in names] == []

    def test_has_no_automatic_name_when_it_is_a_migration(self) -> None:
        assert [str(p) for p in self.files() if "migrations" in p.parts and "_auto_" in p.name] == []


class TestTheEnginesTemplates(SimpleTestCase):
    """import-linter does not see templates, so these tests check them."""

    def test_link_only_to_the_engines_own_urls(self) -> None:
        pages = sorted((ROOT / "quizzes" / "templates").rglob("*.html"))
        assert len(pages) > 20
        for path in pages:
            for part in path.read_text().split("{% url ")[1:]:
                assert part.startswith(("'quizzes:", "'admin:quizzes_")), f"{path.name}: {part[:40]}"

    def test_are_overridden_only_in_base_templates_and_slots(self) -> None:
        """The site may override the base template and the slots. All other pages are the engine's own."""
        own = ROOT / "templates" / "quizzes"
        theirs = {str(path.relative_to(own)) for path in own.rglob("*.html")}
        slots = {f"slots/{path.name}" for path in (ROOT / "quizzes/templates/quizzes/slots").iterdir()}
        assert theirs <= {"base.html", "admin/base.html", *slots}


class TestTheKindsOfQuestions(SimpleTestCase):
    def test_import_only_the_translation_functions_from_django(self) -> None:
        found = set()
        for file in (ROOT / "quizzes" / "kinds").glob("*.py"):
            found |= set(re.findall(r"(?:from|import) (django[.\w]*)", file.read_text(encoding="utf-8")))
        assert found == {"django.utils.translation"}


class TestATestModule(SimpleTestCase):
    def test_imports_nothing_from_another_test_module(self) -> None:
        """Shared helpers belong into tests/cast.py, tests/quizzes/cast.py or tests/shipped.py."""
        found = [
            f"{file.relative_to(ROOT)}: {line}"
            for file in sorted((ROOT / "tests").rglob("*.py"))
            for line in re.findall(r"^(?:from|import) tests\.\S*\btest_.*$", file.read_text(), flags=re.M)
        ]
        assert found == []

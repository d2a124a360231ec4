"""Every text of our own on a patient's page is marked for translation."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.template.base import Lexer, TokenType
from django.test import SimpleTestCase, TestCase
from django.urls import reverse
from django.utils import translation
from django.utils.translation.template import templatize

from learn.assignments.actions import assign
from learn.lessons.models import Lesson
from quizzes.models import Memory, Question
from tests.cast import at, load_content, make_nurse, make_patient, make_team
from tests.shipped import READ_OUT, templates

pytestmark = pytest.mark.one_database

ROOT = Path(__file__).resolve().parent.parent
STAFF = "admin"  # the Desk is in English
NAMES = {"www.cancer.gov", "www.cancer.org"}  # host names, the same in every language


# Python whose texts only staff read: the Desk, models with labels for its forms, and staff parts of other modules.
STAFF_CODE = (
    "admin/",
    "management/",
    "migrations/",
    "handouts/",
    "desk/",
    "actions.py",
    "authoring.py",
    "content.py",
)
STAFF_PARTS = {
    "DueForm", "DayForm", "AgainForm", "InPersonForm", "AssignForm",
    "Edition", "Reference", "Step", "CareTeam", "Patient", "Revision", "State", "time_zone", "three_points",
    "Therapy", "ClinicalReview",
}  # fmt: skip
MARKS = re.compile(r"_|n?p?gettext(_lazy|_noop)?")


class _Bare(HTMLParser):
    """Collects text with letters, also in attributes that are shown or read out."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value.strip() for name, value in attrs if name in READ_OUT and value and _has_letters(value)]

    def handle_data(self, data: str) -> None:
        self.found += [data.strip()] if _has_letters(data) else []


def _has_letters(text: str) -> bool:
    return any(letter.isalpha() for letter in text)


def bare(source: str) -> list[str]:
    """Return the texts of a template that are not marked for translation."""
    kept, inside = [], False
    for token in Lexer(source).tokenize():
        word = token.contents.split(" ")[0]
        if token.token_type == TokenType.BLOCK and word in ("blocktranslate", "endblocktranslate"):
            inside = word == "blocktranslate"
        elif token.token_type == TokenType.TEXT and not inside:
            kept.append(token.contents)
    parser = _Bare()
    parser.feed("".join(kept))
    parser.close()
    return [text for text in parser.found if text not in NAMES]


class TestEveryTemplateForPatients(SimpleTestCase):
    def test_has_all_its_words_marked(self) -> None:
        files = list(templates(without=STAFF))
        assert len(files) > 60
        for name, source in files:
            with self.subTest(name):
                assert bare(source) == []

    def test_does_not_build_plurals_from_letters(self) -> None:
        for name, source in templates(without=STAFF):
            with self.subTest(name):
                assert not re.search(r"\|\s*pluralize", source)


class TestTheSearchForBareWords(SimpleTestCase):
    def test_finds_them_in_text_and_in_attributes_that_are_read_out(self) -> None:
        source = '<p class="x">{% translate "Seen" %} Bare</p><img alt="Read {{ out }}" src="a.png">{# note #}'
        assert bare(source) == ["Bare", "Read"]

    def test_ignores_text_that_is_marked(self) -> None:
        assert (
            bare('<p title="{% translate "a" %}">{% blocktranslate %}Step {{ n }}{% endblocktranslate %} – 1</p>') == []
        )


class TestADate(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        load_content()
        maple = make_team()
        cls.ana = make_patient(maple, "Ana", name="ana")
        lesson, noor = Lesson.objects.get(slug="what-is-immunotherapy"), make_nurse("noor", maple)
        assign(patients=[cls.ana], lessons=[lesson], due=date(2026, 7, 14), note="", by=noor, now=at(1))

    def page(self, language: str, address: str) -> str:
        self.client.force_login(self.ana.user)
        with translation.override(language):
            return self.client.get(address).content.decode()

    def test_is_written_in_the_format_of_the_language(self) -> None:
        said = {
            "en": ("Tuesday, July 14", "July 14, 2026"),
            "es": ("martes 14 de julio", "14 de julio de 2026"),
            "de": ("Dienstag, 14. Juli", "14. Juli 2026"),
        }
        for language, words in said.items():
            pages = [self.page(language, address) for address in (reverse("my"), reverse("my_data"))]
            for word, page in zip(words, pages, strict=True):
                with self.subTest(language, word=word):
                    assert word in page

    def test_has_numbers_beside_it_in_the_format_of_the_same_language(self) -> None:
        question, days = Question.objects.all()[0], {"last": date(2026, 7, 1), "due": date(2026, 7, 4)}
        Memory.objects.create(
            learner=self.ana.user, question=question, stability=2.5, difficulty=4.25, in_a_row=1, **days
        )
        for language, numbers in (("en", "2.50; 4.25"), ("es", "2,50; 4,25")):
            assert numbers in self.page(language, reverse("my_data"))

    def test_uses_only_the_named_formats_of_the_language(self) -> None:
        for name, source in templates(without=STAFF):
            with self.subTest(name):
                formats = re.findall(r"\|date:(\S+?)[ %}|]", source)
                assert set(formats) <= {'"DATE_FORMAT"', '"MONTH_DAY_FORMAT"', '"YEAR_MONTH_FORMAT"'}


def code() -> Iterator[tuple[Path, ast.Module]]:
    """Yield each of our Python modules that may contain texts for patients."""
    for file in [*(ROOT / "learn").rglob("*.py"), *(ROOT / "quizzes").rglob("*.py")]:
        if not any(part in f"{file.relative_to(ROOT)}" for part in STAFF_CODE):
            yield file.relative_to(ROOT), ast.parse(file.read_text(encoding="utf-8"))


def shown_texts(tree: ast.Module) -> Iterator[ast.expr]:
    """Yield the texts that a module shows: messages, errors, labels, help texts, choices."""
    nodes: list[ast.AST] = [tree]
    while nodes:
        node = nodes.pop()
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name in STAFF_PARTS:
            continue
        nodes += ast.iter_child_nodes(node)
        if isinstance(node, ast.ClassDef) and any("TextChoices" in ast.unparse(base) for base in node.bases):
            yield from (
                x.value.elts[1] for x in node.body if isinstance(x, ast.Assign) and isinstance(x.value, ast.Tuple)
            )
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func)
        if name.startswith("messages.") or name.endswith(".add_error"):
            yield node.args[1]
        if name.endswith(("ValidationError", "Unreadable")):
            yield node.args[0]
        for keyword in node.keywords:
            if keyword.arg in ("label", "help_text"):
                yield keyword.value
            if keyword.arg == "error_messages" and isinstance(keyword.value, ast.Dict):
                yield from keyword.value.values
            if keyword.arg == "choices" and isinstance(keyword.value, ast.List):
                yield from (pair.elts[1] for pair in keyword.value.elts if isinstance(pair, ast.Tuple))


class TestOurPython(SimpleTestCase):
    def test_marks_every_text_for_patients(self) -> None:
        heard = 0
        for file, tree in code():
            for said in shown_texts(tree):
                with self.subTest(file, line=said.lineno):
                    text = said.left if isinstance(said, ast.BinOp) and isinstance(said.op, ast.Mod) else said
                    assert not isinstance(text, ast.Constant | ast.JoinedStr | ast.BinOp), ast.unparse(said)
                    heard += 1
        assert heard > 80

    def test_can_be_read_by_makemessages(self) -> None:
        """makemessages reads only string literals. Placeholders need names, so that a translator can reorder them."""
        read = 0
        for file, tree in code():
            for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
                name = ast.unparse(call.func).rpartition(".")[2]
                if not MARKS.fullmatch(name):
                    continue
                wanted = 1 + ("p" in name.partition("gettext")[0]) + ("n" in name.partition("gettext")[0])
                for text in call.args[:wanted]:
                    with self.subTest(file, line=call.lineno):
                        assert isinstance(text, ast.Constant), ast.unparse(call)
                        assert not re.search(r"%[sd]|\{\}", str(text.value)), text.value
                        read += 1
        assert read > 250


class TestEveryTemplate(SimpleTestCase):
    def test_can_be_read_by_makemessages(self) -> None:
        texts = 0
        for name, source in templates():
            with self.subTest(name):
                texts += templatize(source, origin=name).count("gettext(")
        assert texts > 400

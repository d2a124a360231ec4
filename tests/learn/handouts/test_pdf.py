"""PDFs are made in a child process, within limits; where none can be made, people get a page to print."""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from learn.handouts import pdf, typeset
from learn.handouts.parts import Look, base
from learn.handouts.sheets import questions
from learn.people.models import Phones
from learn.visits.models import MyQuestion
from tests.cast import at, keep_published, load_content, make_patient, make_team

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
SHEETS = [
    ("pdf_overview", [], "help"),
    ("pdf_wallet", [], "help"),
    ("pdf_questions", [], "questions"),
    ("pdf_therapy", ["virus-therapy"], "therapy"),
    ("pdf_lesson", ["who-to-call"], "lesson_print"),
]  # address, what it takes, the page that has the same text
LETTER = Look("letter", 12, Phones("", "", ""))


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    pdf.forget()
    yield
    pdf.forget()


@pytest.fixture
def content() -> None:
    load_content()


def asked(*texts: str) -> dict[str, Any]:
    return questions(texts, at(24).date(), LETTER)


def child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """Put a program in the place of the child."""
    file = tmp_path / "child.py"
    file.write_text(code)
    monkeypatch.setattr(pdf, "CHILD", file)


def test_the_child_makes_what_this_process_would_make_and_knows_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import json

    data = asked("Can I work?")
    assert pdf.pdf("questions", data) == typeset.make("questions", json.dumps(data))
    child(tmp_path, monkeypatch, "import os, sys; sys.stdout.write('%PDF-' + repr([*os.environ, *sys.path]))")
    told = pdf.pdf("questions", asked("Another")).decode()
    assert "SECRET_KEY" not in told
    assert "DATABASE_URL" not in told
    assert str(Path(__file__).parents[3] / "learn") not in told


def test_a_pdf_is_kept_by_its_data_unless_it_is_somebodys_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data, own = asked("Can I work?"), asked("My own")
    first = pdf.pdf("questions", data)
    pdf.pdf("questions", own, keep=False)
    child(tmp_path, monkeypatch, "import sys; sys.exit(1)")
    assert pdf.pdf("questions", data) is first
    for other in (own, data | {"paper": "a4"}):
        with pytest.raises(pdf.Fault):
            pdf.pdf("questions", other)


def test_only_the_last_ones_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    child(tmp_path, monkeypatch, "print('%PDF-1.7')")
    monkeypatch.setattr(pdf, "KEPT", 2)
    for n in range(4):
        pdf.pdf("questions", asked(str(n)))
    assert len(pdf._kept) == 2
    monkeypatch.setattr(pdf, "LARGEST", 3)
    pdf.forget()
    pdf.pdf("questions", asked("x"))
    assert len(pdf._kept) == 0


@pytest.mark.parametrize(
    "code",
    [
        "import time; time.sleep(60)",
        "import sys; sys.exit(1)",
        "print('no PDF')",
        "1/0",
        "import os; os.kill(os.getpid(), 9)",
    ],
)
def test_whatever_the_child_does_the_worker_gives_a_fault_and_logs_the_template_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, code: str
) -> None:
    child(tmp_path, monkeypatch, code)
    monkeypatch.setattr(pdf, "SECONDS", 1)
    with caplog.at_level(logging.ERROR), pytest.raises(pdf.Fault):
        pdf.pdf("questions", asked("A secret question"))
    assert [record.getMessage() for record in caplog.records] == ["no PDF: questions"]


@pytest.mark.parametrize("typed", ["我可以工作吗？", "仕事はできますか", "\U0001f4a5 boom 한국어"])
def test_letters_that_no_font_has_are_a_fault_and_no_crash(typed: str) -> None:
    with pytest.raises(pdf.Fault):
        pdf.pdf("questions", asked(typed))


def test_two_are_made_at_a_time_and_the_third_is_told_to_wait(
    content: None, client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    child(tmp_path, monkeypatch, f"import time\nwhile not __import__('os').path.exists({str(tmp_path / 'go')!r}):\n"
                                 " time.sleep(.02)\nprint('%PDF-1.7')")  # fmt: skip
    monkeypatch.setattr(pdf, "WAIT", 0)
    threads = [threading.Thread(target=pdf.pdf, args=("questions", asked(str(n)))) for n in range(2)]
    for thread in threads:
        thread.start()
    while pdf._slots._value:
        pass
    response = client.get(reverse("pdf_wallet"))
    (tmp_path / "go").touch()
    for thread in threads:
        thread.join()
    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert "Other sheets are being made just now" in response.content.decode()
    assert client.get(reverse("pdf_wallet")).status_code == 200


@pytest.mark.parametrize(("name", "args", "instead"), SHEETS)
def test_a_fault_leads_to_the_page_with_the_same_text(
    content: None,
    client: Client,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    args: list[str],
    instead: str,
) -> None:
    child(tmp_path, monkeypatch, "import sys; sys.exit(1)")
    response = client.get(reverse(name, args=args), follow=True)
    assert response.resolver_match.view_name == instead
    assert "The PDF could not be made. Print this page instead." in response.content.decode()


@pytest.mark.parametrize(("name", "args", "instead"), SHEETS)
def test_a_sheet_is_a_pdf_that_nobody_stores(
    content: None, client: Client, name: str, args: list[str], instead: str
) -> None:
    response = client.get(reverse(name, args=args))
    assert response.content.startswith(b"%PDF-1.7")
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"].startswith('inline; filename="')
    assert response["Cache-Control"] == "no-store, private"
    assert client.head(reverse(name, args=args))["Content-Type"] == "application/pdf"


@pytest.fixture
def seen(content: None, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The data of each sheet that was asked for."""
    found: list[dict[str, Any]] = []

    def keep(template: str, data: dict[str, Any], *, keep: bool = True) -> bytes:
        found.append(data)
        return b"%PDF-1.7"

    monkeypatch.setattr(pdf, "pdf", keep)
    return found


@pytest.mark.parametrize(
    ("query", "setting", "cookie", "paper", "size"),
    [
        ("", "letter", "", "letter", 12),
        ("", "a4", "", "a4", 12),
        ("?paper=a4", "letter", "text=large", "a4", 14),
        ("?paper=letter&size=12", "a4", "text=very-large", "letter", 12),
        ("", "letter", "text=very-large", "letter", 18),
        ("", "letter", "text=nonsense", "letter", 12),
    ],
)
def test_paper_and_size_come_from_the_address_the_setting_and_the_text_size(
    seen: list[dict[str, Any]], client: Client, settings: Settings,
    query: str, setting: str, cookie: str, paper: str, size: int,
) -> None:  # fmt: skip
    settings.PAPER = setting
    client.cookies["look"] = cookie
    assert client.get(reverse("pdf_wallet") + query).status_code == 200
    assert (seen[0]["paper"], seen[0]["size"]) == (paper, size)


@pytest.mark.parametrize("query", ["?paper=a5", "?size=13", "?paper=", "?size=²", "?paper=letter&size=12.0"])
def test_any_other_paper_or_size_is_not_found(content: None, client: Client, query: str) -> None:
    for name, args, _ in SHEETS:
        assert client.get(reverse(name, args=args) + query).status_code == 404
    assert client.get(reverse("on_paper") + query).status_code == 404


def test_what_is_not_published_is_not_found(client: Client) -> None:
    for name, args in (("pdf_overview", []), ("pdf_therapy", ["basics"]), ("pdf_lesson", ["who-to-call"])):
        assert client.get(reverse(name, args=args)).status_code == 404
    assert client.get(reverse("on_paper")).status_code == 200


def test_a_patients_sheets_have_their_teams_numbers_and_only_their_own_open_questions(
    seen: list[dict[str, Any]], client: Client
) -> None:
    ana, ben = make_patient(make_team(), "Ana"), make_patient(make_team("Cedar team"), "Ben")
    for n, (learner, talked) in enumerate([(ana.user, None), (ana.user, at(20)), (ben.user, None)]):
        MyQuestion.objects.create(
            learner=learner, text=f"Question {n}", position=n, added=at(20),
            talked=talked, talked_by=ben.user if talked else None,
        )  # fmt: skip
    client.force_login(ana.user)
    client.get(reverse("pdf_questions"))
    assert seen[0]["questions"] == ["Question 0"]
    assert [n for _, n in seen[0]["phones"]] == ["555-010-0199", "555-011-0199", "100.4 °F (38 °C)"]
    client.logout()
    client.get(reverse("pdf_questions"))
    assert (seen[1]["questions"], [n for _, n in seen[1]["phones"]]) == ([], ["", "", ""])


@pytest.mark.parametrize(("name", "args", "queries"), [
    ("pdf_wallet", [], 1), ("pdf_questions", [], 1), ("pdf_lesson", ["who-to-call"], 2),
    ("pdf_therapy", ["basics"], 1), ("pdf_overview", [], 2), ("on_paper", [], 1),
])  # fmt: skip
def test_a_sheet_costs_few_queries(
    seen: list[dict[str, Any]], client: Client, django_assert_num_queries: DjangoAssertNumQueries,
    name: str, args: list[str], queries: int,
) -> None:  # fmt: skip
    keep_published()
    with django_assert_num_queries(queries):
        assert client.get(reverse(name, args=args)).status_code == 200


def test_the_page_of_sheets_offers_all_of_them_in_the_chosen_size(content: None, client: Client) -> None:
    page = client.get(reverse("on_paper") + "?paper=a4&size=18").content.decode()
    for name, args, _ in SHEETS:
        assert f'href="{reverse(name, args=args)}?paper=a4&amp;size=18"' in page
    assert page.count("/print/lesson/") == 20
    assert page.count("/print/therapy/") == 7


@pytest.mark.parametrize(("page", "args", "sheet"), [
    ("step", ["virus-therapy", "how-virus-therapy-works", 1], "/print/lesson/how-virus-therapy-works.pdf"),
    ("lesson_print", ["virus-therapy", "how-virus-therapy-works"], "/print/lesson/how-virus-therapy-works.pdf"),
    ("therapy", ["virus-therapy"], "/print/therapy/virus-therapy.pdf"),
    ("help", [], "/print/card.pdf"),
])  # fmt: skip
def test_a_page_links_to_its_sheet(content: None, client: Client, page: str, args: list[Any], sheet: str) -> None:
    assert f'href="{sheet}"' in client.get(reverse(page, args=args)).content.decode()


def test_my_questions_link_to_their_sheet(content: None, client: Client) -> None:
    client.post(reverse("questions"), {"text": "Can I work?"})
    assert 'href="/print/questions.pdf"' in client.get(reverse("questions")).content.decode()


def test_the_words_of_every_sheet_are_there() -> None:
    assert all(base(LETTER, title="x")["words"].values())
    assert os.path.samefile(pdf.CHILD, typeset.__file__)
    assert sys.executable

"""Every sheet is accessible (PDF/UA-1), whole, of the right length, and says what the pages say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from functools import partial
from typing import Any

import pypdfium2
import pytest
import zxingcpp
from django.db import transaction
from django.utils import translation
from pypdfium2 import raw
from pytest_django import DjangoDbBlocker

from learn.handouts import parts, sheets
from learn.handouts.blocks import blocks
from learn.handouts.parts import Look
from learn.lessons import card, shown
from learn.people import codes
from learn.people.models import AccessCode, Phones
from tests.cast import at, load_content, make_nurse, make_patient, make_team
from tests.learn.handouts.sheet import KNOWN, made, pages, text, text_of
from tests.shipped import LESSONS

pytestmark = [pytest.mark.one_database, pytest.mark.django_db]

UNKNOWN = Phones("", "", "")
LETTER = Look("letter", 12, KNOWN)
# The most pages of a lesson, by the size of its letters: the figure of 29 November 2026.
MOST = {12: 4, 14: 6, 18: 9}
FOURS = 8  # at the standard size, the most lessons of four pages; the others have three, the call card on the last
MM = 25.4 / 72


@pytest.fixture(scope="module", autouse=True)
def content(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with django_db_blocker.unblock(), transaction.atomic():
        load_content()
        yield
        transaction.set_rollback(True)


def fonts(pdf: bytes) -> Iterator[tuple[str, bool]]:
    """Yield the font of each text object, and whether it is inside the file."""
    for one in pypdfium2.PdfDocument(pdf):
        for thing in one.get_objects(filter=[raw.FPDF_PAGEOBJ_TEXT]):
            font = raw.FPDFTextObj_GetFont(thing.raw)
            name = bytearray(80)
            raw.FPDFFont_GetBaseFontName(font, (raw.c_char * 80).from_buffer(name), 80)
            yield name.split(b"\0")[0].decode(), bool(raw.FPDFFont_GetIsEmbedded(font))


def codes_on(pdf: bytes, n: int) -> list[str]:
    """Return the QR codes on page `n` as a phone reads them from the paper."""
    picture = pypdfium2.PdfDocument(pdf)[n].render(scale=200 / 72).to_pil()
    return [found.text for found in zxingcpp.read_barcodes(picture)]


def lines(drawn: card.Card) -> list[str]:
    return [line.text for tier in drawn.tiers for group in tier.groups for line in group.lines]


@pytest.mark.parametrize("paper", parts.PAPERS)
@pytest.mark.parametrize("size", MOST)
def test_every_lesson_is_accessible_and_no_longer_than_its_bound(paper: str, size: int) -> None:
    look = Look(paper, size, KNOWN)
    counts = {slug: pages(made("lessons", sheets.lesson(slug, look))) for slug in LESSONS}
    assert len(counts) == len(LESSONS) == 20
    assert {slug: n for slug, n in counts.items() if not 3 <= n <= MOST[size]} == {}
    assert size != 12 or [*counts.values()].count(4) <= FOURS


@pytest.mark.parametrize("paper", parts.PAPERS)
def test_the_code_and_the_small_print_never_have_a_page_for_themselves(paper: str) -> None:
    """They follow what to remember, on the same page. With larger letters the card follows them."""
    for slug in LESSONS:
        data = sheets.lesson(slug, Look(paper, 12, KNOWN))
        [lesson] = data["lessons"]
        sides = [text_of(one) for one in pypdfium2.PdfDocument(made("lessons", data))]
        [end] = [side for side in sides if data["words"]["read"] in side]
        assert all(point in end for point in lesson["remember"]), slug


@pytest.mark.parametrize("paper", parts.PAPERS)
def test_a_picture_its_text_and_what_matters_stay_on_one_page(paper: str) -> None:
    apart, pictures = [], 0
    for slug in LESSONS:
        data = sheets.lesson(slug, Look(paper, 12, KNOWN))
        sides = [text_of(one) for one in pypdfium2.PdfDocument(made("lessons", data))]
        for step in data["lessons"][0]["steps"]:
            if drawn := step["picture"]:
                pictures += 1
                says = (step["heading"], step["point"], *drawn["key"])
                apart += [] if any(all(words in side for words in says) for side in sides) else [(slug, says)]
    assert pictures > 40
    assert apart == []


@pytest.mark.parametrize("paper", parts.PAPERS)
@pytest.mark.parametrize("phones", [KNOWN, UNKNOWN], ids=["numbers", "lines to write on"])
def test_the_fact_sheet_is_one_sheet_front_and_back(paper: str, phones: Phones) -> None:
    pdf = made("overview", sheets.overview(Look(paper, 12, phones)))
    assert pages(pdf) == 2
    assert [n for n in (14, 18) if pages(made("overview", sheets.overview(Look(paper, n, phones)))) > 8] == []
    assert [line for line in lines(card.whole()) if line not in text(pdf)] == []


@pytest.mark.parametrize("paper", parts.PAPERS)
@pytest.mark.parametrize("phones", [KNOWN, UNKNOWN], ids=["numbers", "lines to write on"])
def test_the_wallet_card_is_one_page_and_folds_to_a_bank_card(paper: str, phones: Phones) -> None:
    pdf = made("wallet", sheets.wallet(Look(paper, 12, phones)))
    [one] = pypdfium2.PdfDocument(pdf)
    edges = [thing.get_bounds() for thing in one.get_objects(filter=[raw.FPDF_PAGEOBJ_PATH])]
    left, bottom, right, top = (f(edge[n] for edge in edges) for n, f in enumerate((min, min, max, max)))
    # Two by three panels of 85.6 x 54 mm (ISO/IEC 7810 ID-1), and half of a thin line at each edge.
    assert (right - left) * MM == pytest.approx(171.2, abs=0.5)
    assert (top - bottom) * MM == pytest.approx(162, abs=0.5)
    assert 0 < left < right < one.get_width()
    assert [line for line in lines(card.whole()) if line not in text(pdf)] == []


@pytest.mark.parametrize("paper", parts.PAPERS)
@pytest.mark.parametrize("phones", [KNOWN, UNKNOWN], ids=["numbers", "lines to write on"])
def test_sheets_of_one_page_hold_the_longer_words_of_a_translation_too(
    paper: str, phones: Phones, settings: Any
) -> None:
    settings.LANGUAGES = [("en", "English"), ("es", "Español")]
    look = Look(paper, 12, phones)
    with translation.override("es"):
        wallet, overview = made("wallet", sheets.wallet(look)), made("overview", sheets.overview(look))
        assert [line for line in lines(card.whole()) if line not in text(wallet)] == []
        assert [line for line in lines(card.whole()) if line not in text(overview)] == []
    assert (pages(wallet), pages(overview)) == (1, 2)
    assert "I get immunotherapy." in text(wallet)  # for the staff of an emergency room
    assert "Recibo inmunoterapia." in text(wallet)


@pytest.mark.parametrize("therapy", ["basics", "virus-therapy"])
def test_a_therapy_type_has_each_of_its_lessons_and_each_card_once(therapy: str) -> None:
    data = sheets.therapy(therapy, LETTER)
    titles = [lesson["title"] for lesson in LESSONS.values() if lesson["therapy"] == therapy]
    pdf = made("lessons", data)
    whole, [first, *_] = text(pdf), data["lessons"]
    assert [title for title in titles if title not in whole] == []
    assert first["steps"][0]["heading"] in text_of(pypdfium2.PdfDocument(pdf)[0])  # below the list
    cards = {card.for_lesson(slug) for slug, lesson in LESSONS.items() if lesson["therapy"] == therapy}
    assert whole.count("When to call New, or worse") == len(cards)


@pytest.mark.parametrize("size", MOST)
@pytest.mark.parametrize("asked", [[], ["Can I work?"] * 3, ["Can I work?"] * 50], ids=len)
def test_my_questions_have_room_to_write(size: int, asked: list[str]) -> None:
    pdf = made("questions", sheets.questions(asked, date(2026, 11, 24), Look("a4", size, UNKNOWN)))
    assert text(pdf).count("Can I work?") == len(asked)
    assert "November 24, 2026" in text(pdf)


@pytest.mark.parametrize("paper", parts.PAPERS)
def test_invitations_come_two_on_a_sheet_and_their_codes_can_be_read(paper: str) -> None:
    team = make_team("Paper team")
    nurse = make_nurse("paper", team)
    rows = []
    for n in range(3):
        patient = make_patient(team, f"Ana {n}", name=f"{paper}{n}")
        code = codes.make(user=patient.user, by=nurse, now=at(20))
        assert code is not None
        rows.append((patient, AccessCode.objects.get(pk=code.code.pk), code.letters, code.token))
    pdf = made("invitations", sheets.invitations(rows, Look(paper, 12, UNKNOWN), marks=["1", "2", "3"]))
    assert pages(pdf) == 2
    [sheet, _] = pypdfium2.PdfDocument(pdf)
    bounds = [thing.get_bounds() for thing in sheet.get_objects(filter=[raw.FPDF_PAGEOBJ_PATH])]
    [cut] = [bottom for left, bottom, right, _ in bounds if right - left > sheet.get_width() - 30 / MM]
    assert cut == pytest.approx(sheet.get_height() / 2, abs=2)  # points
    read = codes_on(pdf, 0) + codes_on(pdf, 1)
    assert sorted(read) == sorted(f"{sheets.settings.PUBLIC_URL}/j/{row[3]}/" for row in rows)
    assert [row[2] for row in rows if codes.in_groups(row[2]) not in text(pdf)] == []


def test_a_lesson_says_all_that_its_page_to_print_says() -> None:
    slug = "bcg-for-the-bladder"
    pdf = made("lessons", sheets.lesson(slug, LETTER))
    whole, lesson = text(pdf), LESSONS[slug]
    said = [lesson["title"], lesson["main_message"], *lesson["remember"], *lines(card.for_lesson(slug))]
    said += [step[key] for step in lesson["steps"] for key in ("heading", "key_point")]
    said += ["".join(run["t"] for run in block["runs"]) for step in lesson["steps"] for block in blocks(step["body"])
             if block["k"] == "p"]  # fmt: skip
    said += ["Not yet reviewed by a clinician.", "ASCO did not review or endorse", KNOWN.day, KNOWN.night]
    assert [line for line in said if " ".join(line.split()) not in whole] == []
    assert codes_on(pdf, 2) + codes_on(pdf, 1) == [f"{sheets.settings.PUBLIC_URL}/lessons/{lesson['therapy']}/{slug}/"]


def test_every_letter_is_drawn_with_a_font_inside_the_file() -> None:
    found = {*fonts(made("lessons", sheets.lesson("who-to-call", LETTER)))}
    found |= {*fonts(made("wallet", sheets.wallet(LETTER)))}
    assert {inside for _, inside in found} == {True}
    assert {"AtkinsonHyperlegible" in name for name, _ in found} >= {True}


def test_the_same_data_give_the_same_bytes_and_another_call_card_gives_another_sheet() -> None:
    make = partial(sheets.lesson, "who-to-call", LETTER)
    assert made("lessons", make()) == made("lessons", make())
    data = make()
    data["lessons"][0]["card"]["tiers"][0]["groups"][0]["lines"][0]["text"] = "Another symptom."
    assert "Another symptom." in text(made("lessons", data))


HOSTILE = [
    '#read("/etc/passwd")', '#import "@preview/x:0.1.0"', "$ sum_(i=0) $", "</text>", "\\", "*b* _i_ `c` @ref <a>",
]  # fmt: skip


@pytest.mark.parametrize("typed", HOSTILE)
def test_what_somebody_typed_stays_text(typed: str) -> None:
    pdf = made("questions", sheets.questions([typed], date(2026, 11, 24), LETTER))
    assert typed in text(pdf)
    data = sheets.lesson("who-to-call", LETTER)
    data["lessons"][0]["title"] = data["lessons"][0]["steps"][0]["heading"] = data["foot"] = typed
    assert text(made("lessons", data)).count(typed) >= 3


@pytest.mark.parametrize("typed", ["Bạn có khỏe không?", "كيف حالك؟", "מה שלומך?", "Как дела?", "✓ → ☎ é ñ ß"])
def test_letters_of_other_scripts_are_drawn_without_a_font_of_the_machine(typed: str) -> None:
    pdf = made("questions", sheets.questions([typed], date(2026, 11, 24), LETTER))
    assert {inside for _, inside in fonts(pdf)} == {True}


@pytest.mark.parametrize(
    ("limit", "beside", "on_the_card"),
    [("100.4 °F (38 °C)", True, True), ("99.5 °F", True, True), ("101 °F", False, False), ("ask us", False, False)],
)
def test_a_fever_number_never_makes_somebody_call_later(limit: str, beside: bool, on_the_card: bool) -> None:
    """As on the pages: a limit of more than 100.4 °F stands nowhere on a sheet that is not about T-VEC or BCG."""
    look = Look("letter", 12, KNOWN._replace(fever=limit))
    for data in (sheets.lesson("side-effects-when-to-call", look), sheets.wallet(look), sheets.overview(look)):
        assert (data["phones"][2][1] == limit) == beside
    sheet = json.dumps(sheets.lesson("side-effects-when-to-call", look)["lessons"], ensure_ascii=False)
    assert (f"limit: call at {limit}" in sheet) == on_the_card


def test_only_a_shipped_picture_is_opened() -> None:
    step = next(p for p in shown.pages({"who-to-call"})["who-to-call"] if p.picture)
    other = parts.picture(shown.Page(**{f: getattr(step, f) for f in shown.Page.__dataclass_fields__} | {
        "picture": "learn/pictures/../../../../README.md"
    }))  # fmt: skip
    assert other is None
    assert "<svg" in (parts.picture(step) or {})["svg"]


@pytest.mark.parametrize(
    ("markdown", "kinds"),
    [
        ("One **b** *i*\n\ntwo", ["p", "p"]),
        ("- a\n- b\n  - c\n\nafter", ["ul", "p"]),
        ("1. a\n2. b", ["ol"]),
        ("<script>x</script>", ["p"]),
        ("    code", ["p"]),
        ("[x](javascript:alert(1)) [y](https://a.example) ![z](http://b)", ["p"]),
        ("", []),
    ],
)
def test_markdown_becomes_blocks(markdown: str, kinds: list[str]) -> None:
    found = blocks(markdown)
    assert [block["k"] for block in found] == kinds
    addresses = {run["a"] for block in found for run in block.get("runs", [])}
    assert addresses <= {"", "https://a.example"}


def test_a_sheet_says_whether_a_clinician_reviewed_its_lesson() -> None:
    [page, *_] = shown.pages(["il-2"])["il-2"]
    assert "Not yet reviewed by a clinician." in parts.fine_print(page.lesson.row)
    lines = parts.fine_print(page.lesson.row._replace(reviewed_on=date(2026, 11, 24)))
    assert lines[1] == "Reviewed by a clinician, November 24, 2026."

"""The call card: its agreed text, the part that each lesson shows, and a team's own fever limit."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from learn.lessons import card, governance
from learn.lessons.models import Edition, Lesson, Step, Therapy
from quizzes.models import Attempt
from quizzes.readability import longest_sentence, plain, sentences
from tests.cast import FIXTURES, as_form, keep_published, load_content, make_patient, make_team, right, words, wrong
from tests.shipped import load

CALL_911, CALL_NOW, OFFICE = (
    "Call 911",
    "Call your team now, day or night",
    "Call your team in office hours",
)
# The agreed text of the card, in this order. A line for one treatment starts with the name of the treatment.
AGREED = {
    CALL_911: [
        "Breathing is hard, or you cannot breathe well.",
        "Swelling of the face, tongue or throat.",
        "Chest pain.",
        "All at once: a drooping face, a weak or numb arm or leg, or trouble speaking, seeing, walking or thinking.",
        "A sudden, very bad headache, or headache with fever and a stiff neck.",
        "A seizure.",
        "Fainting, or someone who cannot be woken.",
        "Bleeding that is heavy or does not stop, or coughing up or throwing up blood.",
        "Thoughts of harming yourself: call or text 988, or call 911, now.",
    ],
    CALL_NOW: [
        "Fever or chills.",
        "BCG: Feeling as if you have the flu for more than 3 days.",
        "Cough, or more short of breath than usual.",
        "A fast or uneven heartbeat while you rest.",
        "Swollen legs, one sore swollen leg, or fast weight gain.",
        "Diarrhea, more bowel movements than usual, or bloody or black stool. Call on the first day.",
        "Less hunger, constipation, feeling cold, weight loss, or a deeper voice.",
        "Bad belly pain.",
        "Nausea or vomiting that does not stop, or you cannot keep your medicines down.",
        "Dark or bloody urine, much less urine, or you cannot pass urine.",
        "Very thirsty, or passing urine much more than usual.",
        "BCG: Red urine, or blood clots in the urine.",
        "Yellow skin or eyes.",
        "A rash, itching, blisters, peeling, or sores in the mouth or on private parts.",
        "Bruises, or bleeding from the nose or gums.",
        "T-VEC: New sores on you or on someone close to you.",
        "T-VEC: A treated spot that gets redder, hotter or more swollen each day, or has pus.",
        "Weak muscles, drooping eyelids, double vision, or trouble swallowing.",
        "Numb or tingling hands or feet, unsteady walking, or shaking hands.",
        "Bad muscle or joint pain.",
        "A headache that stays or gets worse, or a stiff neck.",
        "Slowly: confusion, being very sleepy, or trouble speaking or writing. (Sudden: 911.)",
        "Feeling faint or dizzy.",
        "Deep sadness, or a big change in mood, memory or how you act.",
        "A red or painful eye, light hurts, or you see blurred or worse. (Sudden loss of sight: 911.)",
        "Great tiredness (you cannot do normal things), or anything else that worries you.",
    ],
    OFFICE: [
        "A little more tired than usual.",
        "Mild aches.",
        "Something small that is not on this card and does not worry you.",
        "T-VEC: A sore treated spot.",
    ],
}
ANY = (
    "Fever: call. Do not wait to see if it goes down. If you also get chemo, 100.4 °F (38 °C) or more is an emergency. "
    "Do not take a fever pill before you call."
)
T_CELLS = (
    "For a fever of 100.4 °F (38 °C) or more: call now. "
    "Do not take anything for the fever before you call, unless your team told you to."
)
VIRUS = (
    "A mild fever can come on the day of treatment and the day after. Before you go home, ask how high means call. "
    "Call now if nobody told you. Call now if you shake with chills, feel very ill, or it comes another day. "
    "If you also get chemo, call for any fever."
)
BCG = "Fever or chills: call. Your team may have told you how high means call. If you do not know, call."
HIDDEN = "A daily pain pill or steroid can hide a fever. If you feel ill or have chills, call, even with no fever."
OWN = "Your team’s own limit: call at {} or more."
FEVER_OF = {
    "how-t-cell-therapy-works": T_CELLS,
    "after-t-cell-therapy": T_CELLS,
    "weeks-after-t-cell-therapy": T_CELLS,
    "t-cell-engagers": T_CELLS,
    "il-2": T_CELLS,
    "how-virus-therapy-works": VIRUS,
    "after-a-t-vec-shot": VIRUS,
    "a-vaccine-that-treats": VIRUS,
    "bcg-for-the-bladder": BCG,
    "interferons": BCG,
    "side-effects-when-to-call": ANY,
    "who-to-call": ANY,
    "i-help-somebody": ANY,
    "before-and-during-treatment": ANY,
    "one-that-the-hospital-wrote": ANY,
}


def last_step(lesson: str) -> tuple[str, int]:
    """Return the therapy type of a shipped lesson and the number of its last step, which always shows the card."""
    data = load(f"lessons/{lesson}.yaml")
    return data["therapy"], len(data["steps"])


# A lesson for each fever sentence, and its step that the tests open.
STEP = {
    lesson: last_step(lesson)
    for lesson in (
        "side-effects-when-to-call",
        "bcg-for-the-bladder",
        "after-t-cell-therapy",
        "a-vaccine-that-treats",
    )
}


def lines(of: card.Card) -> list[card.Line]:
    return [line for tier in of.tiers for group in tier.groups for line in group.lines]


def said(line: card.Line) -> str:
    return f"{line.treatment}: {line.text}" if line.treatment else line.text


def fever(of: card.Card) -> list[str]:
    return [f"{row.at} {row.text}".strip() for row in of.fever]


def texts() -> list[str]:
    """Return every text of the card."""
    whole = card.whole()
    around = [
        whole.above,
        whole.hidden_fever,
        *(text for tier in whole.tiers for text in (tier.top, tier.foot) if text),
    ]
    return [*around, *fever(whole), *(line.text for line in lines(whole))]


# The text


@pytest.mark.parametrize("tier", AGREED)
def test_has_exactly_the_agreed_lines(tier: str) -> None:
    found = next(t for t in card.whole().tiers if t.name == tier)
    assert [said(line) for group in found.groups for line in group.lines] == AGREED[tier]


def test_has_three_tiers_with_fixed_names_in_this_order() -> None:
    assert [(tier.slug, tier.name) for tier in card.whole().tiers] == [
        ("call-911", CALL_911),
        ("call-now", CALL_NOW),
        ("office-hours", OFFICE),
    ]


def test_has_the_agreed_text_around_the_lines() -> None:
    whole = card.whole()
    assert whole.above == "New, or worse than is usual for you."
    foot = "No answer in 30 minutes? Go to the nearest emergency room. Do not drive yourself."
    assert [(tier.top, tier.foot) for tier in whole.tiers] == [("Not sure? Call 911.", ""), ("", foot), ("", "")]
    assert fever(whole) == [ANY, T_CELLS, VIRUS, BCG]
    assert whole.hidden_fever == HIDDEN


def test_has_each_heading_once_in_a_tier_and_fever_first_in_call_now() -> None:
    headings = [[group.heading for group in tier.groups] for tier in card.whole().tiers]
    for names in headings:
        assert len(set(names)) == len(names)
        assert all(len(name.split()) <= 3 for name in names), names
    assert headings[1][0] == "Fever"
    assert [group.has_fever for group in card.whole().tiers[1].groups].index(True) == 0


def test_has_complete_and_short_sentences() -> None:
    for line in lines(card.whole()):
        assert line.text[0].isupper(), line.text
        assert line.text.endswith((".", ".)")), line.text
    for text in texts():
        assert longest_sentence(plain(text)) <= 20, text
        assert sentences(text), text


def test_never_uses_the_word_number() -> None:
    """Readers could take it for the phone number of the team."""
    for text in texts():
        assert "number" not in text.lower(), text


def test_names_only_lessons_that_exist() -> None:
    shipped = {path.stem for path in (FIXTURES / "lessons").glob("*.yaml")}
    whole = card.whole()
    named = {lesson for row in (*lines(whole), *whole.fever) for lesson in row.lessons}
    assert named - shipped == set()


def test_all_files_describe_a_stroke_in_the_cards_words() -> None:
    assert AGREED[CALL_911][3] in [line.text for line in lines(card.whole())]
    old = re.compile(r"sudden weakness on one side|sudden loss of speech", re.IGNORECASE)
    files = [FIXTURES / "call_card.yaml", *FIXTURES.glob("lessons/*.yaml"), *FIXTURES.glob("quizzes/*.yaml")]
    found = [
        f"{path.parent.name}/{path.name}: {hit}"
        for path in files
        for hit in old.findall(" ".join(path.read_text(encoding="utf-8").split()))
    ]
    assert found == []
    # The lesson of a treatment that can cause a stroke names the first sign in the card's words.
    [step] = [s for s in load("lessons/a-vaccine-that-treats.yaml")["steps"] if "VX-17" in s["claims"]]
    assert "drooping face" in step["body"]


def test_has_dangerous_symptoms_under_call_911() -> None:
    urgent = {line.id for group in card.whole().tiers[0].groups for line in group.lines}
    symptoms = load("symptoms.yaml")
    for claim, symptom in (
        ("CI-27", "breathing"),
        ("CI-30", "chest pain"),
        ("TC-13", "seizure"),
        ("TC-14", "cannot be woken"),
        ("VX-17", "stroke"),
        ("NS-13", "thoughts of harm"),
    ):
        assert symptoms[claim][symptom] in urgent, (claim, symptom)


def test_has_a_line_for_each_symptom_and_a_symptom_for_each_line() -> None:
    safety = {row["id"] for row in load("claims.yaml") if row["safety"]}
    symptoms = load("symptoms.yaml")
    assert set(symptoms) - safety == {"GENERAL"}
    assert {line for rows in symptoms.values() for line in rows.values()} == {line.id for line in lines(card.whole())}


# The part that a lesson shows


@pytest.mark.parametrize("lesson", FEVER_OF)
def test_has_one_fever_sentence_for_a_lesson_without_a_label(lesson: str) -> None:
    own = card.for_lesson(lesson)
    assert fever(own) == [FEVER_OF[lesson]]
    assert own.hidden_fever == HIDDEN
    assert not any(row.treatment for row in (*own.fever, *lines(own)))


@pytest.mark.parametrize(
    ("lesson", "more", "count"),
    [
        ("bcg-for-the-bladder", {"bcg-flu-feeling", "bcg-red-urine"}, (9, 24, 3)),
        ("after-a-t-vec-shot", {"t-vec-new-sores", "t-vec-spot-worse", "sore-treated-spot"}, (9, 24, 4)),
        ("how-virus-therapy-works", {"t-vec-new-sores", "t-vec-spot-worse", "sore-treated-spot"}, (9, 24, 4)),
        ("il-2", set(), (9, 22, 3)),
        ("who-to-call", set(), (9, 22, 3)),
        ("one-that-the-hospital-wrote", set(), (9, 22, 3)),
    ],
)
def test_has_only_the_lines_of_a_lessons_treatment(lesson: str, more: set[str], count: tuple[int, ...]) -> None:
    own, whole = card.for_lesson(lesson), card.whole()
    general = [line.id for line in lines(whole) if not line.lessons]
    assert [line.id for line in lines(own) if line.id not in more] == general
    assert {line.id for line in lines(own)} == {*general, *more}
    assert tuple(sum(len(group.lines) for group in tier.groups) for tier in own.tiers) == count
    assert [tier.name for tier in own.tiers] == [tier.name for tier in whole.tiers]


# A team's own fever limit


@pytest.mark.parametrize(
    ("value", "degrees"),
    [
        ("100.4 °F (38 °C)", "38"),
        ("100.4F", "38"),
        ("38,0 C", "38"),
        ("38", "38"),
        ("100.4", "38"),
        ("100.4 degrees Fahrenheit", "38"),
        ("38º C", "38"),
        ("100.4 ℉", "38"),
        ("38–38.5 °C", "38.5"),
        ("37.8 °C / 101.3 °F", "38.5"),
        ("", None),
        ("ask us", None),
        ("380", None),
        ("38 °F", None),
        ("100.4 °C", None),
        ("38 °C for 1 hour", None),
        ("²", None),
    ],
)
def test_a_limit_means_its_highest_temperature(value: str, degrees: str | None) -> None:
    assert str(card.celsius(value) and round(card.celsius(value), 1).normalize()) == str(degrees)  # type: ignore[type-var, arg-type]


@pytest.mark.parametrize(
    ("lesson", "value", "shown"),
    [
        ("side-effects-when-to-call", "100 °F", True),
        ("side-effects-when-to-call", "100.4 °F (38 °C)", True),
        ("side-effects-when-to-call", "100.5 °F", False),
        ("side-effects-when-to-call", "101.3 °F (38.5 °C)", False),
        ("side-effects-when-to-call", "ask us", False),
        ("one-that-the-hospital-wrote", "39 °C", False),
        ("after-t-cell-therapy", "100 °F", True),
        ("after-t-cell-therapy", "38 °C", False),
        ("after-t-cell-therapy", "38.1 °C", False),
        ("il-2", "101", False),
        ("t-cell-engagers", "as told", False),
        ("after-a-t-vec-shot", "101.3 °F (38.5 °C)", True),
        ("a-vaccine-that-treats", "100 °F", True),
        ("bcg-for-the-bladder", "101.3 °F (38.5 °C)", True),
        ("bcg-for-the-bladder", "ask us", False),
        ("interferons", "", False),
    ],
)
def test_a_teams_limit_is_shown_only_where_it_does_not_delay_a_call(lesson: str, value: str, shown: bool) -> None:
    everywhere, rows = card.fever(card.for_lesson(lesson), value)
    assert everywhere == ""
    assert [own for _, own in rows] == [value if shown else ""]


@pytest.mark.parametrize(
    ("best", "stem", "tier"),
    [
        ("Call your team in office hours.", "You call your team now, day or night?", "office-hours"),
        ("Call your team now, day or night.", "What comes first?", "call-now"),
        ("Cough.", "Which of these mean “Call your team now, day or night”?", "call-now"),
        ("Chest pain: Call 911. Cough: Call your team now, day or night.", "Which goes with which?", "call-911"),
        ("True", "A side effect can come late.", "call-911"),
        ("", "", "call-911"),
    ],
)
def test_a_question_is_about_the_tier_that_its_answer_or_its_text_names(best: str, stem: str, tier: str) -> None:
    assert card.fitting(best, stem) == tier


# The pages


def folds(page: Any) -> dict[str, bool]:
    """Return the folded tiers of the card on a page, and whether each is open."""
    found = re.findall(r'<details class="tier ([\w-]+)"( open)?>', page.content.decode())
    return {tier: bool(unfolded) for tier, unfolded in found}


@pytest.fixture
def lessons(db: None) -> None:
    load_content()


def patient(client: Client, fever: str) -> None:
    client.force_login(make_patient(make_team(fever=fever), name="ana").user)


def address_of(lesson: str) -> str:
    therapy, n = STEP[lesson]
    return reverse("step", args=[therapy, lesson, n])


def page_of(client: Client, lesson: str) -> str:
    return words(client.get(address_of(lesson)))


def test_help_shows_every_fever_sentence_with_its_treatments(client: Client, db: None) -> None:
    page = words(client.get(reverse("help")))
    beside = page.split("Fever or chills.")[1].split("Call your team now, day or night: Breathing")[0]
    for text in (
        f"{ANY} T-cell therapy, T-cell engagers, TIL, IL-2: {T_CELLS}",
        f"T-VEC, sipuleucel-T: {VIRUS}",
        f"BCG, interferon: {BCG} {HIDDEN}",
    ):
        assert text in beside
    assert "own limit" not in page


@pytest.mark.parametrize(
    ("value", "times", "after"),
    [("100 °F", 1, "3 days."), ("101.3 °F", 2, "call for any fever."), ("ask us", 0, "")],
)
def test_help_shows_a_teams_limit_where_it_applies(
    client: Client, db: None, value: str, times: int, after: str
) -> None:
    patient(client, value)
    page = words(client.get(reverse("help")))
    assert page.count("own limit") == times
    assert not times or f"{after} {OWN.format(value)}" in page
    assert "Do not take a fever pill before you call." in page


def test_a_lower_limit_replaces_only_the_temperature(client: Client, lessons: None) -> None:
    patient(client, "100 °F")
    page = page_of(client, "after-t-cell-therapy")
    assert f"{OWN.format('100 °F')} Do not take anything for the fever before you call" in page
    assert "For a fever of 100.4" not in page.split("When to call")[-1]
    assert f"{ANY} {OWN.format('100 °F')}" in page_of(client, "side-effects-when-to-call")


def test_a_step_shows_the_fever_sentence_of_its_treatment(client: Client, lessons: None) -> None:
    for lesson in STEP:
        page = page_of(client, lesson)
        for text in (ANY, T_CELLS, VIRUS, BCG):
            assert (text in page) == (text == FEVER_OF[lesson]), (lesson, text)


def test_a_step_about_the_card_shows_it_folded_above_the_button_and_others_below_with_911_open(
    client: Client, lessons: None
) -> None:
    above = {("side-effects-when-to-call", "know-the-card"), ("i-help-somebody", "know-who-to-call")}
    seen = set()
    for lesson in (*STEP, "i-help-somebody"):
        therapy, last = last_step(lesson)
        for n, step in enumerate(load(f"lessons/{lesson}.yaml")["steps"], 1):
            teaches = bool(card.whole().claims & set(step["claims"]))
            page = client.get(reverse("step", args=[therapy, lesson, n])).content.decode()
            assert page.count('<section class="card') == (teaches or n == last), (lesson, n)
            if teaches or n == last:
                before = page.index('<section class="card') < page.index('<form method="post"')
                assert before == ((lesson, step["slug"]) in above), (lesson, n)
                is_open = re.findall(r'<details class="tier ([a-z0-9-]+)" open>', page)
                assert is_open == ([] if before else ["call-911"]), (lesson, n)
                if before:
                    seen.add((lesson, step["slug"]))
    assert seen == above


def test_each_heading_names_its_tier(client: Client, db: None) -> None:
    page = client.get(reverse("help")).content.decode()
    named = [unescape(re.sub(r"<[^>]+>", "", name)) for name in re.findall(r"<h4>(.*?)</h4>", page)]
    assert named == [f"{tier.name}: {group.heading}" for tier in card.whole().tiers for group in tier.groups]
    assert len(set(named)) == len(named), "all headings have different names"
    assert '<h4><span class="vh">Call 911: </span>Breathing</h4>' in page


def test_a_guest_is_told_once_where_to_find_the_teams_phone_number(client: Client, lessons: None) -> None:
    page = client.get(address_of("bcg-for-the-bladder")).content.decode()
    assert page.count("on your appointment card or in the patient portal") == 1
    assert "ask the hospital operator for <strong>the cancer doctor on call</strong>" in page
    patient(client, "")
    page = client.get(reverse("help")).content.decode()
    assert "hospital operator" not in page


def test_feedback_shows_the_lines_and_the_fever_sentence_of_the_treatment(client: Client, lessons: None) -> None:
    blood, sores = "Red urine, or blood clots in the urine.", "New sores on you or on someone close to you."
    for lesson, how, shown, hidden in (
        ("bcg-for-the-bladder", right, blood, sores),
        ("after-a-t-vec-shot", wrong, sores, blood),
        ("after-t-cell-therapy", wrong, "Chest pain.", sores),
    ):
        client.post(reverse("check", args=[lesson]))
        attempt = Attempt.objects.get(quiz__slug=lesson)
        item = next(item for item in attempt.items.select_related("revision") if item.revision.critical)
        assert item.revision.source.startswith(f"{lesson}/")
        address = reverse("quizzes:question", args=[attempt.pk, item.position])
        client.post(address, as_form(item.revision, how(item.revision)))
        page = words(client.get(address + "feedback/")).split("When to call")[-1]
        assert shown in page, lesson
        assert hidden not in page, lesson
        for text in (ANY, T_CELLS, VIRUS, BCG):
            assert (text in page) == (text == FEVER_OF[lesson]), (lesson, text)


def test_the_card_is_folded_on_other_pages_and_whole_on_its_own(client: Client, lessons: None) -> None:
    for address in (reverse("help"), reverse("lesson_print", args=["basics", "what-is-immunotherapy"])):
        page = client.get(address)
        assert folds(page) == {}
        assert page.content.decode().count('<div class="tier ') == 3
    assert folds(client.get(address_of("bcg-for-the-bladder"))) == {
        "call-911": True, "call-now": False, "office-hours": False,
    }  # fmt: skip


@pytest.mark.parametrize("how", [right, wrong])
def test_feedback_opens_the_tier_that_its_question_is_about(client: Client, lessons: None, how: Any) -> None:
    client.post(reverse("check", args=["side-effects-when-to-call"]))
    seen = set()
    for item in Attempt.objects.get().items.select_related("revision"):
        address = reverse("quizzes:question", args=[item.attempt_id, item.position])
        client.post(address, as_form(item.revision, how(item.revision)))
        stands = folds(client.get(address + "feedback/"))
        best = "".join(one["text"] for one in item.revision.spec.get("choices", ()) if one.get("right"))
        named = card.fitting(best, item.revision.stem)
        assert [tier for tier, unfolded in stands.items() if unfolded] == ([named] if item.revision.critical else [])
        seen.add(named)
    assert seen >= {"call-911", "call-now"}


# The lesson for helpers

LINK = "I help somebody who gets treatment"
FIRST = ("basics", "what-is-immunotherapy", 1)


def helper() -> Edition:
    """Return the published lesson for helpers."""
    return Edition.objects.get(lesson__slug="i-help-somebody", state="published")


def links(page: Any) -> list[str]:
    return re.findall(rf'<a href="([^"]+)">{LINK}</a>', page.content.decode())


def test_first_step_and_card_link_to_the_lesson_for_helpers(client: Client, lessons: None) -> None:
    helper()
    address = "/lessons/your-care-team/i-help-somebody/"
    assert links(client.get(reverse("start"))) == [reverse("helping")]  # the way for helpers leads there too
    for place in (
        reverse("step", args=FIRST),
        *map(address_of, STEP),
    ):
        assert links(client.get(place)) == [address], place
    assert links(client.get(reverse("step", args=[*FIRST[:2], 2]))) == []
    assert client.get(address).status_code == 302
    steps = Step.objects.filter(edition=helper()).count()
    for n in (1, steps):
        assert links(client.get(reverse("step", args=["your-care-team", "i-help-somebody", n]))) == []


def test_the_link_follows_a_moved_lesson_and_disappears_with_a_retired_one(client: Client, lessons: None) -> None:
    Lesson.objects.filter(pk=helper().lesson_id).update(therapy=Therapy.objects.get(slug="basics"), position=91)
    places = reverse("step", args=FIRST), address_of("after-t-cell-therapy")
    for place in places:
        assert links(client.get(place)) == ["/lessons/basics/i-help-somebody/"]
    governance.retire(edition=helper())
    for place in (reverse("start"), *places):
        assert links(client.get(place)) == []


def test_the_link_costs_no_query(client: Client, lessons: None, django_assert_num_queries: Any) -> None:
    edition = helper()
    keep_published()
    for published in (True, False):
        if not published:
            governance.retire(edition=edition)
        with django_assert_num_queries(1):  # what is published
            client.get(reverse("step", args=FIRST))
        with django_assert_num_queries(1):  # the lessons
            client.get(reverse("start"))

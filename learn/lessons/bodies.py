"""The texts outside of the lessons as plain data: call card, medicines, words; with `parts.py`, all. Plain Python.

A body has what a hospital can change of one text. Its parts are the fields of a form: to write it, to compare it, to
check it. What the shipped files are held to (`reference_check.py`, the tests of medicines and words) is said here at
its field.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

from learn import typed
from learn.lessons import card, draft, reference, texts
from learn.lessons import parts as of_rows
from learn.lessons.draft import Problem
from learn.lessons.parts import ROWS, Body, Part
from quizzes import readability

CARD, MEDICINE, TERM = "card", "medicine", "term"
FILES = {CARD: "call_card.yaml", MEDICINE: "medicines.yaml", TERM: "terms.yaml"}
SENTENCE_END = "Ask your team what it is for in your case."
SENTENCE = 20  # words in a sentence, at most
MEANING = 20  # words in the meaning of a word, at most
LINES = 60  # on the card, at most
CANCERS = re.compile(r"melanoma|lung|kidney|liver|bladder|skin cancer|blood cancer|lymphoma|leukemia", re.IGNORECASE)
DEGREES = re.compile(r"(\d+(?:[.,]\d+)?)\s*(?:°|degrees)\s*([FC])", re.IGNORECASE)


def of(kind: str, data: Any) -> dict[str, Body]:
    """Return the texts of a file by slug, as bodies."""
    if kind == CARD:
        return {card.SLUG: {key: data[key] for key in ("above", "fever", "hidden_fever", "tiers")}}
    if kind in ROWS:
        return of_rows.of(kind, data)
    return {row["slug"]: _normal(kind, row) for row in data}


def shipped(kind: str) -> dict[str, Body]:
    """Return the shipped texts of a kind by slug, as bodies."""
    return of(kind, texts.read_once((FILES | ROWS)[kind]))


def _normal(kind: str, row: Mapping[str, Any]) -> Body:
    lists = ("brands", "aliases")
    names = [part.name for part in _fields(kind, {})]
    return {name: list(row.get(name) or []) if name in lists else row.get(name) or "" for name in names}


def empty(kind: str) -> Body:
    """Return the body of a text that is not written yet."""
    return of_rows.empty(kind) if kind in ROWS else _normal(kind, {})


def name(kind: str, body: Body) -> str:
    """Return what a list calls this text."""
    if kind in ROWS:
        return of_rows.name(kind, body)
    return "Call card" if kind == CARD else str(body["generic"] if kind == MEDICINE else body["term"])


def parts(kind: str, body: Body) -> list[Part]:
    """Return the fields of a text, in the order of the page."""
    if kind in ROWS:
        return list(of_rows.fields(kind, body))
    return list(_card(body)) if kind == CARD else [*_fields(kind, body), of_rows.hidden(body)]


def said(kind: str, body: Body, titles: Mapping[str, str]) -> list[Part]:
    """Return the parts of a text as somebody reads them. `titles` has the words of what was chosen, by slug."""
    found = of_rows.said(kind, body, titles) if kind in ROWS else parts(kind, body)
    chosen = {"lesson", "lessons", "therapy", "after", "kind"}
    return [
        part._replace(text="\n".join(titles.get(one, one) for one in part.text.split("\n"))) if part.name in chosen
        else part
        for part in found
    ]  # fmt: skip


def _fields(kind: str, body: Body) -> Iterator[Part]:
    def text(name: str) -> str:
        value = body.get(name) or ""
        return value if isinstance(value, str) else ", ".join(value)

    if kind == TERM:
        yield Part("term", "Word", text("term"), 80, "A “/” or brackets part two names of one thing.", needed=True)
        yield Part("say", "How to say it", text("say"), 80, "Empty if it is said as it is written.")
        yield Part(
            "meaning", "What it means", text("meaning"), 300, f"{MEANING} words at most.", needed=True, long=True
        )
        return
    yield Part("generic", "Name", text("generic"), 120, needed=True)
    yield Part("brands", "Brand names", text("brands"), 500, "With a comma between two.")
    yield Part("aliases", "Other names", text("aliases"), 1000, "Also spellings that people meet in print.", long=True)
    yield Part("kind", "Kind", text("kind"), 120, "Plain words, shown beside the name.", needed=True)
    yield Part("therapy", "Therapy type", text("therapy"), 80)
    yield Part("lesson", "Lesson that says when to call", text("lesson"), 80)
    yield Part("given", "How it is given", text("given"), 300)
    yield Part("say", "How to say it", text("say"), 120)
    end = f"One sentence, then: “{SENTENCE_END}”"
    yield Part("sentence", "What it is", text("sentence"), 400, end, long=True)
    yield Part("note", "What else to say", text("note"), 400, long=True)


def _card(body: Body) -> Iterator[Part]:
    yield Part("above", "Above all lines", body["above"], needed=True, section="The whole card")
    for row in body["fever"]:
        who = row.get("treatment", "any treatment")
        if "at" in row:
            yield Part(f"at_{row['id']}", "When to call", row["at"], section=f"Fever, {who}", needed=True)
        yield Part(f"fever_{row['id']}", "Text", row["text"], 500, section=f"Fever, {who}", needed=True, long=True)
    yield Part(
        "hidden_fever", "With every fever sentence", body["hidden_fever"], section="Fever, all treatments", needed=True
    )
    for tier in body["tiers"]:
        at = {"section": tier["name"]}
        yield Part(f"top_{tier['slug']}", "Under the name", tier.get("top", ""), needed="top" in tier, **at)
        for n, group in enumerate(tier["groups"]):
            yield Part(f"head_{tier['slug']}_{n}", f"Heading {n + 1}", group["heading"], 120, needed=True, **at)
            for line in group["lines"]:
                whom = f" ({line['treatment']} only)" if "treatment" in line else ""
                label = f"{group['heading']}{whom}"
                yield Part(f"line_{line['id']}", label, line["text"], hint=f"Line {line['id']}", **at)
        yield Part(f"foot_{tier['slug']}", "After the lines", tier.get("foot", ""), needed="foot" in tier, **at)


def groups(body: Body) -> list[tuple[str, str]]:
    """Return the places where a line can be added to a card: ("call-now:2", its name)."""
    return [
        (f"{tier['slug']}:{n}", f"{tier['name']}: {group['heading']}")
        for tier in body["tiers"]
        for n, group in enumerate(tier["groups"])
    ]


def filled(kind: str, body: Body, values: Mapping[str, Any]) -> Body:
    """Return a body with what was typed into its parts; of a card, with the line that was added."""
    if kind in ROWS:
        return of_rows.filled(kind, body, values)
    if kind != CARD:
        lists = {key: names(values.get(key, "")) for key in ("brands", "aliases") if key in body}
        said = {key: " ".join(values.get(key, "").split()) for key in body if key != "hidden"}
        return of_rows.with_hidden(body | said | lists, values)
    now = deepcopy(body)
    said = {key: " ".join(text.split()) for key, text in values.items()}
    now |= {key: said.get(key, now[key]) for key in ("above", "hidden_fever")}
    for row in now["fever"]:
        row["text"] = said.get(f"fever_{row['id']}", row["text"])
        if "at" in row:
            row["at"] = said.get(f"at_{row['id']}", row["at"])
    for tier in now["tiers"]:
        for end in ("top", "foot"):
            text = said.get(f"{end}_{tier['slug']}", tier.get(end, ""))
            if text or end in tier:
                tier[end] = text
        for n, group in enumerate(tier["groups"]):
            group["heading"] = said.get(f"head_{tier['slug']}_{n}", group["heading"])
            for line in group["lines"]:
                line["text"] = said.get(f"line_{line['id']}", line["text"])
            # A line of the hospital's own that was emptied is taken out; one that covers a symptom cannot be.
            group["lines"] = [line for line in group["lines"] if line["text"] or covered(line["id"])]
            if said.get("new_group") == f"{tier['slug']}:{n}" and said.get("new_line"):
                group["lines"].append({"id": _free(said["new_line"], now), "text": said["new_line"]})
    return now


def names(value: str) -> list[str]:
    """Return the names in a text with commas, each once."""
    return list(dict.fromkeys(" ".join(one.split()) for one in value.split(",") if one.strip()))


def _free(text: str, body: Body) -> str:
    words = re.sub(r"[^a-z0-9]+", "-", typed.plain(text))[:40].strip("-") or "line"
    taken = {line["id"] for line in lines(body)} | {*symptoms_of()}
    found, n = f"own-{words}", 1
    while found in taken:
        n += 1
        found = f"own-{words}-{n}"
    return found


def lines(body: Body) -> list[dict[str, Any]]:
    """Return all lines of a card."""
    return [line for tier in body["tiers"] for group in tier["groups"] for line in group["lines"]]


def symptoms_of() -> dict[str, list[tuple[str, str]]]:
    """Return the symptoms that each line of the card covers: (fact, symptom), by line id."""
    found: dict[str, list[tuple[str, str]]] = {}
    for claim, rows in texts.read_once("symptoms.yaml").items():
        for symptom, line in rows.items():
            found.setdefault(line, []).append((claim, symptom))
    return found


def covered(line: str) -> list[tuple[str, str]]:
    """Return the symptoms that this line (its id) covers; such a line can be reworded, not taken out."""
    return symptoms_of().get(line, [])


def problems(
    kind: str, slug: str, body: Body, lessons: Mapping[str, str], others: Mapping[str, Body | None] | None = None
) -> Iterator[Problem]:
    """Yield what must be mended before this text can be reviewed, each at its field.

    `lessons` has the therapy type of each lesson that a text may name, by slug. `others` has the others of its kind, if
    pages read them from rows.
    """
    for part in parts(kind, body):
        if part.needed and not part.text:
            yield Problem(part.name, "Write it: it cannot be empty")
        elif len(part.text) > part.most:
            yield Problem(part.name, f"Use {part.most} letters at most")
        elif typed.turns(part.text):
            yield Problem(part.name, "This has hidden marks that turn the reading direction. Type it again")
    if kind in ROWS:
        yield from of_rows.problems(kind, body, lessons, others or {})
    elif kind == CARD:
        yield from _of_card(body)
    elif kind == TERM:
        yield from _of_term(slug, body)
    else:
        yield from _of_medicine(slug, body, lessons)


def _of_card(body: Body) -> Iterator[Problem]:
    for line in lines(body):
        if not line["text"]:
            covers = ", ".join(f"{symptom} ({claim})" for claim, symptom in covered(line["id"])[:4])
            yield Problem(f"line_{line['id']}", f"It covers {covers}. Word it anew; it cannot be taken out")
    for part in parts(CARD, body):
        too_high = [n for n, unit in DEGREES.findall(part.text) if (card.celsius(f"{n} {unit}") or 0) > card.CELSIUS]
        if too_high:
            yield Problem(part.name, "Name no temperature above 100.4 °F (38 °C): somebody would call later")
    said: dict[str, str] = {}
    for line in lines(body):
        if (key := typed.fold(line["text"])) and said.setdefault(key, line["id"]) != line["id"]:
            yield Problem(f"line_{line['id']}", "Another line says the same")
    if len(lines(body)) > LINES:
        yield Problem("new_line", f"The card has {LINES} lines at most")


def _of_term(slug: str, body: Body) -> Iterator[Problem]:
    others = {typed.fold(term.term) for term in reference.terms() if term.slug != slug}
    if typed.fold(body["term"]) in others:
        yield Problem("term", "The list has this word already")
    elif body["term"] and not typed.fold(body["term"]):
        yield Problem("term", "Write a word with letters")
    if body["meaning"] and not 2 <= len(body["meaning"].split()) <= MEANING:
        yield Problem("meaning", f"Use 2 to {MEANING} words. These are {len(body['meaning'].split())}")


def _of_medicine(slug: str, body: Body, lessons: Mapping[str, str]) -> Iterator[Problem]:
    held = {
        typed.fold(name): other.generic
        for other in reference.medicines().values()
        if other.slug != slug
        for name in other.names
    }
    before = shipped(MEDICINE).get(slug, empty(MEDICINE))
    shared = {typed.fold(name) for name in (*before["brands"], *before["aliases"])}  # interferon has several kinds
    for field, said in (("generic", [body["generic"]]), ("brands", body["brands"]), ("aliases", body["aliases"])):
        for one in said:
            if (key := typed.fold(one)) in held and key not in shared:
                yield Problem(field, f"“{one}” is a name of {held[key]} already")
                break
            if one and not key:
                yield Problem(field, "Write names with letters")
                break
    if body["lesson"] and lessons.get(body["lesson"]) != body["therapy"]:
        yield Problem("lesson", "Choose a lesson of its therapy type")
    if body["therapy"] and not body["lesson"]:
        yield Problem("lesson", "Choose the lesson that says when to call")
    if body["lesson"]:
        what = body["sentence"].removesuffix(SENTENCE_END).strip()
        if body["sentence"] != f"{what} {SENTENCE_END}" or what.count(".") != 1:
            yield Problem("sentence", f"Write one sentence, and after it: “{SENTENCE_END}”")
    for field in ("given", "sentence", "note"):
        if readability.longest_sentence(body[field]) > SENTENCE:
            yield Problem(field, f"Use sentences of {SENTENCE} words at most")
    for field in ("kind", "given", "sentence", "note"):
        if "heckpoint" in body["kind"] and CANCERS.search(body[field]):
            yield Problem(field, "Name no cancer: what such a medicine is for changes several times a year")


def compare(
    kind: str, before: Body | None, now: Body, titles: Mapping[str, str] | None = None
) -> list[draft.Difference]:
    """Return where two wordings of a text differ, from the top of the page to its end. `titles` as in `said`."""
    old = {part.name: part for part in said(kind, before, titles or {})} if before else {}
    new = {part.name: part for part in said(kind, now, titles or {})}
    found: list[draft.Difference] = []
    for key in dict.fromkeys([*new, *old]):
        part = new.get(key) or old[key]
        where = f"{part.section}: {part.label}" if part.section else part.label
        sides = (one[key].text if key in one else "" for one in (old, new))
        found += draft.difference(where, key, *sides)
    return found

"""Texts that pages read from rows of the database: visit questions, pathways, the words of therapy types. Plain Python.

What a hospital can change of each, as the fields of a form. `bodies.py` has the same for the texts that pages read from
files.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from learn import typed
from learn.lessons.draft import Problem

Body = dict[str, Any]

VISIT, PATHWAY, THERAPY = "visit", "pathway", "therapy"
ROWS = {VISIT: "questions.yaml", PATHWAY: "pathways.yaml", THERAPY: "therapies.yaml"}
PLACES = 12  # lessons in a pathway, at most
HIDDEN = "Not used here"
FIRST = "Offered before the others"
ONLY_AFTER = "Offered only after one of its lessons"
FOR_SOME, FOR_ALL = "therapy", "general"  # `Therapy.kind`
CHANGES = {  # what another kind of a therapy type changes, by the kind that it has
    FOR_SOME: "If it is for everyone, the page of each treatment offers its lessons too, and they can be next for any "
    "patient. The fact sheet does not name it any more, and medicines and pathways cannot belong to it.",
    FOR_ALL: "If it is a treatment, only its own page offers its lessons. They are next only for who has begun one, or "
    "whose nurse asks for one. The fact sheet names it, and medicines and pathways can belong to it. “Start with the "
    "basics” leads to the first therapy type that is still for everyone.",
}
TOP = "-"  # where a visit question stands that is the first of its group; otherwise the slug of the one above it


class Part(NamedTuple):
    """One field of a text: its name in the form, its label, what stands in it, and what it must keep to."""

    name: str
    label: str
    text: str
    most: int = 300
    hint: str = ""
    section: str = ""  # fields of one section stand together under it
    needed: bool = False
    long: bool = False  # several lines to type in
    many: bool = False  # several can be ticked; `text` has one in a line


def hidden(body: Mapping[str, Any]) -> Part:
    """Return the field that says whether patients find a text at all."""
    said = HIDDEN if body.get("hidden") else ""
    return Part("hidden", "Is it used here?", said, 40, "What is not used here stays on this list, with its words.")


def with_hidden(body: Body, values: Mapping[str, Any]) -> Body:
    """Return a body of which a form has said whether it is used here. Only one that is not has the key."""
    found = {key: value for key, value in body.items() if key != "hidden"}
    return found | {"hidden": True} if values.get("hidden", hidden(body).text) else found


def of(kind: str, data: Any) -> dict[str, Body]:
    """Return the texts of a file by slug, as bodies."""
    if kind == VISIT:
        return {row["slug"]: visit(group["group"], row) for group in data for row in group["questions"]}
    names = {PATHWAY: ("name", "therapy", "lessons"), THERAPY: ("title", "summary", "kind")}[kind]
    return {row["slug"]: {name: row[name] for name in names} for row in data}


def visit(group: str, row: Mapping[str, Any]) -> Body:
    """Return a visit question of a file as a body."""
    lessons = sorted(row.get("lessons", []))
    flags = {name: bool(row.get(name, False)) for name in ("safety", "extra")}
    return {"text": row["text"], "group": group, "lessons": lessons} | flags


def empty(kind: str) -> Body:
    """Return the body of a text that is not written yet."""
    found: dict[str, Body] = {
        VISIT: {"text": "", "group": "", "lessons": [], "safety": False, "extra": False},
        PATHWAY: {"name": "", "therapy": "", "lessons": []},
        THERAPY: {"title": "", "summary": "", "kind": FOR_SOME},
    }
    return found[kind]


def name(kind: str, body: Body) -> str:
    """Return what a list calls this text."""
    return str(body[{VISIT: "text", PATHWAY: "name", THERAPY: "title"}[kind]])


def lasting(body: Body) -> Body:
    """Return what a published body says from then on. A question was put in its place when it was published."""
    return {key: value for key, value in body.items() if key != "after"}


def fields(kind: str, body: Body) -> Iterator[Part]:
    """Yield the fields of a text, in the order of the page."""
    if kind == THERAPY:
        yield Part("title", "Name", body["title"], 120, needed=True)
        yield Part("summary", "What it is", body["summary"], 300, "One sentence.", needed=True, long=True)
        yield Part("kind", "Whose is it?", body["kind"], 10, CHANGES.get(body["kind"], ""), needed=True)
        return
    if kind == VISIT:
        yield Part(
            "text", "Question", body["text"], 300, "It stands alone on a patient’s list.", needed=True, long=True
        )
        yield Part("group", "Group", body["group"], 80, needed=True)
        yield Part("own_group", "Or a new group", "", 80, "Its name. It stands after the others.")
        hint = "In another group it stands last. Save the group first to choose a place in it."
        yield Part("after", "Place in its group", body.get("after", ""), 80, hint)
        hint = "It is offered after their checks."
        yield Part("lessons", "Lessons that it belongs to", "\n".join(body["lessons"]), 2000, hint, many=True)
        yield Part("safety", "Is it about safety?", FIRST if body["safety"] else "", 40)
        yield Part("extra", "Who is it offered to?", ONLY_AFTER if body["extra"] else "", 40)
    else:
        yield Part("name", "Name", body["name"], 120, needed=True)
        yield Part("therapy", "Therapy type", body["therapy"], 80, needed=True)
        for n in range(1, min(len(body["lessons"]) + 3, PLACES) + 1):
            slug = body["lessons"][n - 1] if n <= len(body["lessons"]) else ""
            yield Part(f"lesson_{n}", f"Lesson {n}", slug, 80, section="Its lessons, in order")
    yield hidden(body)


def filled(kind: str, body: Body, values: Mapping[str, Any]) -> Body:
    """Return a body with what was typed and chosen in its fields."""
    now = body | {
        key: " ".join(values[key].split()) for key, value in body.items() if isinstance(value, str) and key in values
    }
    if kind == VISIT:
        now = lasting(now) | ({"after": after} if (after := values.get("after", body.get("after"))) else {})
        now |= {key: bool(values[key]) for key in ("safety", "extra") if key in values}
        now["group"] = " ".join(values.get("own_group", "").split()) or now["group"]
        chosen = values.get("lessons", body["lessons"])
        now["lessons"] = sorted(one for one in (chosen.split("\n") if isinstance(chosen, str) else chosen) if one)
    if kind == PATHWAY:
        places = (part for part in fields(kind, body) if part.name.startswith("lesson_"))
        now["lessons"] = [slug for part in places if (slug := values.get(part.name, part.text))]
    return now if kind == THERAPY else with_hidden(now, values)


def said(kind: str, body: Body, titles: Mapping[str, str]) -> Iterator[Part]:
    """Yield the parts of a text as somebody reads them. `titles` has those of lessons and therapy types, by slug."""
    for part in fields(kind, body):
        if not part.name.startswith("lesson_"):
            yield part
        elif part.name == "lesson_1":
            lines = (f"{n}. {titles.get(slug, slug)}" for n, slug in enumerate(body["lessons"], 1))
            yield Part("lessons", "Its lessons, in order", "\n".join(lines))


def problems(kind: str, body: Body, lessons: Mapping[str, str], others: Mapping[str, Body | None]) -> Iterator[Problem]:
    """Yield what must be mended before this text can be reviewed. `others` has the others of its kind, by slug."""
    field = {VISIT: "text", PATHWAY: "name", THERAPY: "title"}[kind]
    key = typed.fold(name(kind, body))
    if key and any(other and typed.fold(name(kind, other)) == key for other in others.values()):
        yield Problem(field, "There is one with these words already")
    elif body[field] and not key:
        yield Problem(field, "Write it with letters")
    if kind == VISIT:
        if unknown := set(body["lessons"]) - lessons.keys():
            yield Problem("lessons", f"Patients cannot read these lessons: {', '.join(sorted(unknown))}")
        if body["extra"] and not body["lessons"]:
            yield Problem("extra", "Choose the lessons after which it is offered")
        yield from _of_place(body, {slug: other["group"] for slug, other in others.items() if other})
    if kind == PATHWAY:
        yield from _of_pathway(body, lessons)


def _of_place(body: Body, groups: Mapping[str, str]) -> Iterator[Problem]:
    """Yield what is wrong with the group and the place of a visit question. `groups` has that of each other one."""
    group, after = body["group"], body.get("after", TOP)
    if group and not typed.fold(group):
        yield Problem("own_group", "Write it with letters")
    elif group not in groups.values() and typed.fold(group) in map(typed.fold, groups.values()):
        yield Problem("own_group", "There is a group with this name already. Choose it above")
    if after != TOP and groups.get(after) != group:
        yield Problem("after", "The question above it is not in this group. Choose another place, or none")


def _of_pathway(body: Body, lessons: Mapping[str, str]) -> Iterator[Problem]:
    if body["therapy"] and body["therapy"] not in lessons.values():
        yield Problem("therapy", "Choose a therapy type that has a lesson")
    if not body["lessons"]:
        yield Problem("lesson_1", "Choose a lesson")
    for n, slug in enumerate(body["lessons"], 1):
        if slug in body["lessons"][: n - 1]:
            yield Problem(f"lesson_{n}", "This lesson is in the pathway already")
        elif slug not in lessons:
            yield Problem(f"lesson_{n}", "Patients cannot read this lesson")

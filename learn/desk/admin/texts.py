"""The texts outside of the lessons: their list, a new one, and newer text that came with the site."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from learn import typed
from learn.desk.admin.lesson_review import texts_of
from learn.desk.admin.lessons import ADDS, SEES, WRITES
from learn.desk.lesson_forms import WHOSE
from learn.desk.text_forms import TextForm
from learn.languages import SOURCE
from learn.lessons import bodies, content, draft, rewording, rows, shown, writing
from learn.lessons.bodies import CARD, MEDICINE, TERM
from learn.lessons.models import Edition, Reference, Therapy
from learn.lessons.parts import FIRST, HIDDEN, ONLY_AFTER, PATHWAY, THERAPY, TOP, VISIT, Body
from learn.lessons.rewording import Standing
from learn.people.requests import StaffRequest
from quizzes import authoring
from quizzes.models import Question, Revision, State

FIXTURES = settings.BASE_DIR / "fixtures"
KINDS = {
    CARD: "Call card", MEDICINE: "Medicines", TERM: "Words", VISIT: "Visit questions", PATHWAY: "Pathways",
    THERAPY: "Therapy types",
}  # fmt: skip
NEW = (MEDICINE, TERM, VISIT, PATHWAY)  # a new therapy type begins with its first lesson
SHOWN = {
    "": "All",
    "draft": "Draft",
    "sent": "In review",
    "back": "Sent back",
    "own": "Your own",
    "newer": "Newer text",
}


@require_safe
@permission_required(SEES, raise_exception=True)
def all_texts(request: StaffRequest) -> HttpResponse:
    """List the texts of one kind (`kind`); `q` searches in their words, `show` chooses by state."""
    kind = kind if (kind := request.GET.get("kind", "")) in KINDS else CARD
    show = show if (show := request.GET.get("show", "")) in SHOWN else ""
    query = request.GET.get("q", "")[:80].replace("\x00", "")
    found = [(one, _state(one)) for one in rewording.standings(kind)]
    wanted = typed.fold(query)
    listed = [
        {"text": one, "state": words, "tone": tone}
        for one, (words, tone, marks) in found
        if (not show or show in marks) and (not wanted or wanted in _said(one))
    ]
    counts = {key: sum(key in marks for _, (_, _, marks) in found) for key in SHOWN} | {"": len(found)}
    context = {
        "title": "Texts",
        "kinds": KINDS.items(),
        "kind": kind,
        "kind_name": Reference.Kind(kind).label.lower(),
        "shows": [(key, words, counts[key]) for key, words in SHOWN.items() if counts[key] or key == show],
        "show": show,
        "query": query,
        "rows": listed,
        "may_add": kind in NEW and request.user.has_perm(ADDS),
        "newer": list(Reference.objects.exclude(newer="").order_by("kind", "slug")),
    }
    return render(request, "admin/texts.html", context)


def _said(text: Standing) -> str:
    return typed.fold(" ".join(part.text for part in bodies.parts(text.kind, text.next)))


def _state(text: Standing) -> tuple[str, str, set[str]]:
    """Return a text's state in words, its class for the style sheet, and the filters that show it."""
    marks = {"own"} if text.published else set()
    if text.newer:
        marks.add("newer")
    if text.draft:
        stage = Edition.Stage(text.draft.stage)
        return stage.label, "info" if stage == Edition.Stage.SENT else "warn", marks | {stage.value or "draft"}
    if text.hidden:
        return HIDDEN, "warn", marks
    if text.published:
        return "Published, your own", "good", marks
    if text.by_hand:
        return "Your own", "good", marks | {"own"}
    return ("As shipped", "soft", marks) if text.shipped else ("Taken out", "soft", marks)


def found(kind: str, slug: str) -> Standing:
    """Return how a text stands. Raises Http404."""
    text = rewording.standing(kind, slug) if kind in KINDS else None
    if text is None:
        raise Http404("No such text")
    return text


def choices(text: Standing) -> dict[str, list[tuple[str, str]]]:
    """Return what can be chosen in a text's form, by part.

    Two queries for a medicine or a pathway; four for a visit question, which can be in a group that is only drafted.
    """
    kind = text.kind
    found = {"hidden": [("", "Yes"), (HIDDEN, "No. Patients do not find it")]}
    if kind == THERAPY:
        return found | {"kind": WHOSE}
    if kind in (CARD, TERM):
        return found
    lessons = [(lesson.row.slug, lesson.title) for lesson, _ in shown.lessons()]
    if kind == VISIT:
        return found | {"lessons": lessons} | _of_visit(text)
    therapies = list(Therapy.objects.filter(kind=Therapy.Kind.THERAPY).values_list("slug", "title"))
    if kind == PATHWAY:
        return found | {"therapy": [("", "Choose a therapy type"), *therapies], "places": [("", "None"), *lessons]}
    none = "None: the site has no lesson about it"
    return found | {"therapy": [("", none), *therapies], "lesson": [("", "None"), *lessons]}


def _of_visit(text: Standing) -> dict[str, list[tuple[str, str]]]:
    """Return what can be chosen for a visit question beside its lessons: its group, and its place there."""
    there = {slug: row for slug, row in rows.read(VISIT).items() if row}
    group = text.next["group"]
    groups = dict.fromkeys([*(row["group"] for row in there.values()), *rewording.drafted_groups(), group])
    beside = [slug for slug, row in there.items() if row["group"] == group]
    here = "Last in this group"
    if text.slug in beside:
        here = f"As it is: number {beside.index(text.slug) + 1} of {len(beside)}"
    places = [(slug, f"After: {there[slug]['text']}") for slug in beside if slug != text.slug]
    return {
        "group": [("", "Choose a group"), *((name, name) for name in groups if name)],
        "after": [("", here), (TOP, "First in its group"), *places],
        "safety": [("", "No"), (FIRST, "Yes. It is offered before the others")],
        "extra": [("", "Everybody"), (ONLY_AFTER, "Only who has read one of its lessons")],
    }


def titles(of: dict[str, list[tuple[str, str]]]) -> dict[str, str]:
    """Return the words of what can be chosen by slug: lessons, therapy types, their kinds, places."""
    return {
        slug: title
        for name in ("therapy", "lesson", "lessons", "places", "after", "kind")
        for slug, title in of.get(name, ())
        if slug
    }


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(ADDS, raise_exception=True)
def new(request: StaffRequest, kind: str) -> HttpResponse:
    """Write a new text; POST saves it as a draft."""
    if kind not in NEW:
        raise Http404("No such kind")
    there = Standing(kind, "", None)
    form = TextForm(kind, there.next, "", choices(there), request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        body = form.filled()
        if missing := rewording.problems(there, body):
            form.tell(missing)
        else:
            made = rewording.begin(kind=kind, body=body, by=request.user, now=timezone.now())
            messages.success(request, "Saved as a draft. Patients find it when it is published.")
            return redirect("admin:lessons_text_change", kind, made.slug)
    title = f"New {Reference.Kind(kind).label.lower()}"
    return render(request, "admin/text_new.html", {"title": title, "form": form, "kind": kind})


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(WRITES, raise_exception=True)
def newer(request: StaffRequest, kind: str, slug: str) -> HttpResponse:
    """Show how a newer shipped text differs from the hospital's; POST takes it over as a draft, or keeps theirs."""
    get_object_or_404(Reference, kind=kind, slug=slug, newer__gt="")
    look = {Reference.Kind.QUESTION.value: _question}.get(kind, _text)
    differences, take, back = look(request, kind, slug)
    if request.method == "POST":
        try:
            take(request.POST.get("do") == "take")
            if request.POST.get("do") == "take":
                messages.success(request, "The shipped text is a draft now.")
        except (writing.Unfit, authoring.Unfit) as unfit:
            messages.warning(request, str(unfit))
        return redirect(*back)
    context = {"title": "Newer text came with the site", "differences": differences, "name": slug, "kind": kind}
    return render(request, "admin/text_newer.html", context)


Newer = tuple[list[draft.Difference], Callable[[bool], None], tuple[Any, ...]]


def _text(request: StaffRequest, kind: str, slug: str) -> Newer:
    """Return what differs, what answers it, and where to go on: for all but a question of a check."""
    text = found(kind, slug)
    shipped: Body | None = text.shipped
    if shipped is None:
        raise Http404("No shipped text")

    def deal(take: bool) -> None:
        rewording.deal(kind=kind, slug=slug, take=take, by=request.user, now=timezone.now())

    differences = bodies.compare(kind, text.next, shipped, titles(choices(text)))
    return differences, deal, ("admin:lessons_text_change", kind, slug)


def _all(revision: Revision) -> dict[str, str]:
    """Return all that a question says, each with a name."""
    critical = "Yes" if revision.critical else "No"
    return {"Question": revision.stem, **dict(texts_of(revision)), "Safety question": critical}


def _question(request: StaffRequest, kind: str, slug: str) -> Newer:
    """As `_text`, for a question."""
    question = get_object_or_404(Question, slug=slug)
    try:
        words, digest = content.shipped_question(FIXTURES, slug)
    except content.ContentError as error:
        raise Http404("No shipped text") from error
    ours = question.newest(SOURCE)
    was, now = (_all(revision) if revision else {} for revision in (ours, Revision(**words)))
    differences = [
        one
        for where in dict.fromkeys([*now, *was])
        for one in draft.difference(where, "", was.get(where, ""), now.get(where, ""))
    ]

    def deal(take: bool) -> None:
        if take and ours and ours.state == State.DRAFT:
            raise authoring.Unfit(["The question has a draft. Publish it or throw it away first."])
        if take:
            seen = authoring.fingerprint(ours)
            authoring.write(question=question, language=SOURCE, seen=seen, by=request.user, now=timezone.now(), **words)
        Reference.objects.filter(kind=kind, slug=slug).update(newer="", dealt_with=digest)

    return differences, deal, ("admin:quizzes_question_change", question.pk)

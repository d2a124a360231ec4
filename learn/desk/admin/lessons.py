"""The list of lessons; begin a lesson or a therapy type; put them in order."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from learn.desk.lesson_forms import NewLessonForm, TherapyForm
from learn.languages import SOURCE
from learn.lessons import measures, places, writing
from learn.lessons.models import ClinicalReview, Edition, Lesson, Step, Therapy
from learn.people.requests import StaffRequest
from quizzes import health
from quizzes.models import QuizItem, Revision, State

SEES, ADDS, WRITES = "lessons.view_edition", "lessons.add_edition", "lessons.change_edition"
# name in the address: words for the rows that it shows
SHOWN = {
    "": "All",
    "draft": "Draft",
    "sent": "In review",
    "back": "Sent back",
    "overdue": "Check overdue",
    "unreviewed": "Not yet reviewed",
    "newer": "Newer text came with the site",
}
FINE = ("good", "few")  # the findings about a question that need no mending


@require_safe
@permission_required(SEES, raise_exception=True)
def all_lessons(request: StaffRequest) -> HttpResponse:
    """List all lessons in the order of the site; `show` chooses which."""
    found = rows(timezone.now())
    show = show if (show := request.GET.get("show", "")) in SHOWN else ""
    counts = Counter(mark for row in found for mark in row["marks"])
    context = {
        "title": "Lessons",
        "rows": [row for row in found if not show or show in row["marks"]],
        "shows": [(key, words, counts[key] if key else len(found)) for key, words in SHOWN.items()],
        "show": show,
        "aim": measures.GRADE,
        "therapies": list(dict.fromkeys(row["lesson"].therapy for row in found if row["read"])),
    }
    return render(request, "admin/lessons.html", context)


def rows(now: datetime) -> list[dict[str, Any]]:
    """Return each lesson with all that the list says about it. A fixed number of queries."""
    today = timezone.localdate(now)
    lessons = list(Lesson.objects.select_related("therapy").order_by("therapy__position", "position"))
    newest, published = _editions()
    wanted = {edition.pk for edition in (*newest.values(), *published.values())}
    steps: dict[int, list[Step]] = defaultdict(list)
    for step in Step.objects.filter(edition__in=wanted).order_by("position"):
        steps[step.edition_id].append(step)
    reviews = ClinicalReview.objects.valid(today).filter(edition__in=wanted).select_related("who").order_by("pk")
    signed = {review.edition_id: review for review in reviews}
    asked, mend = _questions(now)
    found = []
    for lesson in lessons:
        if (edition := newest.get(lesson.pk)) is None:
            continue
        review = signed.get(published[lesson.pk].pk) if lesson.pk in published else None
        row = {
            "lesson": lesson,
            "edition": edition,
            "read": published.get(lesson.pk),
            "measure": measures.of_lesson(writing.text_of(edition, steps[edition.pk])),
            "questions": asked[lesson.quiz_id],
            "mend": mend[lesson.quiz_id],
            "review": review,
        }
        found.append(row | _state(row, today))
    return found


def _editions() -> tuple[dict[int, Edition], dict[int, Edition]]:
    """Return the newest and the published edition of each lesson, by the lesson's key."""
    newest: dict[int, Edition] = {}
    published: dict[int, Edition] = {}
    rows = Edition.objects.filter(language=SOURCE).select_related("author")
    for edition in rows.order_by("lesson", "state", "-number"):  # "draft" < "published" < "retired"
        newest.setdefault(edition.lesson_id, edition)
        if edition.state == State.PUBLISHED:
            published[edition.lesson_id] = edition
    return newest, published


def _questions(now: datetime) -> tuple[Counter[int | None], Counter[int | None]]:
    """Return how many questions each check asks, and how many of them need a look, by the key of the check."""
    asking = QuizItem.objects.filter(
        question__in=Revision.objects.filter(state=State.PUBLISHED, language=SOURCE).values("question")
    )
    places = list(asking.values_list("quiz", "question"))
    lines = health.lines(language=SOURCE, leave_out=health.STAFF, now=now)
    bad = {line.revision.question_id for line in lines if line.worst.name not in FINE}
    return Counter(quiz for quiz, _ in places), Counter(quiz for quiz, question in places if question in bad)


def _state(row: dict[str, Any], today: date) -> dict[str, Any]:
    """Return a lesson's state in words, its class for the style sheet, and the filters that show it."""
    edition, read = row["edition"], row["read"]
    marks = set()
    state, tone = ("Published", "good") if read else ("Taken out", "soft")
    if read and read.next_check and read.next_check < today:
        state, tone = "Check overdue", "warn"
        marks.add("overdue")
    if edition.state == State.DRAFT:
        state = Edition.Stage(edition.stage).label
        tone = "info" if edition.stage == Edition.Stage.SENT else "warn"
        marks.add(edition.stage or "draft")
    if read and not row["review"]:
        marks.add("unreviewed")
    if row["lesson"].newer:
        marks.add("newer")
    return {"state": state, "tone": tone, "marks": marks}


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(ADDS, raise_exception=True)
def new(request: StaffRequest) -> HttpResponse:
    """Ask for a title and a therapy type; POST begins the lesson and opens it."""
    therapies = list(Therapy.objects.all())
    data = request.POST if request.method == "POST" else None
    form = NewLessonForm(data, therapies=therapies, initial={"therapy": request.GET.get("therapy", "")})
    if form.is_bound and form.is_valid():
        lesson = writing.begin(by=request.user, now=timezone.now(), **form.cleaned_data)
        return redirect("admin:lessons_lesson_change", lesson.pk)
    return render(request, "admin/lesson_new.html", {"title": "New lesson", "form": form, "therapies": therapies})


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(ADDS, raise_exception=True)
def new_therapy(request: StaffRequest) -> HttpResponse:
    """Ask for the name of a treatment; POST makes it and goes on to its first lesson."""
    form = TherapyForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        therapy = writing.begin_therapy(**form.cleaned_data)
        messages.success(request, "Patients see it as soon as one of its lessons is published.")
        response = redirect("admin:lessons_lesson_new")
        response["Location"] += f"?therapy={therapy.slug}"
        return response
    return render(request, "admin/lesson_new.html", {"title": "New therapy type", "form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(WRITES, raise_exception=True)
def order(request: StaffRequest) -> HttpResponse:
    """Show therapy types and their lessons in order; POST moves one of them one place up."""
    if request.method == "POST":
        moves = {"therapy": places.move_therapy, "lesson": places.move_lesson}
        what, _, slugs = request.POST.get("up", "").partition(":")
        slug, _, above = slugs.partition(":")
        if what not in moves or not moves[what](slug=slug[:80], above=above[:80]):
            messages.info(request, "The order has changed meanwhile. This is how it stands now.")
        return redirect("admin:lessons_lesson_order")
    newest, _ = _editions()
    therapies = []
    for therapy in Therapy.objects.prefetch_related("lessons"):
        lessons = [lesson for lesson in therapy.lessons.all() if lesson.pk in newest]
        titles = [newest[lesson.pk].title for lesson in lessons]
        therapies.append({"therapy": therapy, "lessons": list(zip(lessons, titles, _above(lessons), strict=True))})
    for row, above in zip(therapies, _above([row["therapy"] for row in therapies]), strict=True):
        row["above"] = above
    return render(request, "admin/lesson_order.html", {"title": "Order of lessons", "therapies": therapies})


def _above(rows: Sequence[Any]) -> list[str]:
    """Return, for each row, the slug of the one above it; "" for the first."""
    return ["", *(row.slug for row in rows)][: len(rows)]

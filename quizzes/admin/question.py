"""Pages of one question: its statistics, its draft, its quizzes, its history; and the preview."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from quizzes import authoring
from quizzes.admin import bars
from quizzes.admin.requests import LANGUAGE, StaffRequest, find
from quizzes.analysis import ENOUGH
from quizzes.forms import AnswerForm
from quizzes.health import NEWEST, STAFF, QuestionHealth, earlier, lines
from quizzes.kinds import KINDS, said
from quizzes.models import Attempt, AttemptItem, Question, Response, Revision, State
from quizzes.places import ALONE
from quizzes.views import VERDICTS
from quizzes.wording import advise

MAY = {"add": "add_question", "write": "change_question", "publish": "publish_revision"}


@require_safe
@permission_required("quizzes.view_question", raise_exception=True)
def overview(request: StaffRequest, pk: int) -> HttpResponse:
    """Show one question with all available actions."""
    question = find(pk)
    history = list(
        question.revisions.filter(language=LANGUAGE)
        .select_related("author", "published_by", "retired_by")
        .order_by("-number")
    )
    if not history:
        raise Http404("Nothing is written yet")
    asked = next((r for r in history if r.state == State.PUBLISHED), None)
    draft = next((r for r in history if r.state == State.DRAFT), None)
    shown = asked or draft or history[0]
    context = {
        "title": shown.stem,
        "question": question,
        "shown": shown,
        "item": AttemptItem(revision=shown),  # for the template that shows where it is taught
        "asked": asked,
        "asked_seen": authoring.fingerprint(asked),
        "newest": NEWEST,
        "history": _with_counts(history, asked),
        "items": list(question.quizitem_set.select_related("quiz").order_by("quiz__title")),
        **{f"may_{what}": request.user.has_perm(f"quizzes.{name}") for what, name in MAY.items()},
    }
    context |= _as_seen(draft or shown) | _beside(question)
    context |= _how_it_does(asked) if asked else {}
    context |= _about_draft(draft, request.user.pk) if draft else {}
    return render(request, "quizzes/admin/question.html", context)


def _counted(one: Revision, older: Revision | None) -> str:
    """Return in words which answers count for a revision; "" for a draft or the first revision."""
    if older is None or one.state == State.DRAFT:
        return ""
    if one.line == older.line:
        return "A mended typo: its answers are counted with those before it."
    return "A changed meaning: its answers are counted anew."


def _with_counts(history: list[Revision], asked: Revision | None) -> list[tuple[Revision, str, dict[str, Any] | None]]:
    """Return each revision, newest first, with which answers count for it, and the numbers of its line.

    There are no numbers if a later one of the same line has them, or if the page shows them for what is asked now.
    """
    last: dict[int, Revision] = {}
    for one in history:
        if one.state == State.RETIRED and not (asked and one.line == asked.line):
            last.setdefault(one.line, one)
    found = {line.revision.pk: _figures(line) for line in earlier(last.values(), leave_out=STAFF)}
    counted = map(_counted, history, [*history[1:], None])
    return [(one, words, found.get(one.pk)) for one, words in zip(history, counted, strict=True)]


def _as_seen(revision: Revision) -> dict[str, Any]:
    """Return what learners see of this text, and the advice on it."""
    advice = advise(kind=revision.kind, stem=revision.stem, why=revision.why, spec=revision.spec)
    return {"seen_as": revision, "ask": KINDS[revision.kind].ask(revision.spec), "advice": advice}


def _beside(question: Question) -> dict[str, Any]:
    """Return the question whose place this one takes, and the drafts that are to take the place of this one."""
    drafts = Revision.objects.filter(question__instead_of=question, state=State.DRAFT, language=LANGUAGE)
    return {"instead_of": question.instead_of and question.instead_of.newest(LANGUAGE), "successors": drafts}


def _how_it_does(asked: Revision) -> dict[str, Any]:
    """Return the statistics of what is asked now, with a bar for each answer."""
    found = lines(language=asked.language, question=asked.question, leave_out=STAFF, now=timezone.now())
    line = next(iter(found), None)
    return _figures(line) if line else {}


def _figures(line: QuestionHealth) -> dict[str, Any]:
    """Return the numbers of one line, with a bar for each answer."""
    health = line.health
    least = min((times for _, times, right in line.picks if right), default=0)
    answers = []
    for text, times, right in line.picks:
        misleads = not right and line.worst.name != "few" and 0 < times >= least
        look = "" if right else "wrong" if misleads else "soft"
        answers.append((text, times, right, misleads, bars.share(times, health.n, look)))
    unsure = bars.share(health.unsure, health.n, "soft")
    return {
        "line": line,
        "answers": answers,
        "unsure": unsure,
        "rate": bars.rate(health),
        "enough": ENOUGH,
        "key": [(look, words) for look, words in bars.KEY if look in {bar.look for *_, bar in answers if bar}],
    }


def _about_draft(draft: Revision, reader: int | None) -> dict[str, Any]:
    """Return the context for a draft: the differences, the warnings, and how this reader may publish it."""
    replaced = authoring.before(draft)
    own = draft.author_id in (None, reader)
    return {
        "draft": draft,
        "seen": authoring.fingerprint(draft),
        "replaced": replaced,
        "changes": changes(replaced, draft) if replaced else [],
        "texts": [] if replaced else [(name, text) for name, text in _texts(draft).items() if text],
        "to_write": _to_write(draft),
        "typo": not authoring.more_than_a_typo(draft, replaced),
        "typo_alone": not own or not authoring.needs_another(draft, replaced, same_meaning=True),
        "own": own,
    }


def _to_write(draft: Revision) -> list[str]:
    """Return what is still to be written, by the names that authors know."""
    if not authoring.to_write(draft):
        return []
    empty = [name for name, text in _texts(draft).items() if not said(text) and name != "Taught in"]
    return empty or [str(problem) for problem in authoring.to_write(draft)]


def changes(was: Revision | None, now: Revision) -> list[tuple[str, str, str]]:
    """Return the differences between two revisions as tuples: name of the text, old text, new text."""
    old, new = _texts(was) if was else {}, _texts(now)
    names = list(dict.fromkeys([*old, *new]))
    return [
        (name, old.get(name, ""), new.get(name, ""))
        for name in names
        if old.get(name, "").strip() != new.get(name, "").strip()
    ]


def _texts(revision: Revision) -> dict[str, str]:
    """Return all texts of a revision by a name that authors understand."""
    spec, texts = revision.spec, {"Question": revision.stem}
    if revision.kind == "choice":
        texts["How many to choose"] = str(spec["choose"])
    if revision.kind == "truth":
        texts["The statement is"] = str(spec["answer"])
    for word, one in (("Choice", "choices"), ("Line", "rows"), ("Card", "cards")):
        for n, thing in enumerate(spec.get(one, ()), 1):
            right = " (right)" if thing.get("right") else ""
            texts[f"{word} {n}"] = f"{thing['text']}{right}"
            if "feedback" in thing:
                texts[f"{word} {n}, feedback"] = thing["feedback"]
    feedback = spec.get("feedback", {})
    texts |= {"Feedback": feedback} if isinstance(feedback, str) else {f"Feedback, {k}": v for k, v in feedback.items()}
    texts |= {"Why": revision.why, "Topic": revision.objective, "Taught in": revision.source}
    return texts | {"Safety question": "Yes" if revision.critical else "No"}


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("quizzes.view_question", raise_exception=True)
def preview(request: StaffRequest, pk: int, number: int) -> HttpResponse:
    """Show a revision as learners see it; POST shows the feedback. Nothing is saved."""
    question = find(pk)
    revision = question.revisions.filter(language=LANGUAGE, number=number).first()
    if revision is None:
        raise Http404("No such wording")
    item = _unsaved(question, revision)
    form = AnswerForm(item, request.POST if request.method == "POST" else None)
    context: dict[str, Any] = {"question": question, "item": item, "form": form, "place": ALONE, "preview": True}
    if request.method != "POST" or not form.is_valid():
        return render(request, "quizzes/admin/preview_question.html", context)
    mark = revision.mark(form.given)
    marked = Response.Marked.RIGHT if mark.right else Response.Marked.WRONG if form.given else Response.Marked.UNSURE
    return render(request, "quizzes/admin/preview_feedback.html", context | {"verdict": VERDICTS[marked], "mark": mark})


def _unsaved(question: Question, revision: Revision) -> AttemptItem:
    """Return an attempt item for the preview. It is never saved."""
    quizitem = question.quizitem_set.select_related("quiz").first()
    attempt = Attempt(quiz=quizitem.quiz if quizitem else None)
    item = AttemptItem(pk=revision.pk, attempt=attempt, position=1, revision=revision)
    item.answers, item.last_mark = 0, None
    return item

"""The list of questions with their statistics, worst first: one sentence and a link for each."""

from __future__ import annotations

from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from quizzes.admin.requests import LANGUAGE, StaffRequest
from quizzes.analysis import ENOUGH
from quizzes.health import NEWEST, QuestionHealth, lines
from quizzes.models import Quiz, Revision, State

STAFF = {"is_staff": True}  # staff who try a check do not count as learners


@require_safe
@permission_required("quizzes.view_question", raise_exception=True)
def questions(request: StaffRequest) -> HttpResponse:
    """List the published questions of all quizzes or of one (`?quiz=`), worst first, and the drafts."""
    quizzes = list(Quiz.objects.order_by("title"))
    chosen = next((quiz for quiz in quizzes if quiz.slug == request.GET.get("quiz")), None)
    found = lines(language=LANGUAGE, leave_out=STAFF)
    if chosen:
        found = [
            line for line in found if any(i.quiz_id == chosen.pk for i in line.revision.question.quizitem_set.all())
        ]
    drafts = Revision.objects.filter(state=State.DRAFT, language=LANGUAGE).select_related("author")
    context = {
        "title": "Questions",
        "groups": [(name, lines) for name, lines in _groups(found).items() if lines],
        "enough": ENOUGH,
        "newest": NEWEST,
        "quizzes": quizzes,
        "chosen": chosen,
        "drafts": drafts.order_by("written", "pk"),
        "may_add": request.user.has_perm("quizzes.add_question"),
    }
    return render(request, "quizzes/admin/questions.html", context)


def _groups(found: list[QuestionHealth]) -> dict[str, list[QuestionHealth]]:
    """Return the questions grouped by what an educator has to do with them; each group is sorted worst first."""
    groups: dict[str, list[QuestionHealth]] = {"Worth a look": [], "Work well": [], "Too few answers yet": []}
    under = {"good": "Work well", "few": "Too few answers yet"}
    for line in found:
        groups[under.get(line.worst.name, "Worth a look")].append(line)
    return groups

"""The pages for people who come back to what they have read: what changed since, and the pages that they keep."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from learn.languages import reader
from learn.lessons import card_texts
from learn.lessons import changes as changed_texts
from learn.lessons.shown import Page
from learn.people.actions import learner
from learn.people.models import User
from learn.progress import actions, standing
from learn.progress.standing import Standing
from quizzes.numbers import number


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def changes(request: HttpRequest, therapy: str, lesson: str) -> HttpResponse:
    """Show what changed in the safety pages of a lesson since this person read it; POST records that they saw it.

    If a newer edition was published while the page was open, POST records nothing and the page is shown again.
    """
    row = _standing(request, therapy, lesson)
    if request.method == "POST" and isinstance(request.user, User) and row.changed:
        if number(request.POST.get("edition", "")) != row.taught.edition:
            messages.info(request, _("This lesson has changed once more. Here is what is new now."))
            return redirect("changes", therapy, lesson)
        actions.saw_changes(learner=request.user, taught=row.taught, now=timezone.now())
        messages.success(request, _("Thank you. You have read what changed."))
    if request.method == "POST":
        return redirect("my")
    told = changed_texts.translated(row.changed, row.taught.edition, reader())
    return render(request, "study/changes.html", {"row": row, "changed": told})


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def card_changes(request: HttpRequest) -> HttpResponse:
    """Show what changed on the call card since this person read when to call; POST records that they saw it.

    If the card changed once more while the page was open, POST records nothing and the page is shown again.
    """
    user = request.user
    found = standing.whole([user.pk])[user.pk] if isinstance(user, User) else None
    newest = found.readings[0].card if found and found.card else None
    if request.method == "POST" and isinstance(user, User) and newest:
        if number(request.POST.get("number", "")) != newest:
            messages.info(request, _("The call card has changed once more. Here is what is new now."))
            return redirect("card_changes")
        actions.saw_card(learner=user, number=newest, now=timezone.now())
        messages.success(request, _("Thank you. You have read what changed."))
    if request.method == "POST":
        return redirect("my")
    told = card_texts.translated(found.card, reader(), found.read) if found and newest else []
    return render(request, "study/card_changes.html", {"changed": told, "number": newest})


def _standing(request: HttpRequest, therapy: str, lesson: str) -> Standing:
    """Return this visitor's status in a published lesson. Raises `Http404`."""
    if isinstance(request.user, User):
        rows = standing.standings([request.user.pk])[request.user.pk]
    else:
        rows = [Standing(taught) for taught in standing.catalogue()]
    found = next((row for row in rows if (row.taught.therapy, row.taught.slug) == (therapy, lesson)), None)
    if found is None:
        raise Http404("No such lesson")
    return found


def keep(request: HttpRequest, page: Page) -> HttpResponse:
    """Keep a page for later. Redirect to it, with a message that says where to find it again."""
    row = page.lesson.row
    try:
        new = actions.keep_page(learner=learner(request), lesson=row.lesson, slug=page.slug, now=timezone.now())
    except actions.Full:
        said = _("You keep %(most)s pages, and there is no room for more. On “My learning” you can take one out.")
        messages.info(request, said % {"most": actions.MOST})
    else:
        kept = _("This page is kept. Find it on “My learning”, under “Pages I kept”.")
        messages.success(request, kept if new else _("You keep this page already. It is on “My learning”."))
    return redirect(page.address)


@login_not_required
@require_POST
def kept_pages(request: HttpRequest) -> HttpResponse:
    """Keep a page (its pk, in `remove`) no longer. A page that is not kept, or another person's, changes nothing."""
    page = number(request.POST.get("remove", ""))
    if page and isinstance(request.user, User):
        actions.stop_keeping(learner=request.user, page=page)
        messages.success(request, _("Taken out of the pages you keep."))
    return redirect("my")

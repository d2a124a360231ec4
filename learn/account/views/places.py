"""The page that shows where a user is signed in, for patients and staff. POST signs out there, or everywhere else."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from learn.people import audit, sessions
from learn.people.requests import LearnerRequest


@require_http_methods(["GET", "HEAD", "POST"])
def places(request: LearnerRequest) -> HttpResponse:
    """Show where this user is signed in. POST "end" signs out in one of these places, "others" in all but this one."""
    user, here = request.user, request.session.session_key
    found = sessions.places(user)
    others = [place for place in found if place.key != here]
    if request.method != "POST":
        context = {"here": next((place for place in found if place.key == here), None), "others": others}
        return render(request, "own_record/places.html", context)
    chosen = next((place for place in others if place.mark == request.POST.get("end")), None)
    if "others" in request.POST or chosen:
        audit.note_own(user=user, what="signed.out.there", now=timezone.now())
    if "others" in request.POST:
        sessions.end_all(user.pk, but=here)
        n = len(others)
        messages.success(
            request,
            ngettext("You are signed out in %(n)s other place.", "You are signed out in %(n)s other places.", n)
            % {"n": n},
        )
    elif chosen:
        sessions.end(chosen)
        messages.success(request, _("You are signed out there."))
    else:
        messages.info(request, _("Nothing has changed: you are not signed in there any more."))
    return redirect("places")

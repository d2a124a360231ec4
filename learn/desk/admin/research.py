"""The nameless file for research, for the leads of a care team."""

from __future__ import annotations

import random

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_safe

from learn.desk.admin.team import LEADS, led
from learn.handouts import research
from learn.people import audit
from learn.people.again import asked_again
from learn.people.requests import StaffRequest


@require_safe
@permission_required(LEADS, raise_exception=True)
@asked_again(back="admin:people_careteam_change")
def research_file(request: StaffRequest, pk: int) -> HttpResponse:
    """Return the file as JSON lines; with too few patients, redirect to the team's page with the reason."""
    team, now = led(request, pk), timezone.now()
    try:
        lines = research.lines(team, random.SystemRandom())
    except research.TooFew:
        messages.info(
            request,
            f"There is no file yet: fewer than {research.FEWEST} patients have answered the same question, and it "
            "would tell about single people.",
        )
        return redirect("admin:people_careteam_change", pk)
    audit.note(by=request.user, what="research.exported", team=team, now=now)
    response = HttpResponse("\n".join([*lines, ""]), content_type="application/jsonl; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="answers-without-names-{timezone.localdate(now)}.jsonl"'
    return response

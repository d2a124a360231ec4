"""For IT: reset the second step of somebody who lost their phone. It takes two people of IT (ruling 22)."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from learn.people import names, two_step
from learn.people.again import asked_again
from learn.people.models import User
from learn.people.requests import StaffRequest


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(two_step.MAY_RESET, raise_exception=True)
@asked_again()
def reset(request: StaffRequest, pk: int) -> HttpResponse:
    """Show whether somebody has a second step. The first POST asks for the reset, another person's POST does it."""
    now, of = timezone.now(), get_object_or_404(User, pk=pk, is_staff=True)
    by = two_step.asked_by(of, now=now)
    if request.method == "POST":
        try:
            if by is None or by == request.user:
                two_step.ask_reset(of=of, by=request.user, now=now)
            elif two_step.reset_second_factor(of=of, by=by, confirmed_by=request.user, now=now):
                name = names.isolated(str(of))
                messages.success(request, f"The two-step sign-in of {name} is off. They set it up at the next sign-in.")
        except two_step.SamePerson:
            messages.warning(request, "Nothing has changed. Nobody resets their own two-step sign-in.")
        return redirect("admin:people_user_two_step", pk)
    context = {
        "title": f"Two-step sign-in of {names.isolated(str(of))}",
        "of": of,
        "by": by,
        "own": of == request.user,
        "set_up": two_step.is_set_up(of),
    }
    return render(request, "admin/two_step_reset.html", context)

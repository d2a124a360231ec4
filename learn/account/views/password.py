"""Choose a new password: for people who sign in with a name."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from learn.people import rate_limits, tries
from learn.people.password_forms import PasswordForm
from learn.people.requests import LearnerRequest


@require_http_methods(["GET", "HEAD", "POST"])
def password(request: LearnerRequest) -> HttpResponse:
    """Ask for the old and the new password; POST changes it. Staff do the same on the Desk."""
    user, now = request.user, timezone.now()
    if user.is_staff:
        return redirect("admin:password")
    if not user.has_usable_password():
        return redirect("keep")  # a guest, or a person who signs in by a code only
    form = PasswordForm(request.POST if request.method == "POST" else None, user=user)
    if request.method == "POST" and form.is_valid():
        if wait := tries.wait(request, str(user.username)):
            return rate_limits.refuse(request, wait)
        if form.save(request, now=now):
            tries.right(request, str(user.username))
            messages.success(request, _("Your new password is saved. On other devices you are signed out."))
            return redirect("my_data")
    return render(request, "own_record/password.html", {"form": form})

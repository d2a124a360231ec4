"""Choose a new password: for staff, and the only page after a sign-in with a one-time password."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from learn.people import passwords, rate_limits, tries
from learn.people.password_forms import PasswordForm
from learn.people.requests import StaffRequest


@require_http_methods(["GET", "HEAD", "POST"])
def password(request: StaffRequest) -> HttpResponse:
    """Ask for the old and the new password, or only for the new one; POST changes it."""
    user, now, first = request.user, timezone.now(), passwords.FIRST in request.session
    form = PasswordForm(request.POST if request.method == "POST" else None, user=user, first=first)
    if request.method == "POST" and form.is_valid():
        if wait := tries.wait(request, str(user.username)):
            return rate_limits.refuse(request, wait)
        if form.save(request, now=now):
            tries.right(request, str(user.username))
            messages.success(request, "Your new password is saved. On other devices you are signed out.")
            return redirect("admin:index")
    title = "Choose your own password" if first else "Change my password"
    return render(request, "admin/password.html", {"title": title, "form": form, "first": first})

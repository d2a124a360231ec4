"""Reminders by email: the patient's page, and the pages that the links in an email open."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from learn.assignments import reminders as by_mail
from learn.assignments.models import Reminder
from learn.people import mail
from learn.people.forms import AddressForm
from learn.people.models import Patient


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def reminders(request: HttpRequest) -> HttpResponse:
    """Show whether reminders are on and where they go. POST asks for them. A person without a nurse is told so."""
    patient: Patient | None = getattr(request.user, "patient", None)
    if patient is None or patient.ended_on:
        return render(request, "assignments/reminders.html", {"mine": None, "patient": None})
    form, now = AddressForm(request.POST or None), timezone.now()
    if request.method == "POST" and form.is_valid():
        try:
            by_mail.ask(patient=patient, address=form.cleaned_data["address"], now=now)
        except by_mail.TooMany:
            form.add_error("address", _("We have sent enough emails today. Look in your email, or try again tomorrow"))
        except mail.Refused:
            form.add_error("address", _("No email can be sent to this address. Check each letter of it"))
        except mail.NotSent:
            form.add_error("address", _("The email could not be sent. Nothing has changed. Try again later"))
        else:
            messages.success(request, _("We sent you an email. Open it, and press the button on the page it leads to."))
            return redirect("reminders")
    mine = Reminder.objects.filter(patient=patient).first()
    today = patient.care_team.today(now)
    context = {
        "patient": patient,
        "mine": mine,
        "form": form,
        "paused": mine.paused_until if mine and mine.paused_until and mine.paused_until > today else None,
        "stop": by_mail.stop_address(mine) if mine and mine.is_on else "",
    }
    return render(request, "assignments/reminders.html", context)


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def turn_on(request: HttpRequest, token: str) -> HttpResponse:
    """Show the button that confirms an address. Only a POST confirms: mail programs open links by themselves."""
    found, done = by_mail.behind(token, by_mail.ON), False
    if found and request.method == "POST":
        reminder, mark = found
        done = by_mail.confirm(reminder=reminder, marked=mark, now=timezone.now())
        found = found if done else None
    return render(request, "assignments/reminders_on.html", {"found": found, "done": done})


@csrf_exempt  # a mail program sends the POST of its own button; the token gives the right to do it, not the session
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def turn_off(request: HttpRequest, token: str) -> HttpResponse:
    """Show the buttons that stop or pause reminders. Only a POST does it. No sign-in is needed."""
    found = by_mail.behind(token, by_mail.STOP)
    context: dict[str, Any] = {"found": found}
    if found and request.method == "POST":
        reminder = found[0]
        if request.POST.get("do") == "pause" and reminder.is_on:
            context["until"] = by_mail.pause(reminder=reminder, now=timezone.now())
        else:
            by_mail.stop(reminder=reminder)
            context["stopped"] = True
    return render(request, "assignments/reminders_stop.html", context)

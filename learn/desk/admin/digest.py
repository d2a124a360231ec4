"""A nurse chooses one email on weekday mornings, or stops it."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from learn.assignments.models import Digest
from learn.desk import digests
from learn.people import mail
from learn.people.forms import AddressForm
from learn.people.requests import StaffRequest

MAY = "people.view_patient"


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(MAY, raise_exception=True)
def digest(request: StaffRequest) -> HttpResponse:
    """Show whether the morning email is on; POST asks for it, or stops it (`do`)."""
    mine = Digest.objects.filter(nurse=request.user.pk).first()
    if request.method == "POST" and request.POST.get("do") == "stop":
        if mine:
            digests.stop(digest=mine)
        messages.success(request, "No more morning emails. The address is deleted.")
        return redirect("admin:digest")
    form = AddressForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            digests.ask(nurse=request.user, address=form.cleaned_data["address"], now=timezone.now())
        except digests.TooMany:
            form.add_error("address", "We have sent enough emails today. Look in your email, or try again tomorrow")
        except mail.Refused:
            form.add_error("address", "No email can be sent to this address. Check each letter of it")
        except mail.NotSent:
            form.add_error("address", "The email could not be sent. Try again later")
        else:
            messages.success(request, "We sent you an email. Open its link here, where you are signed in.")
            return redirect("admin:digest")
    return render(request, "admin/digest.html", {"title": "Morning email", "form": form, "mine": mine})


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(MAY, raise_exception=True)
def turn_on(request: StaffRequest, token: str) -> HttpResponse:
    """Show the button that confirms an address. Only a POST confirms: mail programs open links by themselves."""
    if request.method == "POST":
        if digests.confirm(nurse=request.user, token=token, now=timezone.now()):
            messages.success(request, "The morning email is on.")
        else:
            messages.warning(request, "This link is too old, or it is not yours. Ask for a new one here.")
        return redirect("admin:digest")
    return render(request, "admin/digest_on.html", {"title": "Turn the morning email on?"})


@csrf_exempt  # a mail program sends the POST of its own button; the token gives the right to do it, not the session
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """Show the button that stops the morning email. Only a POST does it. No sign-in is needed."""
    found = digests.behind(token)
    if found and request.method == "POST":
        digests.stop(digest=found)
    return render(request, "admin/digest_stop.html", {"found": found, "stopped": found and request.method == "POST"})

"""Views that sign a user in by access code: by typed letters or by a link. Only a POST signs in or uses the code.

After that, a new patient sees what the card has opened; everyone else carries on in My learning.
"""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from learn import typed
from learn.account import guests
from learn.account.forms import CodeForm
from learn.people import actions as people
from learn.people import audit, codes, mail, rate_limits
from learn.people.forms import DeviceForm
from learn.people.models import AccessCode, Session, User
from learn.people.requests import LearnerRequest
from learn.progress import standing
from learn.progress.standing import Status
from learn.study import next_up
from learn.visits.models import MyQuestion


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """Ask for the twelve letters. Wrong, unknown, expired and cancelled codes get the same message."""
    form = CodeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        now, letters = timezone.now(), form.cleaned_data["letters"]
        if seconds := codes.wait(request, letters, now=now):
            return rate_limits.refuse(request, seconds)
        found = codes.by_letters(letters, at=now)
        if found and _use(request, found, form, now):
            return _let_in(request, found)
        form.add_error("letters", CodeForm.WRONG)
    return _ask(request, form)


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def link(request: HttpRequest, token: str) -> HttpResponse:
    """Lead any link, valid or not, to the start page, whose address has no token. A POST does what that page does."""
    if request.method == "POST":
        return _by_token(request, token)
    back = request.GET.get("next", "")
    response = HttpResponseRedirect(reverse("card") + (f"?{urlencode({'next': back})}" if back else ""))
    codes.carry(response, token)
    return response


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def card(request: HttpRequest) -> HttpResponse:
    """Show the start page of the link that led here. POST signs in, or asks for the letters if it is not valid."""
    token = codes.carried(request)
    if token is None:  # without cookies, or a quarter of an hour later
        return redirect("code")
    return _by_token(request, token)


def _by_token(request: HttpRequest, token: str) -> HttpResponse:
    form = DeviceForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        now = timezone.now()
        found = codes.by_token(typed.token(token), at=now)
        if found and _use(request, found, form, now):
            response = _let_in(request, found)
        else:
            letters = CodeForm({"shared": form.cleaned_data["shared"]})
            letters.errors["letters"] = letters.error_class([str(CodeForm.WRONG)])
            response = _ask(request, letters)
        response.delete_cookie(codes.COOKIE)
        return response
    return render(request, "own_record/join.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
def merge(request: LearnerRequest) -> HttpResponse:
    """Ask whether to merge the record of the guest who used this device. POST merges it or leaves it."""
    guest = User.objects.filter(pk=request.session.get("guest", 0), is_active=True).first()
    choice = request.POST.get("bring")
    if guest and choice not in ("yes", "no") and guests.has_record(guest.pk):
        begun = [s for s in standing.standings([guest.pk])[guest.pk] if s.code != Status.NOT_STARTED]
        questions = MyQuestion.objects.of(guest).count()
        return render(request, "own_record/bring.html", {"begun": begun, "questions": questions})
    request.session.pop("guest", None)
    if guest and choice == "yes":
        guests.merge(guest=guest, into=request.user, now=timezone.now())
        messages.success(request, _("What you did on this phone or computer came along."))
    elif guest:
        guests.leave(guest=guest, now=timezone.now())
    return redirect(_landing(request.user) if guest else "my")


@require_safe
def arrived(request: LearnerRequest) -> HttpResponse:
    """Show a new patient what the nurse asked for and the first lesson. Whoever has begun one is led to My learning."""
    patient = getattr(request.user, "patient", None)
    standings = standing.standings([request.user.pk])[request.user.pk]
    coming = next_up.after(standings)
    if patient is None or patient.ended_on or coming.begun:
        return redirect("my")
    rows = next_up.in_order(s for s in standings if s.assigned)
    days = sorted({s.assigned.due for s in rows if s.assigned})
    context = {
        "team": patient.care_team.name,
        "coming": coming,
        "rows": rows,
        "bar": next_up.bar(rows),
        "due": days[0] if days else None,
        "several_days": len(days) > 1,
    }
    return render(request, "own_record/arrived.html", context)


def _landing(user: User) -> str:
    """Return the name of the page after signing in: a patient who has not done anything here yet has just arrived."""
    return "arrived" if hasattr(user, "patient") and not guests.has_record(user.pk) else "my"


def _ask(request: HttpRequest, form: CodeForm) -> HttpResponse:
    """Show the form for the letters. It posts to /code/ from any page."""
    context = {"form": form, "next": request.GET.get("next", ""), "by_email": mail.works()}
    return render(request, "own_record/code.html", context)


def _use(request: HttpRequest, code: AccessCode, form: DeviceForm, now: datetime) -> bool:
    """Use the code and sign in. Return False if it was cancelled or its user erased in the meantime.

    It is one transaction, and the lock is that of `codes.make`: whoever cancels the code ends the new session too.
    """
    with transaction.atomic():
        if User.objects.lock(code.user_id) is None or not codes.use(code=code, now=now):
            return False
        shared = bool(form.cleaned_data["shared"])
        people.sign_in(request, code.user, by=Session.Key.CODE, code=code.pk, shared=shared)
        request.session.save()
        audit.note_own(user=code.user, what="card.used", now=now, in_team=True)
    return True


def _let_in(request: HttpRequest, code: AccessCode) -> HttpResponse:
    """Redirect to a URL without the token.

    That is the question about merging a guest's record, the requested page, or the page of `_landing`.
    """
    back = request.GET.get("next", "")
    if guests.has_record(request.session.get("guest", 0)):
        return redirect("bring")
    if url_has_allowed_host_and_scheme(back, allowed_hosts=None) and "\x00" not in back:
        return HttpResponseRedirect(back)
    return redirect(_landing(code.user))

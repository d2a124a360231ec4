"""A patient's access codes: show a new code once, on an invitation (the pages say "card"); renew or cancel a code.

The server does not store the letters and the link of a new code. The POST that makes the code puts them into a signed
cookie in the nurse's browser, and the next page shows them and deletes the cookie. The cookie is valid for two minutes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core import signing
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods, require_POST

from learn import languages, qr
from learn.desk.admin.days import day
from learn.handouts import pdf, sheets
from learn.handouts.views import look_of
from learn.people import audit, codes, permissions
from learn.people.again import asked_again
from learn.people.models import AccessCode, Patient, Phones, User
from learn.people.requests import StaffRequest
from quizzes import learners
from quizzes.numbers import number

COOKIE = "__Host-cards" if settings.HTTPS else "cards"
SALT = "learn.desk.admin.codes"
SECONDS = 120
HELD = "learn.desk.admin.codes.held"  # what the page with the invitations sends back for a PDF
HELD_SECONDS = 30 * 60
MOST = 50  # cards at once: their secrets must fit into one cookie (4 KB)

Shown = tuple[Patient, AccessCode, str, str]  # the letters and the token are last
Secrets = Mapping[int, tuple[str, str]]  # the letters and the token of each new code, by its primary key


class Mark(StrEnum):
    """What stands small on a card, so that a nurse can tell several apart."""

    NONE = ""
    LABEL = "label"  # of a card that was made without a patient: Monday 1
    NUMBER = "number"  # no name; a list before the cards says whose it is


def show(patients: Sequence[Patient], made: Sequence[codes.Made], *, mark: Mark = Mark.NONE) -> HttpResponse:
    """Redirect to the page that shows these new invitations once. At most MOST."""
    response = redirect(_address(patients))
    value = signing.dumps([mark, [(m.code.pk, m.letters, m.token) for m in made]], salt=SALT, compress=True)
    response.set_cookie(COOKIE, value, max_age=SECONDS, secure=settings.HTTPS, httponly=True, samesite="Lax")
    return response


def _address(patients: Sequence[Patient]) -> str:
    """Return the address of the page with the invitations of these patients."""
    return f"{reverse('admin:people_patient_cards')}?{urlencode([('patient', patient.pk) for patient in patients])}"


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(["people.view_patient", "people.add_accesscode"], raise_exception=True)
def invitations(request: StaffRequest) -> HttpResponse:
    """Show the new invitations of these patients, to print; on a second visit, say that they cannot be shown again.

    POST, from the page with the invitations, returns them as a PDF; if that cannot be made, the page is shown again.
    """
    now = timezone.now()
    asked = {pk for p in request.GET.getlist("patient") if (pk := number(p))}
    found = Patient.objects.visible_to(request.user).select_related("care_team", "user").order_by("pk")
    patients = list(found.filter(pk__in=list(asked)[:MOST]))
    if not patients or len(patients) != len(asked):
        raise Http404("Not all of these are your patients")
    audit.note_list(by=request.user, what="cards.seen", patients=patients, now=now)
    mark, opened = _opened(request)
    if request.method == "POST" and (file := _file(request, patients, opened, now, mark)):
        return file
    response = page(request, patients, opened, now=now, mark=mark)
    response.delete_cookie(COOKIE, samesite="Lax")
    return response


def page(
    request: StaffRequest, patients: Sequence[Patient], opened: Secrets, *, now: datetime, mark: Mark = Mark.NONE
) -> HttpResponse:
    """Return the page with the invitations of these patients, to print."""
    cards = _in_order(patients, opened, now)
    one = patients[0] if len(patients) == 1 else None
    context = {
        "title": f"Card for {one.name}" if one else "New cards",
        "patients": patients,
        "cards": [_invitation(*card) | {"number": n if mark == Mark.NUMBER else None} for n, card in cards.items()],
        "labelled": mark == Mark.LABEL,
        "numbered": mark == Mark.NUMBER,
        "site": settings.PUBLIC_URL.partition("://")[2] + reverse("code"),
        "pdf": _address(patients),
        "held": signing.dumps([mark, [(pk, *secret) for pk, secret in opened.items()]], salt=HELD, compress=True),
    }
    return render(request, "admin/cards.html", context)


def _in_order(patients: Sequence[Patient], opened: Secrets, now: datetime) -> dict[int, Shown]:
    """Return what each card shows that nobody has used yet, by its number, which stays when another card is used."""
    fresh = AccessCode.objects.living(at=now).filter(pk__in=opened, used=None).in_bulk()
    by_user = {patient.user_id: patient for patient in patients}
    shown = {n: fresh.get(pk) for n, pk in enumerate(opened, 1)}
    return {n: (by_user[c.user_id], c, *opened[c.pk]) for n, c in shown.items() if c and c.user_id in by_user}


def _file(
    request: StaffRequest, patients: Sequence[Patient], opened: Secrets, now: datetime, mark: Mark
) -> HttpResponse | None:
    """Return these invitations as a PDF to save, so that the page stays open; None after a message if it fails."""
    shown = _in_order(patients, opened, now)
    if not shown:
        return None
    words = {n: str(n) if mark == Mark.NUMBER else card[0].name if mark else "" for n, card in shown.items()}
    look = look_of(request, Phones("", "", ""))
    spoken = {languages.of(patient.user) for patient, *_ in shown.values()}
    try:
        with translation.override(spoken.pop() if len(spoken) == 1 else languages.SOURCE):
            data = sheets.invitations(shown.values(), look, marks=words.values())
        made = pdf.pdf("invitations", data, keep=False)
    except (pdf.Busy, pdf.Fault):
        messages.info(request, "The PDF could not be made now. Print this page instead.")
        return None
    response = HttpResponse(made, content_type="application/pdf")
    response["Content-Disposition"] = 'attachment; filename="cards.pdf"'
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(["people.view_patient", "people.add_accesscode"], raise_exception=True)
@asked_again()
def make(request: StaffRequest, pk: int) -> HttpResponse:
    """Explain that a new code cancels the old one; POST makes the new code."""
    now = timezone.now()
    patient = permissions.patient(request.user, pk, now=now)
    if patient.ended_on:
        messages.info(request, "Open this record again first. Then make a new card.")
        return _back(pk)
    if request.method == "POST":
        made = codes.make(user=patient.user, by=request.user, now=now)
        if made is None:
            raise learners.Gone(patient.user_id)
        return show([patient], [made])
    context = {"title": f"Make a new card for {patient.name}", "patient": patient}
    return render(request, "admin/card.html", context | part(request.user, patient, now))


@require_POST
@permission_required(["people.view_patient", "people.add_accesscode"], raise_exception=True)
def cancel(request: StaffRequest, pk: int) -> HttpResponse:
    """Cancel a patient's code, for example because it was lost."""
    now = timezone.now()
    patient = permissions.patient(request.user, pk, now=now)
    if codes.cancel(user=patient.user, by=request.user, now=now):
        messages.success(request, "The card is cancelled. Where it was used, they are signed out.")
    return _back(pk)


def part(by: User, patient: Patient, now: datetime) -> dict[str, Any]:
    """Return the patient's codes, the newest first, and whether one of them is valid. One query."""
    found = patient.user.codes.select_related("by").order_by("-made", "-pk")
    team = patient.care_team
    today = team.today(now)

    def when(at: datetime | None) -> str:
        return day(team.today(at), today) if at else ""

    rows = [
        {
            "code": code,
            "made": when(code.made),
            "used": when(code.last_used),
            "cancelled": when(code.cancelled),
            "until": team.today(code.expires),
            "living": code.cancelled is None and code.expires > now,
            "own": code.by_id == patient.user_id,
        }
        for code in found
    ]
    return {"codes": rows, "has_card": any(row["living"] for row in rows)}


def _back(pk: int) -> HttpResponse:
    return redirect(reverse("admin:people_patient_change", args=[pk]) + "#cards")


def _opened(request: StaffRequest) -> tuple[Mark, dict[int, tuple[str, str]]]:
    """Return what stands small on the cards, and the letters and token of each new code by its primary key.

    After the first visit they are only on the page itself: a POST from it brings them back.
    """
    value, salt, seconds = request.COOKIES.get(COOKIE, ""), SALT, SECONDS
    if request.method == "POST":
        value, salt, seconds = request.POST.get("held", ""), HELD, HELD_SECONDS
    try:
        mark, made = signing.loads(value, salt=salt, max_age=seconds)
        return Mark(mark), {pk: (letters, token) for pk, letters, token in made}
    except (signing.BadSignature, ValueError):  # ValueError: from the version of the site before this one
        return Mark.NONE, {}


def _invitation(patient: Patient, code: AccessCode, letters: str, token: str) -> dict[str, Any]:
    """Return the data for one invitation. The link always uses the site's public URL, never the host of the request."""
    address = settings.PUBLIC_URL + reverse("join", args=[token])
    return {
        "patient": patient,
        "language": languages.of(patient.user),
        "letters": codes.in_groups(letters),
        "square": qr.on_page(address),
        "until": patient.care_team.today(code.expires),
        # Staff of an emergency room read this part, so it stands on a card in another language too.
        "in_english": "" if languages.of(patient.user) == get_language() else str(sheets.EMERGENCY),
    }

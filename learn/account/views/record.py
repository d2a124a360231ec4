"""Views for a user's own record: keep it, view it, download it, stop sharing it, erase it, and leave the device."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from learn import looks
from learn.account import actions, data
from learn.account.forms import EraseForm, KeepForm
from learn.people import codes, email_codes, mail, tries
from learn.people.models import User
from quizzes import learners

NEW_CODE = "new code"  # session key of a new code's letters, which are shown once


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def keep(request: HttpRequest) -> HttpResponse:
    """Offer four ways to keep the user's progress: this device, a code, an email address, or an account."""
    user, by_email = request.user, mail.works()
    if not isinstance(user, User) or user.username is not None:
        return render(request, "own_record/keep.html", {"by_email": by_email})
    form = KeepForm(request.POST if request.method == "POST" else None, by_email=by_email and not user.email)
    if request.method == "POST" and form.is_valid():
        how = form.cleaned_data["how"]
        if how == "code":
            made = codes.make(user=user, by=user, now=timezone.now(), here=request.session.session_key)
            if made is None:
                raise learners.Gone(user.pk)
            request.session[NEW_CODE] = made.groups
            return redirect("new_code")
        if how == "email":
            return redirect("email_keep")
        if how == "account":
            return redirect("account_signup")
        messages.success(request, _("Your progress stays on this phone or computer."))
        return redirect("my")
    has_code = user.codes.living(at=timezone.now()).exists()
    return render(request, "own_record/keep.html", {"form": form, "has_code": has_code, "by_email": by_email})


@require_safe
def new_code(request: HttpRequest) -> HttpResponse:
    """Show a new code once, so that nobody can read it later on the same device."""
    letters = request.session.get(NEW_CODE)
    if letters and request.method == "GET":
        del request.session[NEW_CODE]
    return render(request, "own_record/new_code.html", {"letters": letters, "address": settings.PUBLIC_URL})


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def finish(request: HttpRequest) -> HttpResponse:
    """Explain what happens when the user leaves this device. POST signs out and removes their data from it."""
    if request.method == "POST":
        return leave(request, "finished")
    lost = isinstance(request.user, User) and not request.user.has_key(at=timezone.now())
    return render(request, "own_record/finish.html", {"lost": lost})


@login_not_required
@require_safe
def my_data(request: HttpRequest) -> HttpResponse:
    """Show all data that is stored about this user, and what they can do with it."""
    found = data.read(request.user) if isinstance(request.user, User) else {}
    return render(request, "own_record/my_data.html", {"data": found})


@login_not_required
@require_safe
def my_data_file(request: HttpRequest) -> HttpResponse:
    """Return the same data as a JSON file."""
    if not isinstance(request.user, User):
        return redirect("my_data")
    response = JsonResponse(data.read(request.user), json_dumps_params={"indent": 1, "ensure_ascii": False})
    response["Content-Disposition"] = 'attachment; filename="my-data.json"'
    return response


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def stop_sharing(request: HttpRequest) -> HttpResponse:
    """Explain what it means to stop sharing with the nurse; POST does it. Users who are no patients are redirected."""
    if not (isinstance(request.user, User) and hasattr(request.user, "patient")):
        return redirect("my_data")
    if request.method == "POST":
        actions.stop_sharing(user=request.user, now=timezone.now(), here=request.session.session_key)
        messages.success(request, _("Your nurse no longer sees what you do here."))
        return redirect("my_data")
    return render(request, "own_record/stop_sharing.html")


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def erase(request: HttpRequest) -> HttpResponse:
    """Explain what erasing means; POST does it. Staff get 404, because only IT ends their accounts."""
    if not isinstance(request.user, User):
        return redirect("my_data")
    if request.user.is_staff:
        raise Http404("Not for staff")
    form = EraseForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        actions.erase(user=request.user, now=timezone.now())
        return leave(request, "erased")
    return render(request, "own_record/erase.html", {"form": form})


def leave(request: HttpRequest, name: str) -> HttpResponse:
    """Sign out, remove the user's data from the device, and redirect to the URL with this name.

    Each of our cookies is deleted by name. Clear-Site-Data "cookies" would also delete those of the hospital's other
    sites.
    """
    logout(request)
    response = redirect(name)
    for cookie in (
        settings.SESSION_COOKIE_NAME,
        settings.CSRF_COOKIE_NAME,
        looks.COOKIE,
        codes.COOKIE,
        email_codes.COOKIE,
        tries.COOKIE,
        "messages",
    ):
        response.delete_cookie(cookie)
    response["Clear-Site-Data"] = '"cache", "storage"'
    return response


@login_not_required
@require_safe
def gone(request: HttpRequest, erased: bool) -> HttpResponse:
    """Confirm that the whole record was erased, or that this device has no more data of the user."""
    return render(request, "own_record/gone.html", {"erased": erased})

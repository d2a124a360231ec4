"""A member of staff's own second step: give it at sign-in, set it up, see and replace it, say again who you are."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from allauth.account.internal.decorators import login_stage_required
from allauth.account.internal.stagekit import clear_login
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from learn import qr
from learn.account.two_step_forms import AgainForm, AppForm, CodeForm, PasskeyForm
from learn.people import again, rate_limits, tries, two_step
from learn.people.models import User
from learn.people.requests import LearnerRequest, StaffRequest
from quizzes.numbers import number

Page = Callable[..., HttpResponse]


def of_staff(view: Page) -> Page:
    """Decorate a page of staff: 404 for everyone else who is signed in."""

    @wraps(view)
    def inner(request: LearnerRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_staff:
            raise Http404("Not for this person")
        return view(request, *args, **kwargs)

    inner.login_url = "account_login"  # type: ignore[attr-defined]  # used by LoginRequiredMiddleware
    return inner


def own(view: Page) -> Page:
    """Decorate a page that changes the second step: of staff who said again who they are.

    Whoever has a second step must have given it in this session. Otherwise a stolen password could replace it.
    """

    @of_staff
    @wraps(view)
    def inner(request: StaffRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        proven = two_step.passed(request) or not two_step.is_set_up(request.user)
        if proven and again.recently(request):
            return view(request, *args, **kwargs)
        return again.first(request, reverse("two_step"))

    return inner


@require_http_methods(["GET", "HEAD", "POST"])
@login_stage_required(stage=two_step.Stage.key, redirect_urlname="account_login")  # type: ignore[untyped-decorator]
def code(request: HttpRequest) -> HttpResponse:
    """Ask for the second step of a sign-in whose password was right."""
    stage = request._login_stage  # type: ignore[attr-defined]  # allauth's decorator sets it
    user, now = cast(User, stage.login.user), timezone.now()
    if not user.is_active:
        clear_login(request)
        return redirect("account_login")
    form = CodeForm(request.POST if request.method == "POST" and "credential" not in request.POST else None)
    if request.method == "POST":
        if seconds := rate_limits.count(two_step.TRIES, str(user.pk), now=now):
            return rate_limits.refuse(request, seconds)
        if _gave(request, user, form):
            rate_limits.forget(two_step.TRIES.name, str(user.pk))
            response: HttpResponse = stage.exit()
            if request.user.is_authenticated:
                two_step.mark(request)
            return response
    return render(request, "admin/two_step_code.html", {"form": form} | _challenge(request, user))


def _gave(request: HttpRequest, user: User, form: CodeForm) -> bool:
    """Return whether this POST has the right code or passkey; if not, the form says so."""
    now = timezone.now()
    if "credential" in request.POST:
        from learn.people import passkeys

        if passkeys.use(user, request.POST["credential"], now=now):
            return True
        messages.error(request, _("That passkey did not fit. Try again, or type a code."))
        return False
    if not form.is_valid():
        return False
    if two_step.use_code(user, form.cleaned_data["code"], now=now):
        return True
    form.add_error("code", CodeForm.WRONG)
    return False


@require_safe
@of_staff
def overview(request: StaffRequest) -> HttpResponse:
    """Show one's own second step: what is set up, and what can be added, replaced or removed."""
    rows = list(Authenticator.objects.filter(user=request.user).order_by("pk"))
    keys = [row for row in rows if row.type in (two_step.TYPES.TOTP, two_step.TYPES.WEBAUTHN)]
    context = {
        "title": "Two-step sign-in",
        "keys": [{"row": row, "name": row.data.get("name", "")} for row in keys],
        "has_app": any(row.type == two_step.TYPES.TOTP for row in keys),
        "left": len(two_step.codes_left(request.user)) if keys else 0,
        "required": settings.STAFF_TWO_STEP == two_step.REQUIRED,
        "ready": two_step.led(request) is None,
        "passkeys": _passkeys_work(request),
    }
    return render(request, "admin/two_step.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@own
def app(request: StaffRequest) -> HttpResponse:
    """Show the secret for an authenticator app, as a QR code and as letters; POST sets it up if its code is right."""
    now = timezone.now()
    form = AppForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        if seconds := rate_limits.count(two_step.TRIES, str(request.user.pk), now=now):
            return rate_limits.refuse(request, seconds)
        if two_step.set_up_app(request, form.cleaned_data["code"], now=now):
            rate_limits.forget(two_step.TRIES.name, str(request.user.pk))
            return redirect("two_step_codes" if two_step.SHOW in request.session else "two_step")
        form.add_error("code", CodeForm.WRONG)
    secret = two_step.pending(request)
    address = two_step.Adapter().build_totp_url(request.user, secret)
    context = {
        "title": "Set up an authenticator app",
        "form": form,
        "address": address,
        "square": qr.on_page(address),
        "letters": " ".join(secret[n : n + 4] for n in range(0, len(secret), 4)),
    }
    return render(request, "admin/two_step_app.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@own
def codes(request: StaffRequest) -> HttpResponse:
    """Show new recovery codes once; POST makes new ones, and the old ones stop working."""
    if request.method == "POST":
        if two_step.is_set_up(request.user):
            two_step.new_codes(request, request.user, now=timezone.now())
        return redirect("two_step_codes")
    shown = two_step.codes_left(request.user) if request.session.pop(two_step.SHOW, False) else []
    context = {"title": "Recovery codes", "codes": [f"{one[:4]} {one[4:]}" for one in shown]}
    return render(request, "admin/two_step_codes.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@own
def passkey(request: StaffRequest) -> HttpResponse:
    """Add a passkey. The browser's own window asks for the finger, the face or the key (passkey.js)."""
    from learn.people import passkeys

    form = PasskeyForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        name, sent = form.cleaned_data["name"], form.cleaned_data["credential"]
        if passkeys.add(request, request.user, name, sent, now=timezone.now()):
            messages.success(request, _("Your passkey is set up."))
            return redirect("two_step_codes" if two_step.SHOW in request.session else "two_step")
        form.add_error(None, _("That passkey did not fit. Try again."))
    context = {
        "title": "Set up a passkey",
        "form": form,
        "works": _passkeys_work(request),
        "challenge": passkeys.to_add(request.user) if request.method != "HEAD" else "",
    }
    return render(request, "admin/two_step_passkey.html", context)


@require_POST
@own
def remove(request: StaffRequest) -> HttpResponse:
    """Remove one's own app or one of one's own passkeys."""
    pk = number(request.POST.get("which", ""))
    if pk and two_step.remove(request.user, pk, now=timezone.now()):
        messages.success(request, _("It is removed."))
    elif pk:
        messages.warning(request, _("This is your only second step. Set up another one first."))
    return redirect("two_step")


@require_http_methods(["GET", "HEAD", "POST"])
@of_staff
def once_more(request: StaffRequest) -> HttpResponse:
    """Ask again who it is: by password, by a code or by a passkey; then lead back to the page in `next`."""
    user, now = request.user, timezone.now()
    has_code = two_step.is_set_up(user)
    by_password = user.has_usable_password() and (two_step.passed(request) or not has_code)
    form = AgainForm(request.POST if request.method == "POST" else None, code=has_code, password=by_password)
    if request.method == "POST":
        typed = by_password and "credential" not in request.POST  # a try at the password, as on the page of sign-in
        seconds = rate_limits.count(two_step.TRIES, str(user.pk), now=now) if has_code else 0
        if seconds := seconds or (tries.wait(request, str(user.username)) if typed else 0):
            return rate_limits.refuse(request, seconds)
        if _said(request, form, code=has_code, password=by_password):
            rate_limits.forget(two_step.TRIES.name, str(user.pk))
            if typed:
                tries.right(request, str(user.username))
            again.said(request)
            messages.success(request, _("Thank you. You can go on with what you were about to do."))
            return redirect(_next(request))
    by_hospital = bool(settings.OIDC_ISSUER) and not user.has_usable_password()
    context = {"title": "Is it you?", "form": form, "next": _next(request), "by_hospital": by_hospital}
    context["can_type"] = has_code or by_password
    return render(request, "admin/again.html", context | (_challenge(request, user) if has_code else {}))


def _said(request: StaffRequest, form: AgainForm, *, code: bool, password: bool) -> bool:
    """Return whether this POST proves who it is; if not, the form says so. A second step counts for the session."""
    user, now = request.user, timezone.now()
    if "credential" in request.POST:
        from learn.people import passkeys

        if code and passkeys.use(user, request.POST["credential"], now=now):
            two_step.mark(request)
            return True
        messages.error(request, _("That passkey did not fit. Try again."))
        return False
    if not form.is_valid():
        return False
    secret = form.cleaned_data["secret"]
    if code and two_step.use_code(user, secret, now=now):
        two_step.mark(request)
        return True
    if password and user.check_password(secret):
        return True
    form.add_error("secret", AgainForm.WRONG)
    return False


def _next(request: HttpRequest) -> str:
    """Return the page to go back to: one of this site, by default the Desk."""
    page = request.GET.get("next", "")
    if not url_has_allowed_host_and_scheme(page, allowed_hosts=None) or "\x00" in page:
        return reverse("admin:index")
    return page


def _passkeys_work(request: HttpRequest) -> bool:
    """Return whether browsers offer passkeys here: by HTTPS, or on this machine by the name localhost."""
    return settings.HTTPS or request.get_host().partition(":")[0] == "localhost"


def _challenge(request: HttpRequest, user: User) -> dict[str, Any]:
    """Return the challenge for a page that takes one of this person's passkeys; nothing if they have none."""
    if request.method == "HEAD" or not _passkeys_work(request):
        return {}
    if not Authenticator.objects.filter(user=user, type=two_step.TYPES.WEBAUTHN).exists():
        return {}
    from learn.people import passkeys

    return {"challenge": passkeys.to_use(user)}

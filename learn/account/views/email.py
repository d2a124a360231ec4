"""Views for codes by email: a code links an address to a record, or signs in the owner of the address."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from learn.account import guests
from learn.account.forms import EmailedCodeForm, KeepCodeForm
from learn.people import actions as people
from learn.people import audit, email_codes, mail, rate_limits, tries
from learn.people.forms import AddressForm
from learn.people.models import Session, User


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest, keep: bool) -> HttpResponse:
    """Ask for an address and send an email to it. The response is the same whether or not the address is known."""
    user = _keeper(request, keep)
    if keep and user is None:
        return redirect("keep")
    form = AddressForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        address, now = form.cleaned_data["address"], timezone.now()
        if seconds := email_codes.wait(request, address, known=tries.known_device(request, _mailbox(address)), now=now):
            return rate_limits.refuse(request, seconds)
        try:
            token = email_codes.send(address=address, keeper=user)
        except mail.NotSent:
            form.add_error("address", _("The email could not be sent. Nothing has changed. Try again later"))
        else:
            return email_codes.remember(_see("email_keep_code" if keep else "email_in_code", _back(request)), token)
    asked = email_codes.waiting(request)
    waits = asked is not None and asked.keeper == (user.pk if user else 0)
    context = {"form": form, "keep": keep, "next": _back(request), "waits": waits}
    return render(request, "own_record/email.html", context)


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest, keep: bool) -> HttpResponse:
    """Ask for the code. It works once, and only in the browser that requested it.

    An unknown address gets the same messages as a wrong code.
    """
    user = _keeper(request, keep)
    asked, form_of = email_codes.waiting(request), KeepCodeForm if keep else EmailedCodeForm
    if asked is None or asked.keeper != (user.pk if user else 0) or (keep and user is None):
        messages.info(request, _("There is no code that waits for you here. You can ask for a new one."))
        return _see("email_keep" if keep else "email_in", _back(request))
    form = form_of(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        now = timezone.now()
        if email_codes.is_over(asked, now=now):
            form.add_error("code", _("That was tried five times, so this code has ended. Ask for a new one"))
        elif not email_codes.use(asked, form.cleaned_data["code"], now=now):
            form.add_error("code", _("That is not the code. Type the 8 digits from the newest email"))
        else:
            shared = bool(form.cleaned_data.get("shared"))
            response = _set_address(request, user, asked) if user else _let_in(request, asked, shared)
            response.delete_cookie(email_codes.COOKIE)
            if not shared:
                tries.know(request, response, _mailbox(asked.address))
            return response
    context = {"form": form, "keep": keep, "next": _back(request), "address": asked.address}
    return render(request, "own_record/email_code.html", context)


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: HttpRequest) -> HttpResponse:
    """Remove the address, if the user has another way to open their record.

    A GET, which a browser sends after a new sign-in, redirects to `keep`.
    """
    user = request.user
    if isinstance(user, User) and user.is_staff:
        raise Http404("Not for staff")
    if request.method != "POST" or not isinstance(user, User):
        return redirect("keep")
    if email_codes.remove(user=user, now=timezone.now()):
        messages.success(request, _("We have forgotten your email address."))
    else:
        messages.error(request, _("Nothing else opens your progress. Ask for a code first, then remove the address."))
    return redirect("keep")


def _keeper(request: HttpRequest, keep: bool) -> User | None:
    """Return the user who adds an address, or None for a sign-in.

    Raises Http404 without a mail server, and for staff, who cannot sign in by email.
    """
    if not mail.works():
        raise Http404("No mail server")
    if not keep or not isinstance(request.user, User):
        return None
    if request.user.is_staff:
        raise Http404("Not for staff")
    return request.user


def _set_address(request: HttpRequest, user: User, asked: email_codes.Waiting) -> HttpResponse:
    if email_codes.set_address(user=user, address=asked.address):
        messages.success(request, _("Your progress is kept under your email address."))
        return redirect("my")
    messages.error(request, _("Another record is kept under that address. To open that one, sign in with it."))
    return redirect("keep")


def _let_in(request: HttpRequest, asked: email_codes.Waiting, shared: bool) -> HttpResponse:
    """Sign in, and redirect to the question about merging a guest's record, or to the requested page."""
    user, back = email_codes.owner(asked.address), _back(request)
    if user is None:  # the address was removed after the code was sent
        return _see("email_in", back)
    people.sign_in(request, user, by=Session.Key.EMAIL, shared=shared)
    audit.note_own(user=user, what="signed.in.email", now=timezone.now())
    if guests.has_record(request.session.get("guest", 0)):
        return redirect("bring")
    if back and url_has_allowed_host_and_scheme(back, allowed_hosts=None) and "\x00" not in back:
        return HttpResponseRedirect(back)
    return redirect("my")


def _mailbox(address: str) -> str:
    """Return what a device is known for (`tries`). No sign-in name is like it."""
    return f"\0{address}"


def _back(request: HttpRequest) -> str:
    """Return the page that the user requested before they had to sign in."""
    return request.GET.get("next", "")


def _see(name: str, back: str) -> HttpResponse:
    """Redirect to the URL with this name, with the requested page as `next`."""
    return redirect(reverse(name) + (f"?{urlencode({'next': back})}" if back else ""))

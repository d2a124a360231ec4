"""The authentication backend, which also checks permissions, and allauth's adapter with our messages."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.core.exceptions import ImmediateHttpResponse
from django.contrib import messages
from django.contrib.auth.backends import ModelBackend
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from learn.people import audit, passwords, rate_limits, roles, sessions, tries
from learn.people.models import User
from learn.people.sessions import Key

# What no patient's page shows of a team (as in who.LATER).
NOT_NEEDED = [f"patient__care_team__{name}" for name in ("called", "called_by", "closed")]
STAGE = "learn.people.two_step.Stage"
TAKEN = _("Someone else has that name already. Choose another.")


class RoleBackend(ModelBackend):
    """Signs users in by username and password. `has_perm` uses `roles.MAY`, not the permission tables."""

    def get_user(self, user_id: Any) -> User | None:
        """Return the user, with patient and care team loaded: every page shows the team's phone numbers."""
        user = sessions.read_with_session(user_id)
        if user is None:
            people = User.objects.select_related("patient__care_team").defer(*NOT_NEEDED)
            user = people.filter(pk=user_id).first()
        return user if user and self.user_can_authenticate(user) else None

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """Return the permissions of this user's roles. The database is read once per request."""
        if not user_obj.is_active or user_obj.is_anonymous or obj is not None:
            return set()
        if not hasattr(user_obj, "_role_rights"):
            user_obj._role_rights = roles.rights(set(user_obj.groups.values_list("name", flat=True)))
        return set(user_obj._role_rights)


class Adapter(DefaultAccountAdapter):
    """allauth's adapter with our rules for sign-up and our messages."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "username_taken": TAKEN,
        "username_password_mismatch": _("That name and password do not go together. Check both and try again."),
    }

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the address by which everything else is counted too; allauth reads its own setting and no ports."""
        return rate_limits.address(request)

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count the try with our own exact limit, not allauth's. Raises ImmediateHttpResponse with the 429 page."""
        if seconds := tries.wait(request, credentials.get("username", "")):
            raise ImmediateHttpResponse(rate_limits.refuse(request, seconds))

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        """Return the user whose name and password these are, or None. A right password is not counted as a try."""
        user = super().authenticate(request, **credentials)
        if user is not None:
            tries.right(request, credentials.get("username", ""))
        return user

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Note in the audit log that a wrong password was typed, without the name if nobody has it."""
        user = tries.owner(credentials.get("username", ""))
        audit.note_own(user=user, what="sign-in.failed", now=timezone.now())

    def login(self, request: HttpRequest, user: Any) -> None:
        """Sign in. The twelve hours of a staff session start again, even if a user was signed in before.

        A one-time password opens only the page for an own one (`passwords.first`).
        """
        one_time = user.is_staff and passwords.typed(request, user)  # both before `super`, which empties the session
        by_hospital = any(way.get("method") == "socialaccount" for way in get_authentication_records(request, user))
        super().login(request, user)
        request.session.pop("since", None)
        if one_time:
            request.session[passwords.FIRST] = True
        sessions.opened(request, Key.HOSPITAL if by_hospital else Key.PASSWORD)

    def get_login_stages(self) -> list[str]:
        """Return allauth's stages, with our own for the second step."""
        stages: list[str] = super().get_login_stages()
        return [STAGE if stage.startswith("allauth.mfa.") else stage for stage in stages]

    def post_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse:
        """Return the redirect after a sign-in. The device is known from now on, unless a patient shares it."""
        response = super().post_login(request, user, **kwargs)
        if not kwargs["signup"]:
            by_hospital = request.session["opened"][0] == Key.HOSPITAL
            audit.note_own(user=user, what="signed.in.hospital" if by_hospital else "signed.in", now=timezone.now())
        if user.is_staff or "shared" not in request.POST:
            tries.know(request, response, str(user.username))
        return response

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Return the Desk for staff, and allauth's default for other users."""
        return resolve_url("admin:index") if request.user.is_staff else str(super().get_login_redirect_url(request))

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Return True for users without a name: visitors, guests, patients with a code. Redirect others to `keep`.

        Each form that is sent is counted. Raises ImmediateHttpResponse with the 429 page if there were too many.
        """
        if request.user.is_authenticated and request.user.username is not None:
            self._led_on()
        if request.method == "POST":
            where, now = rate_limits.address(request), timezone.now()
            if seconds := rate_limits.count(tries.SIGN_UPS, where, now=now):
                raise ImmediateHttpResponse(rate_limits.refuse(request, seconds))
        return True

    def new_user(self, request: HttpRequest) -> User:
        """Return the user who gets the name. For a guest it is their own row, so that their record need not move."""
        return request.user if isinstance(request.user, User) else User()

    def save_user(self, request: HttpRequest, user: Any, form: Any, commit: bool = True) -> Any:
        """Set the name and the password, and save. If two requests use one name or one user, the second is redirected.

        A double click creates only one account, also for a visitor, who has no row yet.
        """
        name = form.cleaned_data["username"]
        try:
            with transaction.atomic():
                row = User.objects.lock(user.pk) if user.pk else None
                if user.pk and row is None:  # the user has just been erased; do not create the row again
                    raise ImmediateHttpResponse(sessions.sign_out_gone(request))
                first = row if row and row.username is not None else None
                if first is None:
                    rate_limits.one_at_a_time("sign-in name", name)
                    first = User.objects.filter(username=name).first()
                if first is None:
                    saved: Any = super().save_user(request, user, form, commit=False)
                    saved.email = row.email if row else ""  # allauth clears it, because this form has no email field
                    saved.save()
                    audit.note_own(user=saved, what="key.name", now=timezone.now())
                    if row:
                        sessions.end_all(row.pk, but=request.session.session_key)  # as for any new password
                    return saved
        except IntegrityError:  # IT has just created a user with this name
            return self._taken(request)
        if form.is_double(first):  # after the transaction, which would undo the count of this try at a password
            return first
        return self._led_on() if first == row else self._taken(request)

    def _taken(self, request: HttpRequest) -> None:
        messages.error(request, TAKEN)
        raise ImmediateHttpResponse(HttpResponseRedirect(reverse("account_signup")))

    def _led_on(self) -> None:
        raise ImmediateHttpResponse(HttpResponseRedirect(reverse("keep")))

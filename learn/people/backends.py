"""Who may come in and what they may do: the authentication backend, and allauth's adapter with our words."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from django.contrib import messages
from django.contrib.auth.backends import ModelBackend
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from learn.people import rate_limits, roles, sessions
from learn.people.models import User

TAKEN = _("Someone else has that name already. Choose another.")


class RoleBackend(ModelBackend):
    """Sign in by username and password; `has_perm` is answered from `roles.MAY`, not from permission rows."""

    def get_user(self, user_id: Any) -> User | None:
        """Return the user with patient and care team joined: the phones on every page cost no further query."""
        user = sessions.read_with_session(user_id)
        if user is None:
            user = User.objects.select_related("patient__care_team").filter(pk=user_id).first()
        return user if user and self.user_can_authenticate(user) else None

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """Return the rights of this person's roles, asked of the database once a request."""
        if not user_obj.is_active or user_obj.is_anonymous or obj is not None:
            return set()
        if not hasattr(user_obj, "_role_rights"):
            user_obj._role_rights = roles.rights(set(user_obj.groups.values_list("name", flat=True)))
        return set(user_obj._role_rights)


class Adapter(DefaultAccountAdapter):
    """allauth, told who may sign up, and how we speak."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "username_taken": TAKEN,
        "username_password_mismatch": _("That name and password do not go together. Check both and try again."),
        "too_many_login_attempts": _("There were too many tries. Wait five minutes, then try again."),
    }

    def login(self, request: HttpRequest, user: Any) -> None:
        """Sign in; the twelve hours of staff begin now, also for whoever was signed in before."""
        super().login(request, user)
        request.session.pop("since", None)

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Lead staff to the Desk, where no page was asked for."""
        return resolve_url("admin:index") if request.user.is_staff else str(super().get_login_redirect_url(request))

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Whoever has no name yet: a guest, a patient with a code, a visitor. Others are led to what they have."""
        if request.user.is_authenticated and request.user.username is not None:
            self._led_on()
        return True

    def new_user(self, request: HttpRequest) -> User:
        """Return the row that takes the name: a guest's own, so that nothing they did has to move."""
        return request.user if isinstance(request.user, User) else User()

    def save_user(self, request: HttpRequest, user: Any, form: Any, commit: bool = True) -> Any:
        """Give the row its name and password; in the race for a name, or on one row, the second is told.

        Who presses twice at once, without a row yet, has one account, as they have when the second press comes later.
        """
        name = form.cleaned_data["username"]
        try:
            with transaction.atomic():
                row = User.objects.lock(user.pk) if user.pk else None
                if user.pk and row is None:  # erased in this very moment: the row must not come back
                    raise ImmediateHttpResponse(sessions.sign_out_gone(request))
                if row and row.username is not None:
                    return row if form.is_double(row) else self._led_on()
                rate_limits.one_at_a_time("sign-in name", name)
                if first := User.objects.filter(username=name).first():
                    return first if form.is_double(first) else self._taken(request)
                saved: Any = super().save_user(request, user, form, commit=False)
                saved.email = row.email if row else ""  # allauth empties it: this form asks for none
                saved.save()
                return saved
        except IntegrityError:  # IT made a user of this name in this very moment
            return self._taken(request)

    def _taken(self, request: HttpRequest) -> None:
        messages.error(request, TAKEN)
        raise ImmediateHttpResponse(HttpResponseRedirect(reverse("account_signup")))

    def _led_on(self) -> None:
        raise ImmediateHttpResponse(HttpResponseRedirect(reverse("keep")))

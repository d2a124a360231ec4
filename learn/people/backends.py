"""Who may come in and what they may do: the authentication backend, and allauth's adapter with our words."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest
from django.shortcuts import resolve_url

from learn.people import roles
from learn.people.models import User


class RoleBackend(ModelBackend):
    """Sign in by username and password; `has_perm` is answered from `roles.MAY`, not from permission rows."""

    def get_user(self, user_id: Any) -> User | None:
        """Return the user with patient and care team joined: the phones on every page cost no further query."""
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
    """allauth, told that nobody signs up here yet, and how we speak."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "username_password_mismatch": "That name and password do not go together. Check both and try again.",
        "too_many_login_attempts": "There were too many tries. Wait five minutes, then try again.",
    }

    def login(self, request: HttpRequest, user: Any) -> None:
        """Sign in; the twelve hours of staff begin now, also for whoever was signed in before."""
        super().login(request, user)
        request.session.pop("since", None)

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Lead staff to the Desk, where no page was asked for."""
        return resolve_url("admin:index") if request.user.is_staff else str(super().get_login_redirect_url(request))

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody: nurses invite patients, and guests need no account."""
        return False

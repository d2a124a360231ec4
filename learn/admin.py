"""The Desk: the admin site for staff. Its home page is "My patients".

Django's admin answers 403 if a permission is missing, and shows a sign-in page to a user who is not staff. The Desk
answers 404 in both cases, so that such a user does not learn what exists.
"""

from __future__ import annotations

from functools import update_wrapper
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, resolve_url
from django.urls import path
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from learn.desk import admin as desk
from learn.looks import INITIALS, YEAR, initials_only
from learn.people import names, two_step
from quizzes import learners


def initials(request: HttpRequest) -> HttpResponse:
    """Switch between full names and initials on this device, and redirect to the page where the nurse was."""
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts=None) or "\x00" in back:
        back = resolve_url("admin:index")
    response = HttpResponseRedirect(back)
    if initials_only(request):
        response.delete_cookie(INITIALS, samesite="Lax")
    else:
        response.set_cookie(INITIALS, "1", max_age=YEAR, secure=settings.HTTPS, httponly=True, samesite="Lax")
    return response


class Desk(admin.AdminSite):
    """The admin site for staff."""

    site_header = site_title = "Staff: Learn about immunotherapy"
    index_title = "My patients"
    enable_nav_sidebar = False
    final_catch_all_view = False

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Register screens of the quizzes app only. Nobody needs those of other packages (groups, email addresses)."""
        if admin_class is not None and admin_class.__module__.split(".")[0] == "quizzes":
            super().register(model_or_iterable, admin_class, **options)

    def get_urls(self) -> list[Any]:
        """Return the home page, the staff's screens and the pages of the quizzes app, but none of Django's pages."""
        urls: list[Any] = [
            path("", self.admin_view(require_safe(self.index)), name="index"),
            path("login/", self.login, name="login"),
            path("initials/", self.admin_view(require_POST(initials)), name="initials"),
            path("digest/", self.admin_view(desk.DIGEST), name="digest"),
            path("digest/on/<str:token>/", self.admin_view(desk.DIGEST_ON), name="digest_on"),
            path("password/", self.admin_view(desk.PASSWORD), name="password"),
        ]
        shown = {
            "people/patient": desk.PATIENTS,
            "people/careteam": desk.CARE_TEAMS,
            "people/user": desk.STAFF,
            "people/auditevent": desk.AUDIT,
            "lessons/lesson": desk.LESSONS,
            "lessons/text": desk.TEXTS,
        }
        for about, screens in shown.items():
            urls += [
                path(f"{about}/{route}", self.admin_view(view), name=f"{about.replace('/', '_')}_{name}")
                for route, view, name in screens
            ]
        for model, model_admin in self._registry.items():
            urls += [
                path(f"{model._meta.app_label}/{model._meta.model_name}/{url.pattern}", url.callback, name=url.name)
                for url in model_admin.urls
            ]
        return urls

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Wrap a view: visitors and guests are sent to sign in; other users without the permission get 404."""
        guarded = super().admin_view(view, cacheable)

        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            if not self.has_permission(request):
                if request.user.is_authenticated and not request.user.is_guest:
                    raise Http404("Not for this person")
                return redirect_to_login(request.get_full_path(), resolve_url("account_login"))
            if led := two_step.led(request):
                return led
            try:
                with names.as_initials(initials_only(request)):
                    return guarded(request, *args, **kwargs)
            except learners.Gone:
                messages.info(request, _("This patient has left or erased their record. Nothing was changed."))
                return redirect("admin:index")
            except PermissionDenied as error:
                raise Http404("Not for this role") from error

        wrapped: Any = update_wrapper(inner, guarded)
        wrapped.login_url = "account_login"  # used by LoginRequiredMiddleware
        return wrapped

    @method_decorator(login_not_required)
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Redirect to the site's sign-in page. The Desk has none of its own."""
        query = urlencode({"next": request.GET.get("next", resolve_url("admin:index"))})
        return HttpResponseRedirect(f"{resolve_url('account_login')}?{query}")

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Show the patients who need attention; reviewers, educators and IT are redirected to their own first page."""
        if not request.user.has_perm("people.view_patient"):
            if request.user.has_perm("lessons.add_clinicalreview"):
                return redirect("admin:lessons_lesson_review")
            if request.user.has_perm("quizzes.view_question"):
                return redirect("admin:quizzes_question_changelist")
            if request.user.has_perm("people.view_user"):
                return redirect("admin:people_user_changelist")
        return desk.HOME(request)

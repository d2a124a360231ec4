"""Sign in with the hospital's own account. The work is in learn/people/sso.py, which is loaded when it is used."""

from __future__ import annotations

from allauth.core.exceptions import ImmediateHttpResponse
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_safe

from learn.people import rate_limits, two_step
from learn.people.rate_limits import Limit
from learn.people.requests import SiteRequest

ADDRESS = Limit("single sign-on by address", 300, 600)  # high, because a whole hospital may share one


@login_not_required
@require_safe
def begin(request: HttpRequest) -> HttpResponse:
    """Lead to the hospital's sign-in. It is a link and no form: the policy lets forms lead to this site only."""
    if refused := _refused(request):
        return refused
    from learn.people import sso

    back = request.GET.get("next", "")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts=None) or "\x00" in back:
        back = ""
    try:
        return sso.begin(request, back=back, once_more="again" in request.GET)
    except ImmediateHttpResponse as response:
        return response.response


@login_not_required
@require_safe
def come_back(request: SiteRequest) -> HttpResponse:
    """Sign in whom the hospital's sign-in sends back here."""
    if refused := _refused(request):
        return refused
    from learn.people import sso

    try:
        response = sso.finish(request)
    except ImmediateHttpResponse as other:
        return other.response
    if request.user.is_authenticated and two_step.by_hospital(request, request.user):
        two_step.mark(request)
    return response


def _refused(request: HttpRequest) -> HttpResponse | None:
    """Return the answer to too many tries from one address; else None. Raises 404 where IT set no issuer."""
    if not settings.OIDC_ISSUER:
        raise Http404("No single sign-on here")
    seconds = rate_limits.count(ADDRESS, rate_limits.address(request), now=timezone.now())
    return rate_limits.refuse(request, seconds) if seconds else None

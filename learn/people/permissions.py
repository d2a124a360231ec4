"""What somebody may do, asked before a view runs; and the one way to another person's record: 404, or an audit row.

Whoever opens a patient's page comes through `patient`, which notes the look (`audit`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse

from learn.people import audit
from learn.people.models import Patient, User

View = Callable[..., HttpResponse]


def needs(*rights: str) -> Callable[[View], View]:
    """Wrap a view: whoever lacks one of these rights ("app.verb_model") is told 404 by the Desk, and learns nothing."""

    def wrap(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.has_perms(rights):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded

    return wrap


def patient(by: User, pk: int, *, now: datetime, what: str = "patient.seen", also: Collection[str] = ()) -> Patient:
    """Return a patient of this person's teams, care team joined, and note that they were seen.

    Ended patients too: their record stays for its retention time. `also` names what else to join, of floors above.
    Raises Http404 for anyone else's.
    """
    found = Patient.objects.visible_to(by).select_related("care_team", "user", *also).filter(pk=pk).first()
    if found is None:
        raise Http404("No such patient of yours")
    audit.note(by=by, what=what, now=now, patient=found)
    return found

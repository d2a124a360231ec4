"""The one way to another person's record: 404, or an audit row.

Whoever opens a patient's page comes through `patient`, which notes the look (`audit`).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.http import Http404

from learn.people import audit
from learn.people.models import Patient, User


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

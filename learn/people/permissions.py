"""The only access to another person's record: it raises 404 or writes an audit row.

Every page about a patient calls `patient`, which writes to the audit log (`audit`).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.http import Http404

from learn.people import audit
from learn.people.models import Patient, User


def patient(by: User, pk: int, *, now: datetime, what: str = "patient.seen", also: Collection[str] = ()) -> Patient:
    """Return a patient of this user's teams, with the care team, and write an audit row with the action `what`.

    It also returns patients with a closed record, because records are kept for their retention time. `also` names
    further relations to join (select_related), from apps that this module must not import. Raises Http404 for patients
    of other teams.
    """
    found = Patient.objects.visible_to(by).select_related("care_team", "user", *also).filter(pk=pk).first()
    if found is None:
        raise Http404("No such patient of yours")
    audit.note(by=by, what=what, now=now, patient=found)
    return found

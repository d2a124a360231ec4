"""The audit log: a row for each view of a patient's record and each change to it. Rows are never changed or deleted.

Use `note_list` for a list or an export, `note_own` for what people do to their own account. Use `note` for an action on
one patient, in the function that performs it and in the same transaction. The rows contain only opaque ids, no names
and no answers. `chain.py` seals them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import datetime

from django.db.models import Max
from django.utils.translation import gettext_lazy

from learn.people import chain
from learn.people.models import AuditEvent, CareTeam, Patient, User

# Acts on staff and on the settings of a team. They are about no patient, so that pages may name who did them.
OF_STAFF = ("member.", "lead.", "team.", "staff.", "password.")

# All logged actions, with their texts for the page that a lead reads.
WORDS = {
    "list.seen": gettext_lazy("saw the list of patients"),
    "list.exported": gettext_lazy("took the list of patients as a file"),
    "patient.seen": gettext_lazy("saw a patient's page"),
    "assigned": gettext_lazy("assigned lessons or changed their day"),
    "assigned.undone": gettext_lazy("took an assignment back at once"),
    "reminded": gettext_lazy("sent a reminder by email"),
    "withdrawn": gettext_lazy("withdrew an assignment"),
    "member.added": gettext_lazy("added a member to the team"),
    "member.removed": gettext_lazy("removed a member from the team"),
    "lead.made": gettext_lazy("made a member a lead"),
    "lead.unmade": gettext_lazy("made a lead a member"),
    "patient.left": gettext_lazy("moved a patient to another team"),
    "patient.came": gettext_lazy("moved a patient here from another team"),
    "team.made": gettext_lazy("made the care team"),
    "team.renamed": gettext_lazy("changed the team's name"),
    "team.numbers": gettext_lazy("changed the team's phone numbers"),
    "team.fever": gettext_lazy("changed the team's fever number"),
    "team.zone": gettext_lazy("changed the team's time zone"),
    "team.called": gettext_lazy("called both numbers of the team"),
    "team.closed": gettext_lazy("closed the care team"),
    "team.opened": gettext_lazy("opened the care team again"),
    "staff.added": gettext_lazy("added a person"),
    "staff.role": gettext_lazy("changed a person's role or teams"),
    "staff.disabled": gettext_lazy("disabled a person's sign-in"),
    "staff.enabled": gettext_lazy("enabled a person's sign-in again"),
    "staff.password": gettext_lazy("made a one-time password"),
    "password.changed": gettext_lazy("chose a new password"),
    "audit.seen": gettext_lazy("looked at this page"),
    "contacted": gettext_lazy("noted that they spoke with a patient"),
    "taught.back": gettext_lazy("recorded a teach-back"),
    "taught.in.person": gettext_lazy("recorded that a lesson was taught in person"),
    "taught.in.person.not": gettext_lazy("took back that a lesson was taught in person"),
    "chart.seen": gettext_lazy("made the note for the chart"),
    "chart.exported": gettext_lazy("took the note for the chart as a file"),
    "printed": gettext_lazy("printed lessons or missed questions for a patient"),
    "research.exported": gettext_lazy("took the nameless file for research"),
    "invited": gettext_lazy("invited a patient"),
    "renamed": gettext_lazy("changed a patient's label"),
    "treatment.changed": gettext_lazy("changed a patient's treatment"),
    "ended": gettext_lazy("closed a patient's record"),
    "taken.back": gettext_lazy("opened a patient's record again"),
    "cards.seen": gettext_lazy("saw new cards"),
    "card.made": gettext_lazy("made a card"),
    "card.cancelled": gettext_lazy("cancelled a card"),
    "merged": gettext_lazy("merged two records of one patient"),
    "merged.undone": gettext_lazy("undid a merge of two records"),
    "card.lost": gettext_lazy("ended all keys after a card was lost"),
    "card.used": gettext_lazy("signed in with a card or a code"),
    "signed.in": gettext_lazy("signed in with a name and password"),
    "signed.in.hospital": gettext_lazy("signed in with their hospital account"),
    "signed.in.email": gettext_lazy("signed in with a code by email"),
    "sign-in.failed": gettext_lazy("a wrong password was typed for this name"),
    "signed.out.there": gettext_lazy("signed out on another device"),
    "key.name": gettext_lazy("set a sign-in name and a password"),
    "key.email": gettext_lazy("gave an email address that opens the record"),
    "key.email.removed": gettext_lazy("removed the email address"),
    "audit.exported": gettext_lazy("took this list as a file"),
    "questions.in": gettext_lazy("took questions in from a file"),
    "questions.out": gettext_lazy("gave questions out as a file"),
    "text.published": gettext_lazy("published a changed text of the site"),
    "text.retired": gettext_lazy("took out a text that the hospital had added"),
    "question.talked": gettext_lazy("talked about a patient's question"),
    "question.untalked": gettext_lazy("took back that a question was talked about"),
    "two_step.set": gettext_lazy("set up two-step sign-in"),
    "two_step.codes": gettext_lazy("made new recovery codes"),
    "two_step.removed": gettext_lazy("removed a phone or a passkey from two-step sign-in"),
    "two_step.asked": gettext_lazy("asked for a colleague’s two-step sign-in to be reset"),
    "two_step.reset": gettext_lazy("reset a colleague’s two-step sign-in, as the first of two people"),
    "two_step.confirmed": gettext_lazy("reset a colleague’s two-step sign-in, as the second of two people"),
    "two_step.gone": gettext_lazy("had their two-step sign-in reset"),
    "sso.linked": gettext_lazy("signed in with their hospital account for the first time"),
    "sharing.stopped": gettext_lazy("stopped sharing with their nurse"),
    "erased": gettext_lazy("erased what was kept about them"),
    "erased.again": gettext_lazy("was erased again after a backup was restored"),
}


LISTS = ("list.seen", "list.exported", "cards.seen")  # what `note_list` may log


def note(
    *,
    by: User,
    what: str,
    now: datetime,
    patient: Patient | None = None,
    team: CareTeam | None = None,
    person: User | None = None,
) -> None:
    """Log one action (`what`, a key of WORDS) on a patient, a team or a member of staff (`person`).

    For a patient, their team is logged too.
    """
    _ = WORDS[what]
    event = AuditEvent(
        at=now,
        who=by.pk,
        what=what,
        patient=patient.pk if patient else None,
        team=patient.care_team_id if patient else team.pk if team else None,
        person=person.pk if person else None,
    )
    chain.add([event])


def note_own(*, user: User | None, what: str, now: datetime, in_team: bool = False) -> None:
    """Log what a user did to their own account. A patient sees it in My data, and their team only with `in_team`.

    For a wrong password, `user` is the person whose name was typed, or None: a name that nobody has is not logged.
    """
    _ = WORDS[what]
    patient: Patient | None = getattr(user, "patient", None)
    event = AuditEvent(at=now, who=user.pk if user else 0, what=what)
    if patient:
        event.patient, event.team = patient.pk, patient.care_team_id if in_team else None
    chain.add([event])


def last(*, who: int, what: str) -> datetime | None:
    """Return when this user did this for the last time, or None if the log does not know."""
    at: datetime | None = AuditEvent.objects.filter(who=who, what=what).aggregate(last=Max("at"))["last"]
    return at


def note_each(*, by: User, what: str, patients: Collection[Patient], now: datetime) -> None:
    """Log one action on many patients: one row for each, so that the history of each patient shows it."""
    _ = WORDS[what]
    chain.add(_each(by, what, patients, now))


def note_list(*, by: User, what: str, patients: Collection[Patient], now: datetime) -> None:
    """Log that a list or an export with these patients was seen (one of LISTS). None if it was empty.

    There is one row for each team, with its number of patients, and one row for each patient, inserted together.
    """
    _ = LISTS.index(what)
    counts = Counter(patient.care_team_id for patient in patients)
    totals = [
        AuditEvent(at=now, who=by.pk, what=what, team=team, count=count) for team, count in sorted(counts.items())
    ]
    if totals:
        chain.add(totals + _each(by, what, patients, now))


def _each(by: User, what: str, patients: Collection[Patient], now: datetime) -> list[AuditEvent]:
    return [
        AuditEvent(at=now, who=by.pk, what=what, patient=patient.pk, team=patient.care_team_id) for patient in patients
    ]

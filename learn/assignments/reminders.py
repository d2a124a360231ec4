"""Reminders by email: asked for by the patient, confirmed by a link, gentle, and stopped by one press.

A mail names no therapy, no medicine and no lesson. Its links begin with PUBLIC_URL, whatever host was asked, and are
signed: whoever holds one may confirm, pause or stop that one address, and nothing else.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.db.models import F
from django.urls import reverse

from learn.assignments.models import Reminder
from learn.people import audit, mail
from learn.people.models import Patient, User
from quizzes import learners

BEFORE, AFTER = 2, 14  # days around the due day on which a lesson that is not done is worth a mail
PAUSE = 7  # days of "not this week"
CONFIRM_WITHIN = timedelta(days=7)
MOST = 5  # mails a day that ask one patient to confirm an address: it may be a stranger's
ON, STOP = "reminders.on", "reminders.stop"  # what a link is signed for


class TooMany(Exception):
    """Enough mails were sent today to ask for a confirmation."""


def worth_a_mail(due: date, today: date) -> bool:
    """Return whether a lesson that is not done, due on this day, is a reason to write today."""
    return due - timedelta(days=BEFORE) <= today <= due + timedelta(days=AFTER)


def stop_address(reminder: Reminder) -> str:
    """Return the path of the page on which this person stops or pauses; it works without signing in, for ever."""
    return reverse("reminders_stop", args=[signing.dumps(reminder.pk, salt=STOP)])


def behind(token: str, salt: str) -> tuple[Reminder, str] | None:
    """Return whom a link is for, and the address it confirms (none to stop); None for a bad or old link."""
    try:
        found = signing.loads(token, salt=salt, max_age=CONFIRM_WITHIN if salt == ON else None)
    except signing.BadSignature:
        return None
    pk, address = found if salt == ON else (found, "")
    reminder = Reminder.objects.select_related("patient__care_team", "patient__user").filter(pk=pk).first()
    return (reminder, address) if reminder else None


def ask(*, patient: Patient, address: str, now: datetime) -> Reminder:
    """Send a mail that asks to confirm this address. What was confirmed before holds until then.

    Raises TooMany, or mail.NotSent; then nothing has changed but the count. Raises `learners.Gone`.
    """
    today = patient.care_team.today(now)
    mine = Reminder.objects.filter(patient=patient)
    with learners.locked(patient.user_id):  # not while the mail is sent: after an erasure the last update finds no row
        reminder, _new = Reminder.objects.get_or_create(patient=patient)
        mine.exclude(asked_on=today).update(asked_on=today, asked=0)
        mine.filter(asked_on=None).update(asked_on=today, asked=0)
        if not mine.filter(asked_on=today, asked__lt=MOST).update(asked=F("asked") + 1):
            raise TooMany
    link = reverse("reminders_on", args=[signing.dumps((reminder.pk, address), salt=ON)])
    mail.send("mail/reminders_confirm.txt", address, {"on": settings.PUBLIC_URL + link})
    mine.update(pending=address)
    return reminder


def confirm(*, reminder: Reminder, address: str, now: datetime) -> bool:
    """Send reminders to this address from now on; False when another was asked for since. Twice is once."""
    mine = Reminder.objects.filter(pk=reminder.pk)
    if (
        mine.filter(pending=address)
        .exclude(pending="")
        .update(address=address, pending="", confirmed=now, paused_until=None)
    ):
        return True
    return mine.filter(address=address).exclude(address="").exists()


def stop(*, reminder: Reminder) -> None:
    """Send no more, and forget the address. Twice is once."""
    Reminder.objects.filter(pk=reminder.pk).update(address="", pending="", confirmed=None, paused_until=None)


def pause(*, reminder: Reminder, now: datetime) -> date:
    """Send none for a week; return the first day on which one may come again."""
    until = reminder.patient.care_team.today(now) + timedelta(days=PAUSE)
    Reminder.objects.filter(pk=reminder.pk).update(paused_until=until)
    return until


def send(*, reminder: Reminder, now: datetime, by: User | None = None) -> bool:
    """Send one reminder, if this person wants one today: at most one try a day, and one mail in Reminder.GAP days.

    The day is claimed in one statement before anything is sent, so that two at once send one. False when there is
    nothing to send or it was claimed already. Raises mail.NotSent: the claim stands, and the next day tries again.
    """
    today = reminder.patient.care_team.today(now)
    mine = Reminder.objects.filter(pk=reminder.pk)
    with transaction.atomic():
        # Asked anew: a run that began minutes ago may hold somebody whose care has ended since.
        goes_on = Patient.objects.current().filter(pk=reminder.patient_id, user__is_active=True).exists()
        if not (goes_on and mine.wanting(today).filter(address=reminder.address).update(tried=today)):
            return False
        if by is not None:
            audit.note(by=by, what="reminded", patient=reminder.patient, now=now)
    page, stop = settings.PUBLIC_URL + reverse("my"), settings.PUBLIC_URL + stop_address(reminder)
    mail.send(
        "mail/reminder.txt", reminder.address, {"page": page, "stop": stop}, headers={"List-Unsubscribe": f"<{stop}>"}
    )
    mine.update(sent=today)
    return True

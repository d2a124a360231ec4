"""Reminders by email. The patient asks for them, confirms the address through a link, and can stop them at any time.

An email names no therapy, no medicine and no lesson. Its links begin with PUBLIC_URL, never with the request's host.
They are signed: a link lets its holder confirm, pause or stop one address, and nothing else.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils import translation
from django.utils.crypto import constant_time_compare, salted_hmac

from learn import languages
from learn.assignments.models import Reminder
from learn.people import audit, keys, mail
from learn.people.models import Patient, User
from quizzes import learners

BEFORE, AFTER = 2, 14  # reminders are sent from 2 days before the due day to 14 days after it
PAUSE = 7  # days that "not this week" lasts
CONFIRM_WITHIN = timedelta(days=7)
MOST = 5  # confirmation emails per patient and day: the address may belong to a stranger
ON, STOP = "reminders.on", "reminders.stop"  # the signing salts of the two kinds of links


class TooMany(Exception):
    """This patient has caused MOST confirmation emails today already."""


def worth_a_mail(due: date, today: date) -> bool:
    """Return whether a lesson with this due day that is not done is a reason to send a reminder today."""
    return due - timedelta(days=BEFORE) <= today <= due + timedelta(days=AFTER)


def stop_address(reminder: Reminder) -> str:
    """Return the path of the page to stop or pause reminders. It needs no sign-in and never expires."""
    return reverse("reminders_stop", args=[keys.sign(reminder.pk, salt=STOP)])


def mark(address: str) -> str:
    """Return what stands for an address in a link. The address itself would be in proxies' logs and in the history."""
    return salted_hmac("learn.assignments.reminders", address, algorithm="sha256").hexdigest()[:32]


def behind(token: str, salt: str) -> tuple[Reminder, str] | None:
    """Return the reminder that a link is for, and the mark of the address that it confirms ("" for a stop link).

    `salt` is ON or STOP. Returns None for an invalid or expired link.
    """
    try:
        found = keys.signed(token, salt=salt, max_age=CONFIRM_WITHIN if salt == ON else None)
    except signing.BadSignature:
        return None
    pk, mark = found if salt == ON else (found, "")
    reminder = Reminder.objects.select_related("patient__care_team", "patient__user").filter(pk=pk).first()
    return (reminder, mark) if reminder else None


def ask(*, patient: Patient, address: str, now: datetime) -> Reminder:
    """Send an email that asks to confirm this address. An address that was confirmed before stays until then.

    Raises TooMany, or mail.NotSent if the mail server refuses; then only the count has changed. Raises `learners.Gone`.
    """
    today = patient.care_team.today(now)
    mine = Reminder.objects.filter(patient=patient)
    with learners.locked(patient.user_id):  # released before sending: after an erasure the last update finds no row
        reminder, _new = Reminder.objects.get_or_create(patient=patient)
        mine.exclude(asked_on=today).update(asked_on=today, asked=0)
        mine.filter(asked_on=None).update(asked_on=today, asked=0)
        if not mine.filter(asked_on=today, asked__lt=MOST).update(asked=F("asked") + 1):
            raise TooMany
    link = reverse("reminders_on", args=[keys.sign((reminder.pk, mark(address)), salt=ON)])
    mail.send("mail/reminders_confirm.txt", address, {"on": settings.PUBLIC_URL + link})
    mine.update(pending=address)
    return reminder


def confirm(*, reminder: Reminder, marked: str, now: datetime) -> bool:
    """Confirm the address with this mark for reminders. Return False if another address was asked for since.

    A second call for the same address changes nothing and returns True. Links of a week ago hold the address itself.
    """
    mine, wanted = Reminder.objects.filter(pk=reminder.pk), mark(marked) if "@" in marked else marked
    pending, address = mine.values_list("pending", "address").first() or ("", "")
    if pending and constant_time_compare(mark(pending), wanted):
        confirmed = {"address": pending, "confirmed": now, "paused_until": None, "refused": None}
        done = mine.filter(pending=pending).update(pending="", **confirmed)
        return bool(done) or mine.filter(address=pending).exists()  # the other request of a double press was first
    return bool(address) and constant_time_compare(mark(address), wanted)


def stop(*, reminder: Reminder) -> None:
    """Stop the reminders and delete the address. A second call changes nothing."""
    Reminder.objects.filter(pk=reminder.pk).update(
        address="", pending="", confirmed=None, paused_until=None, refused=None
    )


def pause(*, reminder: Reminder, now: datetime) -> date:
    """Pause the reminders for PAUSE days. Return the first day on which one may be sent again."""
    until = reminder.patient.care_team.today(now) + timedelta(days=PAUSE)
    Reminder.objects.filter(pk=reminder.pk).update(paused_until=until)
    return until


def send(*, reminder: Reminder, now: datetime, by: User | None = None) -> bool:
    """Send one reminder if it is due today: at most one try per day, and one email in Reminder.GAP days.

    One statement marks the day as tried before the email is sent, so two runs at once send one email. Returns False if
    nothing is due or the day was marked already. `by` is the nurse who sends by hand; None for the daily command.

    Raises mail.NotSent if the mail server refuses. The mark stays, so the next try is on the next day. Raises
    mail.Refused if it refuses the address for good: then there is no next try until another address is confirmed.
    """
    today = reminder.patient.care_team.today(now)
    mine = Reminder.objects.filter(pk=reminder.pk)
    with transaction.atomic():
        # Checked again here: the list of a run that began minutes ago may have a patient whose record was closed since.
        is_current = Patient.objects.current().filter(pk=reminder.patient_id, user__is_active=True).exists()
        if not (is_current and mine.wanting(today).filter(address=reminder.address).update(tried=today)):
            return False
        if by is not None:
            audit.note(by=by, what="reminded", patient=reminder.patient, now=now)
    page, stop = settings.PUBLIC_URL + reverse("my"), settings.PUBLIC_URL + stop_address(reminder)
    headers = {"List-Unsubscribe": f"<{stop}>"}
    if settings.HTTPS:  # mail programs offer one press to stop, and send it themselves (RFC 8058)
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    try:
        with translation.override(languages.of(reminder.patient.user)):
            mail.send("mail/reminder.txt", reminder.address, {"page": page, "stop": stop}, headers=headers)
    except mail.Refused:
        mine.filter(address=reminder.address).update(refused=today)
        raise
    mine.update(sent=today)
    return True

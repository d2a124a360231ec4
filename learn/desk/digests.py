"""One email on weekday mornings with the numbers of a nurse's home page, for nurses who chose it. It names no patient.

The address is confirmed by a link first. Links begin with PUBLIC_URL; the one to stop is signed and needs no sign-in.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.db.models import F, Q
from django.urls import reverse

from learn.assignments.models import Digest
from learn.people import mail
from learn.people.models import CareTeam, Patient, User
from learn.progress.attention import CHIPS, Why, needing

MORNING = range(6, 12)  # the hours in which it is sent, at the nurse's first team
SATURDAY = 5
CONFIRM_WITHIN = timedelta(days=7)
MOST = 5  # confirmation emails for one nurse and day: the address may belong to a stranger
ON, STOP = "digest.on", "digest.stop"  # the signing salts of the two kinds of links


class TooMany(Exception):
    """This nurse has caused MOST confirmation emails today already."""


def stop_address(digest: Digest) -> str:
    """Return the path of the page that stops the email. It needs no sign-in and never expires."""
    return reverse("digest_stop", args=[signing.dumps(digest.pk, salt=STOP)])


def ask(*, nurse: User, address: str, now: datetime) -> None:
    """Send an email that asks to confirm this address. Raises TooMany, and mail.NotSent if the server refuses it."""
    team = _team(nurse)
    today = team.today(now) if team else now.date()
    with transaction.atomic():
        digest, _new = Digest.objects.get_or_create(nurse=nurse)
        mine = Digest.objects.filter(pk=digest.pk)
        mine.filter(Q(asked_on=None) | ~Q(asked_on=today)).update(asked_on=today, asked=0)
        if not mine.filter(asked__lt=MOST).update(asked=F("asked") + 1, pending=address):
            raise TooMany
    on = reverse("admin:digest_on", args=[signing.dumps((digest.pk, address), salt=ON)])
    mail.send("admin/mail/digest_confirm.txt", address, {"on": settings.PUBLIC_URL + on})


def confirm(*, nurse: User, token: str, now: datetime) -> bool:
    """Turn the email on for the address of this link. Return False if the link is old or another nurse's."""
    try:
        pk, address = signing.loads(token, salt=ON, max_age=CONFIRM_WITHIN)
    except signing.BadSignature:
        return False
    mine = Digest.objects.filter(pk=pk, nurse=nurse)
    if mine.filter(pending=address).update(address=address, pending="", confirmed=now, refused=None):
        return True
    return mine.filter(address=address, confirmed__isnull=False).exists()


def behind(token: str) -> Digest | None:
    """Return the digest that a link to stop is for, or None for an invalid link."""
    try:
        return Digest.objects.filter(pk=signing.loads(token, salt=STOP)).first()
    except signing.BadSignature:
        return None


def stop(*, digest: Digest) -> None:
    """Stop the email and delete the address. A second call changes nothing."""
    Digest.objects.filter(pk=digest.pk).update(address="", pending="", confirmed=None, refused=None)


def _team(nurse: User) -> CareTeam | None:
    """Return the team whose time zone counts for this nurse: the one where they began first."""
    member = nurse.memberships.filter(ended=None).select_related("care_team").order_by("started", "pk").first()
    return member.care_team if member else None


def counts(nurse: User, now: datetime) -> dict[Why, int]:
    """Return how many patients need attention, by the strongest reason of each, as on the nurse's home page."""
    return needing(Patient.objects.visible_to(nurse).current(), at=now).counts


def send(*, digest: Digest, now: datetime) -> bool:
    """Send one email if it is a weekday morning for this nurse, none was tried today, and somebody needs attention.

    One statement marks the day before the email is sent, so two runs at once send one. Raises mail.NotSent; the mark
    stays, so the next try is on the next day. Raises mail.Refused if the address is refused for good: then none is sent
    until an address is confirmed again.
    """
    team = _team(digest.nurse)
    if team is None or not digest.nurse.has_perm("people.view_patient"):
        return False
    local = team.local(now)
    today = local.date()
    if today.weekday() >= SATURDAY or local.hour not in MORNING:
        return False
    mine = Digest.objects.filter(pk=digest.pk)
    if not mine.wanting(today).filter(address=digest.address).update(tried=today):
        return False
    found = counts(digest.nurse, now)
    if not any(found.values()):
        return False
    lines = "\n".join(f"{CHIPS[why]}: {n}" for why, n in found.items() if n)
    page, end = (settings.PUBLIC_URL + path for path in (reverse("admin:index"), stop_address(digest)))
    headers = {"List-Unsubscribe": f"<{end}>"}
    if settings.HTTPS:  # mail programs offer one press to stop, and send it themselves (RFC 8058)
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    words = {"n": str(sum(found.values())), "lines": lines, "page": page, "stop": end}
    try:
        mail.send("admin/mail/digest.txt", digest.address, words, headers=headers)
    except mail.Refused:
        mine.filter(address=digest.address).update(refused=today)
        raise
    mine.update(sent=today)
    return True

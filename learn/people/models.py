"""Who: User, CareTeam, Membership, Patient; AccessCode, Session and Hit; AuditEvent: who did or saw what of whom."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterable
from datetime import date, datetime
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.contrib.auth.models import UserManager as StockUserManager
from django.contrib.sessions.base_session import AbstractBaseSession
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from learn.people.names import shown

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser
    from django.contrib.sessions.backends.base import SessionBase

phone_number = RegexValidator(r"\A\+?[0-9][0-9 ().-]{2,28}\Z", "Write a phone number with digits, like 555 010 0199.")


def time_zone(name: str) -> None:
    """Refuse a name that is no IANA time zone ("America/New_York")."""
    if name not in zoneinfo.available_timezones():
        raise ValidationError(f"{name} is not a time zone. Write one like America/New_York.")


def default_zone() -> str:
    """Return the settings' zone: only the fallback for a new team."""
    return settings.TIME_ZONE


class UserManager(StockUserManager["User"]):
    """Adds the guest: a real row without name or password."""

    def create_guest(self) -> User:
        """Return a new user without name or password, who keeps progress on one device."""
        [guest] = self.create_guests(1)
        return guest

    def create_guests(self, n: int) -> list[User]:
        """Return so many new guests: one statement."""
        guests = [self.model() for _ in range(n)]
        for guest in guests:
            guest.set_unusable_password()
        return self.bulk_create(guests)

    def lock(self, pk: int) -> User | None:
        """Lock this person's row until the transaction ends; return it as it is now, None where they are gone.

        The one lock order stands in `quizzes.learners`; this is its first lock for what people alone know of.
        """
        return self.lock_all([pk]).get(pk)

    def lock_all(self, pks: Iterable[int]) -> dict[int, User]:
        """Lock the rows of these people, by primary key, as `lock` does one; return, by key, those who are here."""
        here = self.select_for_update(no_key=True).filter(pk__in=pks, is_active=True).order_by("pk")
        return {user.pk: user for user in here}

    def get_by_natural_key(self, username: str | None) -> User:
        """Return the user of this name, as it was typed, or in small letters: names that people chose are kept so."""
        names = {"username": username}, {"username": str(username).lower()}
        return self.filter(**names[0]).first() or self.get(**names[1])


class User(AbstractUser):
    """Everyone who learns or works here. A guest has no username; NULLs do not clash in a unique column."""

    username = models.CharField(  # type: ignore[assignment]  # Django's is never NULL
        max_length=150,
        unique=True,
        null=True,
        blank=True,
        validators=[AbstractUser.username_validator],
        error_messages={"unique": _("Someone else has that name already. Choose another.")},
    )

    objects: ClassVar[UserManager] = UserManager()

    def __str__(self) -> str:
        return self.get_full_name() or self.username or f"Guest {self.pk}"

    @property
    def is_guest(self) -> bool:
        """True for a person without name, password or email address whom no nurse knows."""
        return self.username is None and not self.email and not hasattr(self, "patient")

    def has_key(self, *, at: datetime) -> bool:
        """Tell whether this person can open their work on another device: by a name, an email address (verified:
        `email_codes.set_address` wrote it), or a living code."""
        return self.username is not None or bool(self.email) or self.codes.living(at=at).exists()

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        """The time zone of this person's calendar: their clinic's; without one, the settings'. The engine asks it."""
        return zoneinfo.ZoneInfo(self.patient.care_team.zone if hasattr(self, "patient") else settings.TIME_ZONE)


class CareTeamQuerySet(models.QuerySet["CareTeam"]):
    """Reads of care teams."""

    def led_by(self, user: User | AnonymousUser) -> CareTeamQuerySet:
        """Return the teams that this person leads now."""
        if not (user.is_authenticated and user.is_active and user.is_staff):
            return self.none()
        leads = Membership.objects.filter(nurse_id=user.pk, ended=None, lead=True)
        return self.filter(pk__in=leads.values("care_team"))


class CareTeam(models.Model):
    """A ward or clinic: its phones, its calendar, and the fever number it gives."""

    name = models.CharField(max_length=80, unique=True)
    day_phone = models.CharField(max_length=30, validators=[phone_number])
    night_phone = models.CharField(max_length=30, validators=[phone_number])
    fever = models.CharField("fever number", max_length=40, blank=True, help_text="As you say it: 100.4 °F (38 °C).")
    zone = models.CharField("time zone", max_length=40, default=default_zone, validators=[time_zone])

    objects = CareTeamQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name

    def local(self, at: datetime) -> datetime:
        """Return this moment on the clinic's clock."""
        return at.astimezone(zoneinfo.ZoneInfo(self.zone))

    def today(self, at: datetime) -> date:
        """Return the date on the clinic's calendar at this moment."""
        return self.local(at).date()


class Membership(models.Model):
    """A nurse works in a care team, from one moment to another. Rights end with it at the next request."""

    care_team = models.ForeignKey(CareTeam, models.PROTECT, related_name="memberships")
    nurse = models.ForeignKey(User, models.PROTECT, related_name="memberships")
    lead = models.BooleanField(default=False)
    started = models.DateTimeField()
    ended = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["care_team", "nurse"], condition=Q(ended=None), name="membership_one_current"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.nurse} in {self.care_team}"


class PatientQuerySet(models.QuerySet["Patient"]):
    """Reads of patients start from the user."""

    def visible_to(self, user: User | AnonymousUser) -> PatientQuerySet:
        """Return the patients of the care teams in which this person works now; of no team: nobody.

        A superuser sees no patients by itself.
        """
        if not (user.is_authenticated and user.is_active and user.is_staff):
            return self.none()
        return self.filter(care_team__in=Membership.objects.filter(nurse_id=user.pk, ended=None).values("care_team"))

    def current(self) -> PatientQuerySet:
        """Return those whose care here has not ended."""
        return self.filter(ended_on=None)


class Patient(models.Model):
    """A person in a care team's care, under a label that the nurse chose (name or initials)."""

    class Ending(models.TextChoices):
        FINISHED = "finished", _("Treatment finished")
        MOVED = "moved", _("Moved to another clinic")
        DIED = "died", _("Died")
        STOPPED = "stopped", _("Asked to stop")

    user = models.OneToOneField(User, models.PROTECT, related_name="patient")
    care_team = models.ForeignKey(CareTeam, models.PROTECT, related_name="patients", db_index=False)
    label = models.CharField(max_length=80, help_text="Name or initials.")
    reference = models.CharField(max_length=40, blank=True, help_text="Your own local reference, if you use one.")
    # The form that invited them, and their place in it: the same form twice makes nobody twice.
    invitation = models.UUIDField(unique=True, null=True, blank=True, editable=False)
    ended_on = models.DateField(null=True, blank=True)
    ended_why = models.CharField(max_length=10, choices=Ending.choices, blank=True)

    objects = PatientQuerySet.as_manager()

    class Meta:
        ordering = ["label", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_on=None, ended_why="") | (Q(ended_on__isnull=False) & ~Q(ended_why="")),
                name="patient_ended_with_reason",
            ),
        ]
        indexes = [models.Index(F("care_team"), F("label"), F("id"), name="patient_team_label")]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """The label as this page shows it: whole, or as initials where the screen faces the corridor (`names`)."""
        return shown(self.label)


class AccessCodeQuerySet(models.QuerySet["AccessCode"]):
    """Reads of codes take the moment they are asked at."""

    def living(self, *, at: datetime) -> AccessCodeQuerySet:
        """Return those that let their person in at this moment."""
        return self.filter(cancelled=None, expires__gt=at, user__is_active=True)


class AccessCode(models.Model):
    """A way in without a password: one row, two verifiers, the link's token and the typed letters.

    The letters are six that find the row and six that prove it. Token and proof are kept as HMACs only, so a code
    cannot be shown again, and a stolen backup opens nothing. The verbs are in `codes.py`.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="codes")
    selector = models.CharField(max_length=6, unique=True)
    secret = models.CharField(max_length=64)
    token = models.CharField(max_length=64, unique=True)
    by = models.ForeignKey(User, models.RESTRICT, related_name="+")
    made = models.DateTimeField()
    expires = models.DateTimeField()
    used = models.DateTimeField(null=True, blank=True)  # the first time
    last_used = models.DateTimeField(null=True, blank=True)
    cancelled = models.DateTimeField(null=True, blank=True)

    objects = AccessCodeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user"], condition=Q(cancelled=None), name="accesscode_one_a_person"),
        ]

    def __str__(self) -> str:
        return f"{self.selector}…"


class Session(AbstractBaseSession):
    """Django's session, with the number of whoever is signed in: all of a person's sessions can end in one statement.

    No foreign key: a sign-in would wait for whoever holds a lock on the person's row.
    """

    user_id = models.BigIntegerField(null=True, db_index=True)

    @classmethod
    def get_session_store_class(cls) -> type[SessionBase]:
        """Return the store of the settings (`sessions.py`): it stands above the tables, so it is not imported here."""
        store: type[SessionBase] = import_module(settings.SESSION_ENGINE).SessionStore
        return store


class Hit(models.Model):
    """How often something was tried of late (`rate_limits.py`): an HMAC of what and whose, a count, and until when."""

    whose = models.CharField(max_length=64, primary_key=True)
    n = models.PositiveBigIntegerField()
    until = models.BigIntegerField()  # Unix seconds: one statement must count and compare, on both databases

    class Meta:
        indexes = [models.Index(F("until"), name="hit_until")]

    def __str__(self) -> str:
        return f"{self.n} until {self.until}"


class AuditEvent(models.Model):
    """Who did or saw what of whom, and when: a row that is only ever added, with opaque ids and no foreign key.

    It outlives whom it tells of (ruling 17). A list is one row with its team and count.
    """

    at = models.DateTimeField()
    who = models.BigIntegerField()
    what = models.CharField(max_length=40)
    team = models.BigIntegerField(null=True)
    patient = models.BigIntegerField(null=True)
    count = models.PositiveIntegerField(null=True)

    guard = ("at", "who", "what", "team", "patient", "count")

    class Meta:
        indexes = [
            models.Index(F("team"), F("at").desc(), name="audit_team_at"),
            models.Index(F("patient"), F("at").desc(), name="audit_patient_at"),
            models.Index(F("who"), F("at").desc(), name="audit_who_at"),
        ]

    def __str__(self) -> str:
        return f"{self.who} {self.what} {self.patient or self.team}"


class Phones(NamedTuple):
    """The numbers that a person was given; empty where there is none."""

    day: str
    night: str
    fever: str  # the temperature at which to call


def phones_for(user: Any) -> Phones:
    """Return the phones and the fever number that this person was given.

    A patient's come from the care team (which was read with the user, so this asks nothing of the database); everyone
    else's from settings, where they may be empty.
    """
    team = user.patient.care_team if getattr(user, "is_authenticated", False) and hasattr(user, "patient") else None
    if team is None:
        return Phones(settings.DAY_PHONE, settings.NIGHT_PHONE, "")
    return Phones(team.day_phone, team.night_phone, team.fever)

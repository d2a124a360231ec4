"""Models of users, care teams, patients, access codes and sessions, of counted tries (Hit) and of the audit log."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterable
from datetime import date, datetime
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.contrib.auth.models import UserManager as StockUserManager
from django.contrib.sessions.base_session import AbstractBaseSession
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from learn import typed
from learn.people import phones
from learn.people.marks import ErasedMark as ErasedMark  # Django looks for tables here
from learn.people.marks import KeyMark as KeyMark
from learn.people.names import shown
from learn.people.phones import Phones as Phones
from learn.people.sort_key import CLOSED_LAST, STAFF, SortKey

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser
    from django.contrib.sessions.backends.base import SessionBase

phone_number = RegexValidator(phones.PATTERN, phones.SAY)


def time_zone(name: str) -> None:
    """Raise ValidationError if the name is not an IANA time zone, such as "America/New_York"."""
    if name not in zoneinfo.available_timezones():
        raise ValidationError(f"{name} is not a time zone. Write one like America/New_York.")


def default_zone() -> str:
    """Return TIME_ZONE of the settings, the default for a new team."""
    return settings.TIME_ZONE


class UserManager(StockUserManager["User"]):
    """Django's manager, with guests (users without a name or password) and with row locks."""

    def create_guest(self) -> User:
        """Create and return a user without a name or password, who keeps their progress on one device."""
        return self.create_guests(1)[0]

    def create_guests(self, n: int, language: str = "") -> list[User]:
        """Create and return `n` guests with one statement."""
        guests = [self.model(language=language) for _ in range(n)]
        for guest in guests:
            guest.set_unusable_password()
        return self.bulk_create(guests)

    def lock(self, pk: int) -> User | None:
        """Lock this user's row until the transaction ends. Return the current row, or None if the user is gone.

        `quizzes.learners` describes the one lock order. This is its first lock, for code that needs only this app.
        """
        return self.lock_all([pk]).get(pk)

    def lock_all(self, pks: Iterable[int]) -> dict[int, User]:
        """Lock the rows of these users, in the order of their primary keys. Return those who exist, by primary key."""
        here = self.select_for_update(no_key=True).filter(pk__in=pks, is_active=True).order_by("pk")
        return {user.pk: user for user in here}

    def get_by_natural_key(self, username: str | None) -> User:
        """Return the user with this name, as typed or as names are stored (`typed.name`). Raises User.DoesNotExist."""
        return self.filter(username=username).first() or self.get(username=typed.name(str(username)))


class User(AbstractUser):
    """A learner or a member of staff. A guest's username is NULL, because a unique column may have many NULLs."""

    username = models.CharField(  # type: ignore[assignment]  # Django's is never NULL
        max_length=150,
        unique=True,
        null=True,
        blank=True,
        validators=[AbstractUser.username_validator],
        error_messages={"unique": _("Someone else has that name already. Choose another.")},
    )

    # Chosen by them, or by the nurse who invited them; or "".
    language = models.CharField(max_length=10, blank=True, default="", db_default="")

    objects: ClassVar[UserManager] = UserManager()

    class Meta(AbstractUser.Meta):
        indexes = [models.Index(*STAFF, name="staff_by_name", condition=Q(is_staff=True))]

    def __str__(self) -> str:
        return self.get_full_name() or self.username or f"Guest {self.pk}"

    @classmethod
    def normalize_username(cls, username: str) -> str:
        """Return the name as it is stored, also for a user whom IT creates."""
        return typed.name(username) if isinstance(username, str) else username

    def set_password(self, raw_password: str | None) -> None:
        """Store the hash of the password, with its letters in one form: a Mac writes é in another way than a phone."""
        super().set_password(None if raw_password is None else typed.password(raw_password))

    def check_password(self, raw_password: str | None) -> bool:
        """Return whether this is the password: as typed, which old hashes need, or with its letters in one form."""
        one = None if raw_password is None else typed.password(raw_password)
        return super().check_password(raw_password) or (one != raw_password and super().check_password(one))

    @property
    def is_guest(self) -> bool:
        """Whether this user has no name, password or email address, and is no patient of a care team."""
        return self.username is None and not self.email and not hasattr(self, "patient")

    def has_key(self, *, at: datetime) -> bool:
        """Return whether this user can open their record on another device.

        They can with a name, a verified email address (`email_codes.set_address` stores no other), or a valid code.
        """
        return self.username is not None or bool(self.email) or self.codes.living(at=at).exists()

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        """The time zone of this user's clinic, or TIME_ZONE of the settings. The package `quizzes` uses it."""
        return zoneinfo.ZoneInfo(self.patient.care_team.zone if hasattr(self, "patient") else settings.TIME_ZONE)


class CareTeamQuerySet(models.QuerySet["CareTeam"]):
    """Queries for care teams."""

    def working(self) -> CareTeamQuerySet:
        """Return the teams that are not closed."""
        return self.filter(closed=None)

    def led_by(self, user: User | AnonymousUser) -> CareTeamQuerySet:
        """Return the teams that this user leads now."""
        if not (user.is_authenticated and user.is_active and user.is_staff):
            return self.none()
        leads = Membership.objects.filter(nurse_id=user.pk, ended=None, lead=True)
        return self.filter(pk__in=leads.values("care_team"))


class CareTeam(models.Model):
    """A ward or clinic, with its phone numbers, its time zone, and the temperature at which its patients call."""

    name = models.CharField(max_length=80, unique=True)
    day_phone = models.CharField(max_length=phones.LONGEST, validators=[phone_number])
    night_phone = models.CharField(max_length=phones.LONGEST, validators=[phone_number])
    fever = models.CharField("fever number", max_length=40, blank=True, help_text="As you say it: 100.4 °F (38 °C).")
    zone = models.CharField("time zone", max_length=40, default=default_zone, validators=[time_zone])
    # When somebody called both numbers as they are now, and who. Empty again after a change of a number.
    called = models.DateTimeField(null=True, blank=True)
    called_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    closed = models.DateTimeField(null=True, blank=True)  # nobody is invited into a closed team

    objects = CareTeamQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(CLOSED_LAST, F("name"), name="team_by_name")]

    def __str__(self) -> str:
        return self.name

    def local(self, at: datetime) -> datetime:
        """Return this time in the clinic's time zone."""
        return at.astimezone(zoneinfo.ZoneInfo(self.zone))

    def today(self, at: datetime) -> date:
        """Return the date in the clinic's time zone at this time."""
        return self.local(at).date()


class Membership(models.Model):
    """The period in which a nurse works in a care team. When it ends, the next request no longer has permission."""

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
    """Queries for patients. They start from the user who asks."""

    def visible_to(self, user: User | AnonymousUser) -> PatientQuerySet:
        """Return the patients of the care teams in which this user works now.

        A user without a team gets none, not even a superuser.
        """
        if not (user.is_authenticated and user.is_active and user.is_staff):
            return self.none()
        return self.filter(care_team__in=Membership.objects.filter(nurse_id=user.pk, ended=None).values("care_team"))

    def current(self) -> PatientQuerySet:
        """Return the patients whose record is not closed."""
        return self.filter(ended_on=None)


class Patient(models.Model):
    """A patient of a care team. The label is the name or the initials that the nurse entered."""

    class Ending(models.TextChoices):
        FINISHED = "finished", _("Treatment finished")
        MOVED = "moved", _("Moved to another clinic")
        DIED = "died", _("Died")
        STOPPED = "stopped", _("Asked to stop")
        MERGED = "merged", _("Merged into another record")

    user = models.OneToOneField(User, models.PROTECT, related_name="patient")
    care_team = models.ForeignKey(CareTeam, models.PROTECT, related_name="patients", db_index=False)
    label = models.CharField(max_length=80, help_text="Name or initials.")
    sort_key = SortKey(of="label")
    reference = models.CharField(max_length=40, blank=True, help_text="Your own local reference, if you use one.")
    # Made from the invitation form and the patient's position in it, so that a form sent twice creates no duplicates.
    invitation = models.UUIDField(unique=True, null=True, blank=True, editable=False)
    # The slug of the therapy type that the nurse chose, or "". No foreign key: those are in a package above this one.
    treatment = models.SlugField(max_length=80, blank=True, default="", db_default="", db_index=False)
    ended_on = models.DateField(null=True, blank=True)
    ended_why = models.CharField(max_length=10, choices=Ending.choices, blank=True)

    objects = PatientQuerySet.as_manager()

    class Meta:
        ordering = ["sort_key", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_on=None, ended_why="") | (Q(ended_on__isnull=False) & ~Q(ended_why="")),
                name="patient_ended_with_reason",
            ),
        ]
        indexes = [models.Index(F("care_team"), F("sort_key"), F("id"), name="patient_team_sort")]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """The label as this page shows it: in full, or as initials if other people can see the screen (`names`)."""
        return shown(self.label)


class AccessCodeQuerySet(models.QuerySet["AccessCode"]):
    """Queries for access codes. They take the time for which they answer."""

    def living(self, *, at: datetime) -> AccessCodeQuerySet:
        """Return the codes that are valid at this time: not cancelled, not expired, and of an active user."""
        return self.filter(cancelled=None, expires__gt=at, user__is_active=True)


class AccessCode(models.Model):
    """Sign-in without a password, by the token of a link or by twelve typed letters.

    The first six letters find the row, the last six prove the code. Token and proof are stored as HMACs only: a code
    cannot be shown again, and a stolen backup gives no access. The functions are in `codes.py`.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="codes")
    selector = models.CharField(max_length=6, unique=True)
    secret = models.CharField(max_length=64)
    token = models.CharField(max_length=64, unique=True)
    by = models.ForeignKey(User, models.RESTRICT, related_name="+")
    made = models.DateTimeField()
    ahead = models.BooleanField(default=False, db_default=False)  # printed ahead, for nobody yet (ruling 46)
    given = models.DateTimeField(null=True, blank=True)  # when it was no longer ahead; else it counts from `made`
    expires = models.DateTimeField()
    used = models.DateTimeField(null=True, blank=True)  # first use
    last_used = models.DateTimeField(null=True, blank=True)
    cancelled = models.DateTimeField(null=True, blank=True)

    objects = AccessCodeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user"], condition=Q(cancelled=None), name="accesscode_one_a_person"),
        ]

    def __str__(self) -> str:
        return f"{self.selector}…"


class OneTimePassword(models.Model):
    """IT made this person's password, and they must choose their own at the first sign-in (`passwords.py`).

    The password itself is stored as its hash only, in the user's row. Without this row, the password is their own.
    """

    user = models.OneToOneField(User, models.CASCADE, primary_key=True, related_name="one_time")
    by = models.ForeignKey(User, models.RESTRICT, related_name="+")
    made = models.DateTimeField()
    expires = models.DateTimeField()

    def __str__(self) -> str:
        return f"until {self.expires}"


class Session(AbstractBaseSession):
    """Django's session with its user and the key that opened it, so that one statement can end all sessions of either.

    They are no foreign keys: a sign-in would wait for locks on those rows. `SessionStore` copies them from the data.
    """

    class Key(models.TextChoices):
        UNKNOWN = "", _("In a way that was not noted")
        GUEST = "guest", _("Without a name")
        PASSWORD = "password", _("With a name and password")
        CODE = "code", _("With a card or a code")
        EMAIL = "email", _("With a code by email")
        HOSPITAL = "hospital", _("With a hospital account")

    user_id = models.BigIntegerField(null=True, db_index=True)
    opened_by = models.CharField(max_length=10, choices=Key.choices, default="", db_default="")
    code_id = models.BigIntegerField(null=True, db_index=True)  # the access code, if one opened it

    @classmethod
    def get_session_store_class(cls) -> type[SessionBase]:
        """Return the store from the settings. `sessions.py` imports this module, so this module cannot import it."""
        store: type[SessionBase] = import_module(settings.SESSION_ENGINE).SessionStore
        return store


class Hit(models.Model):
    """The number of recent tries for a rate limit (`rate_limits.py`). The key is an HMAC of what is limited."""

    whose = models.CharField(max_length=64, primary_key=True)
    n = models.PositiveBigIntegerField()
    until = models.BigIntegerField()  # Unix seconds, so that one statement can count and compare on both databases

    class Meta:
        indexes = [models.Index(F("until"), name="hit_until")]

    def __str__(self) -> str:
        return f"{self.n} until {self.until}"


class AuditEvent(models.Model):
    """One entry of the audit log: who did or saw what, about which patient or team, and when.

    Rows are only added. They hold ids and no foreign keys: they are kept after whom they name is erased (ruling 17). A
    list of patients is one row for each team, with its count, and one for each patient. `who` is 0 if nobody knows it.
    """

    at = models.DateTimeField()
    who = models.BigIntegerField()
    what = models.CharField(max_length=40)
    team = models.BigIntegerField(null=True)
    patient = models.BigIntegerField(null=True)
    person = models.BigIntegerField(null=True)  # whom of the staff it is about
    count = models.PositiveIntegerField(null=True)

    guard = ("at", "who", "what", "team", "patient", "person", "count")

    class Meta:
        indexes = [
            models.Index(F("team"), F("at").desc(), name="audit_team_at"),
            models.Index(F("patient"), F("at").desc(), name="audit_patient_at"),
            models.Index(F("who"), F("at").desc(), name="audit_who_at"),
            models.Index(F("at").desc(), name="audit_of_staff", condition=Q(person__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.who} {self.what} {self.patient or self.team}"


class AuditSeal(models.Model):
    """A seal of one row of the audit log (`chain.py`). Seals are numbered without a gap, and never change."""

    place = models.BigIntegerField(primary_key=True)
    event = models.BigIntegerField(unique=True)
    hash = models.CharField(max_length=64)

    guard = ("place", "event", "hash")

    def __str__(self) -> str:
        return f"{self.place}:{self.hash}"


def phones_for(user: Any) -> Phones:
    """Return a patient's numbers of their team, which was read with the user (no query), or those of the settings."""
    team = user.patient.care_team if getattr(user, "is_authenticated", False) and hasattr(user, "patient") else None
    if team is None:
        return Phones(settings.DAY_PHONE, settings.NIGHT_PHONE, "")
    return Phones(team.day_phone, team.night_phone, team.fever)

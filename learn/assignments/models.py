"""The tables of assigned lessons: Pathway, Place, Assignment; Act and Change, for undo; Reminder and Digest."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q

from learn.lessons.models import Lesson, LessonQuerySet, Therapy
from learn.people.models import Patient


class PathwayQuerySet(models.QuerySet["Pathway"]):
    """Queries for pathways."""

    def offered(self) -> PathwayQuerySet:
        """Return all pathways in the order of their therapy types, with their lessons prefetched. Two queries."""
        return (
            self.select_related("therapy")
            .order_by("therapy__position", "name")
            .prefetch_related(models.Prefetch("places", Place.objects.select_related("lesson")))
        )


class Pathway(models.Model):
    """The lessons that a nurse assigns to people who start one type of therapy, in order."""

    slug = models.SlugField(max_length=80, unique=True)
    name = models.CharField(max_length=120)
    therapy = models.ForeignKey(Therapy, models.PROTECT, related_name="pathways")
    lessons = models.ManyToManyField(Lesson, through="Place", related_name="pathways")
    # The hash of the shipped name and lessons. If it differs from the current ones, the hospital has changed them.
    shipped = models.CharField(max_length=64, blank=True, editable=False)

    objects = PathwayQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name

    @property
    def slugs(self) -> list[str]:
        """The slugs of its lessons, in order. Needs no query if the pathway comes from `offered`."""
        return [place.lesson.slug for place in self.places.all()]

    def taught(self) -> LessonQuerySet:
        """Return its lessons that have a published edition, in the pathway's order, each with its `title`."""
        return Lesson.objects.taught().filter(places__pathway=self).order_by("places__position")


class Place(models.Model):
    """The position of a lesson in a pathway."""

    pathway = models.ForeignKey(Pathway, models.CASCADE, related_name="places", db_index=False)
    lesson = models.ForeignKey(Lesson, models.PROTECT, related_name="places")
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["pathway", "position"], name="pathway_one_a_place"),
            models.UniqueConstraint(fields=["pathway", "lesson"], name="pathway_each_lesson_once"),
        ]

    def __str__(self) -> str:
        return f"{self.pathway_id}: {self.position}"


class Act(models.Model):
    """One press of "Assign". For ten minutes, the nurse who pressed can undo all that it made or changed."""

    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    undone = models.DateTimeField(null=True)
    taken_back = models.PositiveIntegerField(default=0)  # how many changes the undo put back

    def __str__(self) -> str:
        return f"{self.by_id} at {self.at}"


class AssignmentQuerySet(models.QuerySet["Assignment"]):
    """Queries for assignments."""

    def active(self) -> AssignmentQuerySet:
        """Return the assignments that are not withdrawn."""
        return self.filter(withdrawn=None)


class Assignment(models.Model):
    """A nurse asked a patient to do a lesson. `due` is a date on the clinic's calendar; after it, nothing is locked."""

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="assignments")
    lesson = models.ForeignKey(Lesson, models.PROTECT, related_name="assignments")
    due = models.DateField()
    note = models.CharField(max_length=120, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made = models.DateTimeField()
    withdrawn = models.DateTimeField(null=True, blank=True)
    act = models.ForeignKey(Act, models.PROTECT, null=True, related_name="+")  # the last act that changed this row
    # The lesson was done already, and they were asked to do it again: only a check finished after this counts.
    since = models.DateTimeField(null=True, blank=True)
    # A nurse taught it in person: on which day of the clinic's calendar, who, and when it was recorded (ruling 30).
    taught_on = models.DateField(null=True, blank=True)
    taught_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    taught_at = models.DateTimeField(null=True, blank=True)

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["patient", "lesson"], condition=Q(withdrawn=None), name="assignment_one_active"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.lesson} by {self.due}"

    @property
    def is_taught(self) -> bool:
        """Whether it was taught in person, and they were not asked to do it again since."""
        return self.taught_at is not None and (self.since is None or self.since < self.taught_at)

    def is_late(self, today: date) -> bool:
        """Return whether the due day has passed. On the day itself it is not late. `today` is the clinic's date."""
        return self.due < today


class Change(models.Model):
    """The values of one assignment before one act changed it. All are NULL if the act made the assignment."""

    act = models.ForeignKey(Act, models.CASCADE, related_name="changes")
    assignment = models.ForeignKey(Assignment, models.CASCADE, related_name="changes")
    due = models.DateField(null=True)
    note = models.CharField(max_length=120, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    made = models.DateTimeField(null=True)
    since = models.DateTimeField(null=True)
    before = models.ForeignKey(Act, models.PROTECT, null=True, related_name="+")

    def __str__(self) -> str:
        return f"{self.act_id}: {self.assignment_id}"

    @classmethod
    def from_what_stands(cls, act: Act, a: Assignment) -> Change:
        """Return an unsaved row with the values that this assignment has before the act."""
        return cls(
            act=act, assignment=a, due=a.due, note=a.note, by_id=a.by_id, made=a.made, since=a.since, before_id=a.act_id
        )

    def put_back(self, now: datetime) -> Assignment:
        """Return the assignment, unsaved, with the values from before the act; withdrawn if the act made it."""
        a = self.assignment
        if self.due is None or self.made is None or self.by_id is None:
            a.withdrawn = now
        else:
            a.due, a.note, a.by_id, a.made, a.act_id = self.due, self.note, self.by_id, self.made, self.before_id
            a.since = self.since
        return a


class ReminderQuerySet(models.QuerySet["Reminder"]):
    """Queries for reminders."""

    def wanting(self, today: date) -> ReminderQuerySet:
        """Return the reminders that may be sent on this day, by their own columns. No join: `send` updates through it.

        `today` is the date at the patient's clinic.
        """
        return self.filter(
            Q(tried=None) | Q(tried__lt=today),
            Q(sent=None) | Q(sent__lte=today - timedelta(days=Reminder.GAP)),
            Q(paused_until=None) | Q(paused_until__lte=today),
            confirmed__isnull=False,
            refused=None,
        ).exclude(address="")


class Reminder(models.Model):
    """A patient asked for reminders by email. Emails go to a confirmed address only. Stopping deletes the address.

    All dates are on the clinic's calendar. `tried` is set before an email is sent, `sent` after.
    """

    GAP = 3  # minimum number of days between two emails

    patient = models.OneToOneField(Patient, models.CASCADE, related_name="reminder")
    address = models.EmailField(blank=True)
    pending = models.EmailField(blank=True)  # a new address that is not confirmed yet
    confirmed = models.DateTimeField(null=True)
    paused_until = models.DateField(null=True)
    tried = models.DateField(null=True)
    sent = models.DateField(null=True)
    refused = models.DateField(null=True)  # the day on which the mail server refused `address` for good
    asked_on = models.DateField(null=True)  # the day that `asked` is about
    asked = models.PositiveSmallIntegerField(default=0)  # confirmation emails sent on that day

    objects = ReminderQuerySet.as_manager()

    def __str__(self) -> str:
        return f"reminders of {self.patient_id}"

    @property
    def is_on(self) -> bool:
        """True if there is a confirmed address."""
        return bool(self.address and self.confirmed)

    def next_day(self, today: date) -> date:
        """Return the first day, today or later, on which an email may be sent."""
        days = [today, self.paused_until, self.sent and self.sent + timedelta(days=self.GAP)]
        if self.tried == today:
            days.append(today + timedelta(days=1))
        return max(day for day in days if day)


class DigestQuerySet(models.QuerySet["Digest"]):
    """Queries for morning emails."""

    def wanting(self, today: date) -> DigestQuerySet:
        """Return those that may be sent on this day of the team's calendar: none was tried on it, nor later."""
        on = self.filter(Q(tried=None) | Q(tried__lt=today), confirmed__isnull=False, refused=None)
        return on.exclude(address="")


class Digest(models.Model):
    """A nurse chose one email on weekday mornings (`desk/digests.py`). Stopping deletes the address.

    `tried` is set before an email is sent, `sent` after; both are dates on the calendar of the nurse's first team.
    """

    nurse = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="digest")
    address = models.EmailField(blank=True)
    pending = models.EmailField(blank=True)  # a new address that is not confirmed yet
    confirmed = models.DateTimeField(null=True)
    tried = models.DateField(null=True)
    sent = models.DateField(null=True)
    refused = models.DateField(null=True)  # the day on which the mail server refused `address` for good
    asked_on = models.DateField(null=True)  # the day that `asked` is about
    asked = models.PositiveSmallIntegerField(default=0)  # confirmation emails sent on that day

    objects = DigestQuerySet.as_manager()

    def __str__(self) -> str:
        return f"morning email of {self.nurse_id}"

"""The one definition of a card that was never used (ruling 46), for lists of patients and for the numbers of a lead."""

from __future__ import annotations

from datetime import date

from django.db.models import Case, DateTimeField, Exists, OuterRef, Subquery, When
from django.db.models.functions import Coalesce

from learn.people.models import AccessCode, PatientQuerySet
from learn.progress.models import Reading
from quizzes.models import Attempt

WITHIN = 3  # days that somebody has to use their card


def with_unused(patients: PatientQuerySet) -> PatientQuerySet:
    """Add `card` to each patient: when their newest card was given to them, if nobody has ever used one; else None.

    A patient who set a name or an address has used a card, also if that card was deleted since, and so has one who read
    or answered something. A card that was printed ahead was given to nobody yet: then `ahead` is True, and `card` None.
    """
    codes = AccessCode.objects.filter(user=OuterRef("user"))
    opened = Exists(codes.exclude(used=None))
    learned = Exists(Reading.objects.filter(learner=OuterRef("user"))) | Exists(
        Attempt.objects.filter(learner=OuterRef("user"))
    )
    given = Case(When(ahead=False, then=Coalesce("given", "made")), output_field=DateTimeField())
    fresh = codes.filter(~opened, ~learned, user__username=None, user__email="").order_by("-made", "-pk")
    return patients.annotate(
        card=Subquery(fresh.annotate(since=given).values("since")[:1]),
        ahead=Exists(codes.filter(ahead=True, used=None, cancelled=None)),
    )


def is_unused(given: date | None, today: date) -> bool:
    """Return whether a card that was given on this day and never used counts as never used today."""
    return given is not None and (today - given).days > WITHIN

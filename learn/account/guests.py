"""Guests' records: merge them into a user's record after sign-in, or erase them."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import reduce
from operator import or_

from django.db import models, transaction
from django.db.models import Exists, F, Max, OuterRef, Q
from django.db.models.functions import Coalesce

from learn.people.models import AccessCode, User
from learn.progress import actions as progress
from learn.progress.models import KeptPage, Reading
from learn.visits.models import MyQuestion
from quizzes import learners, reviewing
from quizzes.models import Attempt, Memory, Pause, Response

# All models that refer to a learner, in an order in which they can be deleted. A test finds models that are missing.
OWN: tuple[type[models.Model], ...] = (Memory, Pause, Attempt, Reading, KeptPage, MyQuestion)


def clash(model: type[models.Model], into: User) -> Q:
    """Return a filter for the rows of a guest or another record that must not move: `into` has the same already."""
    if model is Reading:
        return Q(edition__in=Reading.objects.of(into).values("edition"))
    if model is Attempt:
        open_now = Attempt.objects.of(into).filter(finished=None)
        review = Q(quiz=None) if open_now.filter(quiz=None).exists() else Q(pk=None)
        return Q(finished=None) & (Q(quiz__in=open_now.filter(quiz__isnull=False).values("quiz")) | review)
    if model is KeptPage:
        same = {"lesson": OuterRef("lesson"), "slug": OuterRef("slug")}
        return Q(Exists(KeptPage.objects.filter(learner=into, **same)))
    if model is MyQuestion:
        mine = MyQuestion.objects.filter(learner=into)
        suggested = mine.filter(suggested__isnull=False).values("suggested")
        return Q(text__in=mine.values("text")) | Q(suggested__in=suggested)
    if model is Pause and not Pause.objects.filter(learner=into).exists():
        return Q(pk=None)
    return Q(pk__isnull=False)  # memories are computed again from the answers


def has_record(guest: int) -> bool:
    """Return whether the guest with this primary key has any data to merge."""
    return any(model._default_manager.filter(learner=guest).exists() for model in OWN)


def merge(*, guest: User, into: User, now: datetime) -> None:
    """Merge a guest's record into this user's. If both have the same open check or page, the user's own is kept.

    Of the same reading, what either of the two was shown is kept (`progress.actions.merge_readings`). The rest stays
    with the guest, who can no longer sign in (`leave`). After a double click, the second request waits and finds the
    guest gone, so it changes nothing. The locks follow the one lock order (`quizzes.learners`). Raises `learners.Gone`
    if `into` is gone.
    """
    with transaction.atomic():
        here = learners.lock(guest.pk, into.pk)
        if into.pk not in here:
            raise learners.Gone(into.pk)
        if guest.pk not in here:
            return
        list(Attempt.objects.filter(learner__in=here).order_by("pk").select_for_update().values_list("pk"))
        last = MyQuestion.objects.filter(learner=into).aggregate(last=Max("position", default=0))["last"]
        MyQuestion.objects.filter(learner=guest).update(position=F("position") + last)  # after this user's own
        progress.merge_readings(guest=guest, into=into, now=now)
        for model in OWN:
            model._default_manager.filter(learner=guest).exclude(clash(model, into)).update(learner=into)
        reviewing.rebuild(learner=into)
        leave(guest=guest, now=now)


def leave(*, guest: User, now: datetime) -> None:
    """Deactivate this guest. `tidy` erases them after 30 days."""
    User.objects.filter(pk=guest.pk).update(is_active=False, last_login=now)


def erase(*, guest: User) -> None:
    """Erase a guest and all their data."""
    with transaction.atomic():
        for model in OWN:
            model._default_manager.filter(learner=guest).delete()
        guest.delete()


def to_tidy(*, at: datetime) -> dict[str, models.QuerySet[User]]:
    """Return the guests to erase, by reason (ruling 19): those who left 30 days ago, and two groups of active guests.

    These are guests without progress after 30 days, and guests who were idle for a year. Guests with a valid code are
    not erased, because they can still come back.
    """
    month, year = at - timedelta(days=30), at - timedelta(days=365)
    guests = User.objects.filter(username=None, email="", patient=None, is_staff=False)
    guests = guests.annotate(seen=Coalesce("last_login", "date_joined"))
    staying = guests.filter(is_active=True).exclude(pk__in=AccessCode.objects.living(at=at).values("user"))
    rows = [Exists(model._default_manager.filter(learner=OuterRef("pk"))) for model in OWN]
    lately = [
        Exists(Reading.objects.filter(learner=OuterRef("pk")).filter(Q(started__gt=year) | Q(moved__gt=year))),
        Exists(Attempt.objects.filter(learner=OuterRef("pk"), started__gt=year)),
        Exists(MyQuestion.objects.filter(learner=OuterRef("pk"), added__gt=year)),
        Exists(KeptPage.objects.filter(learner=OuterRef("pk"), at__gt=year)),
        Exists(Response.objects.filter(item__attempt__learner=OuterRef("pk"), at__gt=year)),
    ]
    return {
        "who left 30 days ago": guests.filter(is_active=False, seen__lte=month),
        "without progress for 30 days": staying.filter(*(~row for row in rows), seen__lte=month),
        "idle for a year": staying.filter(reduce(or_, rows), *(~row for row in lately), seen__lte=year),
    }

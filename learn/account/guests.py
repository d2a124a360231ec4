"""Guests' records: merge them into a user's record after sign-in, or erase them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta

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


def erase(guests: Collection[int]) -> None:
    """Erase these guests (primary keys) and all their data."""
    with transaction.atomic():
        for model in OWN:
            model._default_manager.filter(learner__in=guests).delete()
        User.objects.filter(pk__in=guests).delete()


LEFT, NO_PROGRESS, IDLE = "who left 30 days ago", "without progress for 30 days", "idle for a year"
AT_ONCE = 500  # guests that are looked at, and erased, in one transaction: a guest who comes back waits for it


def candidates(*, at: datetime) -> Iterator[list[int]]:
    """Yield who may be a guest (primary keys) and did not sign in for 30 days, in batches. `to_erase` looks closely.

    It walks by primary key with few conditions: a query with all conditions of ruling 19 takes minutes with a million
    learners, and the database was seen to choose nested loops for it. Patients are not left out here: for each batch,
    the database would read all users to do so.
    """
    guests = User.objects.filter(username=None, email="", is_staff=False).order_by("pk")
    guests = guests.alias(seen=Coalesce("last_login", "date_joined")).filter(seen__lte=at - timedelta(days=30))
    last = 0
    while batch := list(guests.filter(pk__gt=last).values_list("pk", flat=True)[:AT_ONCE]):
        yield batch
        last = batch[-1]


def to_erase(guests: Collection[int], *, at: datetime) -> dict[str, set[int]]:
    """Return those of these guests (primary keys) that are to be erased, by reason (ruling 19).

    These are guests who left 30 days ago, and two groups of active guests: those without progress after 30 days, and
    those who were idle for a year. Guests with a valid code are not erased, because they can still come back. A fixed
    number of queries.
    """
    year = at - timedelta(days=365)
    people = User.objects.filter(pk__in=guests, username=None, email="", patient=None, is_staff=False)
    people = people.annotate(seen=Coalesce("last_login", "date_joined")).filter(seen__lte=at - timedelta(days=30))
    rows = people.values_list("pk", "is_active", "seen")
    coded = set(AccessCode.objects.living(at=at).filter(user__in=guests).values_list("user", flat=True))
    begun: set[int] = set()
    for model in OWN:  # of each other model, only those of whom nothing was found yet
        begun.update(model._default_manager.filter(learner__in={*guests} - begun).values_list("learner", flat=True))
    lately: set[int] = set()
    for model, who, when in (
        (Reading, "learner", Q(started__gt=year) | Q(moved__gt=year)),
        (Attempt, "learner", Q(started__gt=year)),
        (MyQuestion, "learner", Q(added__gt=year)),
        (KeptPage, "learner", Q(at__gt=year)),
        (Response, "item__attempt__learner", Q(at__gt=year)),
    ):
        rest = {*guests} - lately
        lately.update(model._default_manager.filter(when, **{f"{who}__in": rest}).values_list(who, flat=True))
    found: dict[str, set[int]] = {LEFT: set(), NO_PROGRESS: set(), IDLE: set()}
    for pk, is_active, seen in rows:
        if not is_active:
            found[LEFT].add(pk)
        elif pk in coded:
            continue
        elif pk not in begun:
            found[NO_PROGRESS].add(pk)
        elif pk not in lately and seen <= year:
            found[IDLE].add(pk)
    return found


def tidy(guests: Collection[int], *, at: datetime) -> dict[str, set[int]]:
    """Erase those of these guests (primary keys) that are to be erased; return them by reason."""
    with transaction.atomic():
        # Lock first, then look: while this waited for the lock, a guest may have come back.
        list(User.objects.select_for_update().filter(pk__in=guests).order_by("pk").values_list("pk"))
        found = to_erase(guests, at=at)
        erase(set().union(*found.values()))
    return found

"""Publish and retire editions of lessons: what the Desk, load_content and a lesson pack have in common."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from django.db import connection, transaction

from learn.languages import SOURCE
from learn.lessons.models import Edition, Lesson, Reference, Therapy
from quizzes.models import Question, Quiz, State

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser


def hold_still() -> None:
    """Let nobody write or publish a text until this transaction ends, and wait for those who do it now.

    For loading: it decides by what it reads of many texts, and writes afterwards. The locks are taken in the order in
    which the Desk takes them, so nobody waits for each other. Nobody who reads, learns or answers waits. SQLite has one
    writer at a time.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:  # a text that has no row yet must not get one either
            cursor.execute(f"LOCK TABLE {Reference._meta.db_table} IN EXCLUSIVE MODE")
    for model in (Therapy, Lesson, Question, Quiz):
        list(model._default_manager.select_for_update(no_key=True).order_by("pk").values_list("pk"))


class UnfitEdition(ValueError):
    """The edition cannot be published. The message says why."""


def publish(
    *,
    edition: Edition,
    same_meaning: bool | None = None,
    by: AbstractBaseUser | None = None,
    now: datetime | None = None,
    checked_on: date | None = None,
    next_check: date | None = None,
) -> None:
    """Publish this draft. The edition that was published before is retired.

    The steps are frozen in the same transaction. Nobody's progress changes: each reading keeps the edition it is about.
    If two people publish at once, the second waits for the lesson's row and checks only then. `by` and `now` are kept
    as history; both are None for shipped text. The other arguments replace what the draft has, unless they are None.

    Raises UnfitEdition if the edition is not a draft or has no steps.
    """
    with transaction.atomic():
        Lesson.objects.select_for_update(no_key=True).get(pk=edition.lesson_id)
        edition.refresh_from_db(fields=["state"])
        if edition.state != State.DRAFT:
            raise UnfitEdition("Only a draft can be published.")
        if not edition.steps.update(frozen=True):
            raise UnfitEdition("A lesson needs at least one step.")
        asked = {"lesson": edition.lesson_id, "language": edition.language, "state": State.PUBLISHED}
        for before in Edition.objects.filter(**asked):
            retire(edition=before)
        told = {"same_meaning": same_meaning, "checked_on": checked_on, "next_check": next_check}
        for name, value in told.items():
            if value is not None:
                setattr(edition, name, value)
        edition.state, edition.published_by_id, edition.published_at = State.PUBLISHED, by.pk if by else None, now
        edition.save(update_fields=["state", "published_by", "published_at", *told])
        if edition.language == SOURCE:  # results name the check by its own title
            Quiz.objects.filter(lesson=edition.lesson_id).exclude(title=edition.title).update(title=edition.title)


def retire(*, edition: Edition, by: AbstractBaseUser | None = None, now: datetime | None = None) -> None:
    """Stop showing this edition, and its translations, to readers. Readings of it are kept."""
    edition.state, edition.retired_by_id, edition.retired_at = State.RETIRED, by.pk if by else None, now
    edition.save(update_fields=["state", "retired_by", "retired_at"])
    if edition.translates_id is None:
        there = Edition.objects.filter(translates=edition, state=State.PUBLISHED)
        there.update(state=State.RETIRED, retired_by=edition.retired_by_id, retired_at=now)

"""Publish, retire: of two who press at once, one is told."""

from __future__ import annotations

import pytest
from django.db import connection

from learn.lessons import governance
from learn.lessons.models import Edition, Lesson, Step, Therapy
from tests.cast import make_edition, paced, together


def make_draft(lesson: Lesson, number: int) -> Edition:
    words = {"main_message": "M.", "remember": ["a", "b", "c"], "minutes": 3}
    edition = Edition.objects.create(lesson=lesson, number=number, title=f"Draft {number}", **words)
    Step.objects.create(edition=edition, position=1, slug="one", heading="One", body="Text.")
    return edition


def make_lesson() -> Lesson:
    therapy = Therapy.objects.create(slug="basics", position=1, title="The basics", summary="S.")
    return Lesson.objects.create(therapy=therapy, slug="a-lesson", position=1)


@pytest.mark.django_db
def test_what_was_published_meanwhile_is_not_published_again() -> None:
    draft = make_draft(make_lesson(), 1)
    seen = Edition.objects.get(pk=draft.pk)  # as another request read it before
    governance.publish(edition=draft)
    governance.retire(edition=draft)
    with pytest.raises(governance.UnfitEdition, match="Only a draft"):
        governance.publish(edition=seen)
    draft.refresh_from_db()
    assert draft.state == "retired"


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_two_at_once_publish_one_draft_once_and_two_drafts_one_after_the_other() -> None:
    assert connection.vendor == "postgresql", "SQLite hides races: run this on PostgreSQL"
    lesson = make_lesson()
    make_edition(lesson)

    def at_once(*drafts: Edition) -> list[str]:
        """Publish these at the same moment; return what came of each, and what the database refused."""

        def publish(k: int) -> list[Exception]:
            draft = Edition.objects.get(pk=drafts[k].pk)
            with paced() as refused:
                governance.publish(edition=draft)
            return refused

        return sorted(str(done) for done in together(len(drafts), publish))

    for n in range(2, 32, 3):
        one, other, again = (make_draft(lesson, n + k) for k in range(3))
        assert at_once(one, other) == ["[]", "[]"]
        assert Edition.objects.filter(lesson=lesson, state="published").count() == 1
        assert at_once(again, again) == ["Only a draft can be published.", "[]"]
        assert Edition.objects.get(lesson=lesson, state="published") == again

"""What educators do with a lesson: begin it, write a draft, send it for review, publish a typo, discard, retire it."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime

from django.db import transaction
from django.utils.text import slugify

from learn.languages import SOURCE
from learn.lessons import draft, governance
from learn.lessons.draft import StepText, Text
from learn.lessons.models import Edition, Lesson, Step, Therapy
from learn.people.models import User
from quizzes.models import Quiz, QuizItem, Revision, State

UNNAMED = "new-"  # begins the slug of a step without a heading


class Unfit(ValueError):
    """The lesson cannot be saved, sent, published or retired like this. `problems` says why."""

    def __init__(self, *problems: draft.Problem | str) -> None:
        self.problems = [p if isinstance(p, draft.Problem) else draft.Problem("", p) for p in problems]
        super().__init__(" ".join(problem.says for problem in self.problems))


class Stale(Unfit):
    """Somebody has changed the lesson since the page was made. `now` is its newest edition, or None."""

    def __init__(self, now: Edition | None) -> None:
        super().__init__("Somebody changed this lesson while you had it open. Read it as it stands now, then go on.")
        self.now = now


def text_of(edition: Edition, steps: Sequence[Step] | None = None) -> Text:
    """Return the text of an edition. One query, unless its steps are given."""
    rows = edition.steps.order_by("position") if steps is None else steps
    parts = (
        StepText(s.slug, s.heading, s.body, s.key_point, s.picture, s.alt, tuple(s.key), tuple(s.claims)) for s in rows
    )
    return Text(edition.title, edition.main_message, tuple(edition.remember), edition.minutes, tuple(parts))


def fingerprint(edition: Edition | None, text: Text | None = None, *also: str) -> str:
    """Return a hash of an edition as somebody saw it (16 hexadecimal digits; "" for None), to detect later changes.

    `text` saves the query for its steps. `also` are further texts that belong to what was seen.
    """
    if edition is None:
        return ""
    values = [edition.pk, edition.state, asdict(text or text_of(edition)), *also]
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:16]


def newest(lesson: Lesson) -> Edition | None:
    """Return the edition that an educator writes next: the draft, else the published one, else the newest retired."""
    found = lesson.editions.filter(language=SOURCE).select_related("author")
    return found.order_by("state", "-number").first()  # "draft" < "published" < "retired"


def before(edition: Edition) -> Edition | None:
    """Return the edition that this draft would replace: the published one, else the newest retired one, else None."""
    others = Edition.objects.filter(lesson=edition.lesson_id, language=edition.language).exclude(pk=edition.pk)
    return others.exclude(state=State.DRAFT).order_by("state", "-number").first()


def compared(edition: Edition, text: Text | None = None) -> tuple[draft.Comparison, Edition | None]:
    """Return what differs between an edition and the one that it would replace, and that one."""
    replaced = before(edition)
    was = text_of(replaced) if replaced else None
    now = text or text_of(edition)
    return draft.compare(was, now, read_first=edition.lesson.read_first), replaced


@transaction.atomic
def begin(*, therapy: Therapy, title: str, read_first: bool, by: User, now: datetime) -> Lesson:
    """Make a new lesson at the end of a therapy type, with a check and a draft of three empty steps.

    The same form sent twice makes one lesson: an untouched draft of the same title by the same person is returned.
    """
    list(Therapy.objects.select_for_update().order_by("pk"))  # one at a time: places and slugs are chosen here
    twin = Edition.objects.filter(
        lesson__therapy=therapy, number=1, state=State.DRAFT, title=title, author=by, main_message=""
    ).select_related("lesson")
    if found := twin.first():
        return found.lesson
    slug = free_slug(
        title, {*Lesson.objects.values_list("slug", flat=True), *Quiz.objects.values_list("slug", flat=True)}
    )
    last = therapy.lessons.order_by("-position").values_list("position", flat=True).first() or 0
    quiz = Quiz.objects.create(slug=slug, title=title)
    lesson = Lesson.objects.create(therapy=therapy, slug=slug, position=last + 1, quiz=quiz, read_first=read_first)
    steps = tuple(StepText(_unnamed()) for _ in range(3))
    _save(Edition(lesson=lesson, language=SOURCE, number=1), Text(title, steps=steps), by=by, now=now)
    return lesson


@transaction.atomic
def begin_therapy(*, title: str, summary: str, kind: str) -> Therapy:
    """Make a new therapy type at the end. Patients see it as soon as one of its lessons is published.

    A therapy type with this title is returned as it is, so that a form sent twice makes one.
    """
    rows = list(Therapy.objects.select_for_update().order_by("position"))
    if found := next((row for row in rows if row.title.casefold() == title.casefold()), None):
        return found
    slug = free_slug(title, {row.slug for row in rows})
    place = max((row.position for row in rows), default=0) + 1
    return Therapy.objects.create(slug=slug, position=place, kind=kind, title=title, summary=summary)


def free_slug(title: str, taken: set[str]) -> str:
    """Return a slug made from a title that nothing has yet."""
    slug = slugify(title)[:60].strip("-") or "lesson"
    n = 1
    while (name := slug if n == 1 else f"{slug}-{n}") in taken:
        n += 1
    return name


def _unnamed() -> str:
    return f"{UNNAMED}{secrets.token_hex(3)}"


def write(*, lesson: Lesson, seen: str, text: Text, by: User, now: datetime) -> Edition:
    """Save what an educator wrote, and return the draft: the existing draft of this lesson, or a new one.

    `seen` is the fingerprint of the edition that the page showed. The text may be unfinished: `draft.problems` says
    what is missing. The same form sent twice is saved once, and a text without a change makes no draft.

    Raises Stale if that edition is no longer the newest.
    """
    with transaction.atomic():
        Lesson.objects.select_for_update(no_key=True).get(pk=lesson.pk)
        there = newest(lesson)
        is_draft = there is not None and there.state == State.DRAFT
        if there and _named(text_of(there)) == _named(text):
            return there
        if fingerprint(there) != seen:
            raise Stale(there)
        if there is None or not is_draft:
            numbers = lesson.editions.filter(language=SOURCE).values_list("number", flat=True)
            edition = Edition(lesson=lesson, language=SOURCE, number=max(numbers, default=0) + 1)
            if there:
                edition.checked_on, edition.next_check = there.checked_on, there.next_check
        else:
            edition = there
        return _save(edition, _named(text), by=by, now=now)


def _named(text: Text) -> Text:
    """Return the text with a slug made from the heading for each new step that has one by now."""
    taken = {step.slug for step in text.steps}
    steps: list[StepText] = []
    for step in text.steps:
        if step.heading.strip() and (not step.slug or step.slug.startswith(UNNAMED)):
            slug = free_slug(step.heading, taken)
            taken.add(slug)
            step = replace(step, slug=slug)
        steps.append(step)
    return replace(text, steps=tuple(steps))


def _save(edition: Edition, text: Text, *, by: User | None, now: datetime | None) -> Edition:
    """Save the text as this draft, with all its steps."""
    edition.title, edition.main_message, edition.minutes = text.title, text.main_message, text.minutes
    edition.remember = list(text.remember)
    edition.shipped = ""
    if by:
        edition.author, edition.written = by, now
        edition.writers = sorted({*edition.writers, by.pk})
    edition.save()
    edition.steps.all().delete()
    Step.objects.bulk_create(
        Step(edition=edition, position=n, slug=step.slug or _unnamed(), heading=step.heading, body=step.body,
             key_point=step.key_point, picture=step.picture, alt=step.alt, key=list(step.key), claims=list(step.claims))
        for n, step in enumerate(text.steps, 1)
    )  # fmt: skip
    return edition


def save_draft(*, lesson: Lesson, text: Text, by: User, now: datetime) -> Edition:
    """Save a text from elsewhere (shipped text, a lesson pack) as the draft of this lesson.

    Raises Unfit if the lesson has a draft, which would be lost.
    """
    there = newest(lesson)
    if there and there.state == State.DRAFT:
        raise Unfit(f"“{there.title}” has a draft. Publish it or throw it away first.")
    return write(lesson=lesson, seen=fingerprint(there), text=text, by=by, now=now)


def locked(lesson: Lesson, seen: str) -> Edition:
    """Lock this lesson and return its newest edition. Call it in a transaction. Raises Stale if it was changed."""
    Lesson.objects.select_for_update(no_key=True).get(pk=lesson.pk)
    there = newest(lesson)
    if there is None or fingerprint(there) != seen:
        raise Stale(there)
    there.lesson = lesson
    return there


def finished_draft(lesson: Lesson, seen: str) -> Edition:
    """As `locked`, for a draft that may be reviewed. Raises Unfit with all that is missing in it."""
    there = locked(lesson, seen)
    if there.state != State.DRAFT:
        raise Unfit("There is no draft of this lesson now.")
    if missing := list(draft.problems(text_of(there))):
        raise Unfit(*missing)
    return there


def send(*, lesson: Lesson, seen: str, asked: str, now: datetime) -> Edition:
    """Send the draft for review, with what the reviewer is asked to look at. Raises Stale, Unfit."""
    with transaction.atomic():
        there = finished_draft(lesson, seen)
        there.stage, there.sent, there.asked = Edition.Stage.SENT, now, asked
        there.save(update_fields=["stage", "sent", "asked"])
        return there


def publish_typo(*, lesson: Lesson, seen: str, by: User, now: datetime) -> Edition:
    """Publish a draft that only mends a typo outside of safety (ruling 14). Its next check stays as it was.

    Raises Stale, Unfit; Unfit also if more than words changed, or if something that differs is about safety.
    """
    with transaction.atomic():
        there = finished_draft(lesson, seen)
        found, replaced = compared(there)
        if replaced is None or replaced.state != State.PUBLISHED or not found.typo or found.safety:
            raise Unfit("This is more than a typo outside of safety. Send it for review: a second person publishes it.")
        governance.publish(edition=there, same_meaning=True, by=by, now=now)
        return there


def discard(*, lesson: Lesson, seen: str) -> bool:
    """Delete the draft; and the lesson with it, if it never had another edition. Return whether the lesson is left.

    Raises Stale; Unfit if there is no draft.
    """
    with transaction.atomic():
        there = locked(lesson, seen)
        if there.state != State.DRAFT:
            raise Unfit("There is no draft of this lesson now.")
        there.delete()
        asked = QuizItem.objects.filter(quiz=lesson.quiz_id) if lesson.quiz_id else QuizItem.objects.none()
        if lesson.editions.exists() or Revision.objects.filter(question__quizitem__in=asked).exists():
            return True
        lesson.delete()
        if lesson.quiz_id:
            Quiz.objects.filter(pk=lesson.quiz_id).delete()
        return False


def retire(*, lesson: Lesson, seen: str, by: User, now: datetime, clinician: bool) -> None:
    """Take a lesson out: patients no longer find it; what was read and answered stays.

    Raises Stale; Unfit if it is not published, has a draft, or is about safety and this is no clinical reviewer.
    """
    with transaction.atomic():
        there = locked(lesson, seen)
        if there.state != State.PUBLISHED:
            raise Unfit("Only a published lesson without a draft can be taken out.")
        text = text_of(there)
        safety = lesson.read_first or any(draft.is_safety(step.text, step.claims) for step in text.steps)
        if safety and not clinician:
            raise Unfit("This lesson has pages about safety. A clinical reviewer takes it out.")
        governance.retire(edition=there, by=by, now=now)

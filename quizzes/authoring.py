"""What authors do with a question: draft, write, publish, retire, discard a revision."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Max
from django.utils.text import slugify

from quizzes.kinds import KINDS, Problem, Spec, said
from quizzes.models import Question, Quiz, QuizItem, Revision, State

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

_CHOOSABLE = ("choices", "rows", "cards")
_TEXTS = ("objective", "stem", "why", "source")


class Unfit(ValueError):
    """The question cannot be saved, published or retired like this. `problems` says why, one sentence each."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


class Stale(Unfit):
    """Somebody has changed the question since the page was rendered. `now` is the current revision, or None."""

    def __init__(self, now: Revision | None) -> None:
        super().__init__(["Somebody has changed this question since you opened it."])
        self.now = now


def with_ids(spec: Spec) -> Spec:
    """Return the spec with a random id for each choice, row and tile that has none.

    A random id does not reveal what is right (ruling 3).
    """
    named = {key: [{"id": secrets.token_hex(4)} | one for one in spec[key]] for key in _CHOOSABLE if key in spec}
    return spec | named


def fingerprint(revision: Revision | None, state: str = "") -> str:
    """Return a hash of a revision (16 hexadecimal digits; "" for None). A page carries it, to detect later changes.

    With `state`, return the hash that the revision would have in this state.
    """
    if revision is None:
        return ""
    values = [revision.pk, state or revision.state, revision.kind, revision.critical, revision.spec]
    values += [getattr(revision, name) for name in _TEXTS]
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:16]


def begin(quiz: Quiz, stem: str, *, instead_of: Question | None = None) -> Question:
    """Create a question at the end of this quiz, with a slug made from its stem. The caller has locked the quiz.

    `instead_of` is the question whose place it takes when it is published.
    """
    slug = slugify(stem)[:60].strip("-") or "question"
    taken = set(Question.objects.filter(slug__startswith=slug).values_list("slug", flat=True))
    n = 1
    while (name := slug if n == 1 else f"{slug}-{n}") in taken:
        n += 1
    question = Question.objects.create(slug=name, instead_of=instead_of)
    last = quiz.items.order_by("-position").values_list("position", flat=True).first() or 0
    QuizItem.objects.create(quiz=quiz, question=question, position=last + 1)
    return question


def draft(
    *, question: Question, language: str, kind: str, spec: Spec, unfinished: bool = False, **text: Any
) -> Revision:
    """Save a new draft with the next number and return it.

    Takes the name of the kind, its spec (ids may be missing) and the other fields of Revision (`stem`, `why`,
    `objective`, `critical`, `source`, `shipped`, `author`, `written`). `unfinished`: feedback, why and objective may
    still be empty, as in questions from a file. Such a draft cannot be published.

    Raises Unfit if the kind does not exist, the spec is not valid, or a text is missing or too long.
    """
    newest = question.revisions.filter(language=language).aggregate(n=Max("number"))["n"] or 0
    revision = Revision(question=question, language=language, number=newest + 1)
    _fill(revision, kind=kind, spec=spec, unfinished=unfinished, **text)
    revision.save(force_insert=True)
    return revision


def write(
    *,
    question: Question,
    language: str,
    seen: str,
    by: AbstractBaseUser,
    now: datetime,
    unfinished: bool = False,
    **words: Any,
) -> Revision:
    """Save what an educator wrote, and return the draft: the existing draft of this question, or a new one.

    `seen` is the fingerprint of the revision that the page showed. The other arguments are those of `draft`. The same
    form sent twice is saved once.

    Raises Stale if that revision is no longer the newest, Unfit as `draft` does.
    """
    with transaction.atomic():
        Question.objects.select_for_update().get(pk=question.pk)
        newest = question.newest(language)
        if fingerprint(newest) != seen:
            if newest and says(newest, **words):
                return newest  # the same form was sent twice
            raise Stale(newest)
        words |= {"author": by, "written": now}
        if newest is None or newest.state != State.DRAFT:
            return draft(question=question, language=language, unfinished=unfinished, **words)
        _fill(newest, **words, shipped="", unfinished=unfinished)
        newest.save()
        return newest


def says(draft: Revision, *, spec: Spec, **words: Any) -> bool:
    """Return whether this draft has exactly these texts. Then the same form was sent twice."""
    same = all(getattr(draft, name) == value for name, value in words.items())
    return draft.state == State.DRAFT and same and _unnamed(draft.spec) == _unnamed(with_ids(spec))


def _unnamed(spec: Spec) -> str:
    """Return a spec as JSON with its random ids replaced by their positions, so that two specs can be compared."""
    text = json.dumps(spec, sort_keys=True)
    for place, (id_, _) in enumerate(_choosable(spec)):
        text = text.replace(json.dumps(id_), str(place))
    return text


def problems(kind: str, spec: Spec, **text: Any) -> list[Problem]:
    """Return what is wrong with a question. Whoever drafts and whoever publishes is held to the same."""
    missing = [name for name in ("stem", "why", "objective") if not said(text.get(name))]
    return [*KINDS[kind].problems(spec), *(Problem(f"The {name} is missing.", name) for name in missing)]


def _can_wait(problem: Problem) -> bool:
    """Return whether this may be mended after the draft is saved: a text that is not written yet."""
    return bool({"feedback", "why", "objective"} & set(problem.at))


def to_write(revision: Revision) -> list[Problem]:
    """Return what is still to be written before this draft can be published; empty if it is finished."""
    return problems(
        revision.kind, revision.spec, stem=revision.stem, why=revision.why, objective=revision.objective
    )  # fmt: skip


def _fill(revision: Revision, *, kind: str, spec: Spec, unfinished: bool = False, **text: Any) -> None:
    """Set the fields of a draft. Raises Unfit."""
    if kind not in KINDS:
        raise Unfit([f"There is no kind of question called {kind!r}."])
    spec = with_ids(spec)
    found = [one for one in problems(kind, spec, **text) if not (unfinished and _can_wait(one))]
    if found:
        raise Unfit(found)
    for name, value in ({"kind": kind, "spec": spec} | text).items():
        setattr(revision, name, value)
    try:
        revision.clean_fields(exclude=[name for name in ("why", "objective") if unfinished and not text.get(name)])
    except ValidationError as error:
        raise Unfit(
            [Problem(f"{name}: {' '.join(said)}", name) for name, said in error.message_dict.items()]
        ) from error


def before(revision: Revision) -> Revision | None:
    """Return the revision that this draft would replace: the published one, else the newest retired one, else None."""
    others = Revision.objects.filter(question=revision.question_id, language=revision.language)
    return others.exclude(state=State.DRAFT).order_by("state", "-number").first()


def more_than_a_typo(revision: Revision, replaced: Revision | None) -> bool:
    """Return whether a draft changes more than words of the revision that it replaces (None: a new question).

    More than words are: the kind, what can be chosen, what is right, and whether it is a safety question.
    """
    if replaced is None:
        return True
    was, now = (dict(_choosable(one.spec)) for one in (replaced, revision))
    if any(text in [t for i, t in was.items() if i != id_] for id_, text in now.items() if text != was.get(id_)):
        return True  # two choices have exchanged their texts, so another one is right
    return (revision.kind, revision.critical, _bones(revision.spec)) != (
        replaced.kind, replaced.critical, _bones(replaced.spec)
    )  # fmt: skip


def _choosable(spec: Spec) -> Iterator[tuple[str, str]]:
    """Yield the id and the text of each choice, row and tile."""
    for key in _CHOOSABLE:
        yield from ((one["id"], one["text"]) for one in spec.get(key, ()))


def _bones(spec: Any) -> Any:
    """Return a spec without its texts."""
    if isinstance(spec, dict):
        return {key: _bones(inside) for key, inside in spec.items() if key not in ("text", "feedback")}
    return [_bones(inside) for inside in spec] if isinstance(spec, list) else spec


def needs_another(revision: Revision, replaced: Revision | None, *, same_meaning: bool) -> bool:
    """Return whether a second person must publish this: a changed meaning, or any safety question (ruling 14)."""
    return not same_meaning or revision.critical or replaced is None or replaced.critical


def publish(
    *,
    revision: Revision,
    same_meaning: bool,
    by: AbstractBaseUser | None = None,
    now: datetime | None = None,
    seen: str | None = None,
) -> None:
    """Publish this draft. The revision that was published before is retired.

    If only a typo was corrected (`same_meaning`), the question keeps its line of statistics; otherwise a new line
    starts. Open attempts continue with the revision that they started with. `by` and `now` are stored as history; both
    are None for shipped content. `seen` is the fingerprint of the draft that this person read. The same form sent twice
    is published once.

    Raises Unfit if the revision is not a draft, if something is missing or wrong, if `same_meaning` is set but more
    than a typo was changed, or if a second person must publish it; Stale if the draft has changed since this person
    read it.
    """
    with transaction.atomic():
        both = {revision.question_id, revision.question.instead_of_id or revision.question_id}
        list(Question.objects.select_for_update().filter(pk__in=both).order_by("pk"))
        now_there = Revision.objects.filter(pk=revision.pk).first()
        if seen is not None and seen != fingerprint(now_there):
            if now_there and by and now_there.published_by_id == by.pk and seen == fingerprint(now_there, State.DRAFT):
                return  # the same form was sent twice
            raise Stale(now_there)
        if now_there is None or now_there.state != State.DRAFT:
            raise Unfit(["Only a draft can be published."])
        revision.refresh_from_db()
        if missing := to_write(revision):
            raise Unfit(missing)
        replaced = before(revision)
        if same_meaning and more_than_a_typo(revision, replaced):
            raise Unfit(["More than a typo was changed. Publish it as a changed meaning."])
        alone = revision.author_id is None or by is None or revision.author_id == by.pk
        if by is not None and alone and needs_another(revision, replaced, same_meaning=same_meaning):
            raise Unfit(["A second person has to read and publish this. You wrote it."])
        _take_the_place(revision, by, now)
        if replaced is not None:
            if replaced.state == State.PUBLISHED:
                _retire(replaced, by, now)
            revision.line = replaced.line if same_meaning else replaced.line + 1
        revision.state, revision.published_by_id, revision.published_at = State.PUBLISHED, by.pk if by else None, now
        revision.save(update_fields=["state", "line", "published_by", "published_at"])


def _take_the_place(revision: Revision, by: AbstractBaseUser | None, now: datetime | None) -> None:
    """Retire the question that this one is written for, and move this one to its place. Raises Unfit."""
    old = revision.question.instead_of
    asked = Revision.objects.published(language=revision.language).filter(question=old).first() if old else None
    if old is None or asked is None:
        return
    if asked.critical and not revision.critical:
        raise Unfit([Problem("It takes the place of a safety question. Mark it as a safety question.", "critical")])
    _retire(asked, by, now)
    list(Quiz.objects.select_for_update().filter(items__question=old).order_by("pk"))
    for item in QuizItem.objects.filter(question=old).select_related("quiz"):
        order = list(item.quiz.items.values_list("question_id", flat=True))
        if revision.question_id in order:
            order.remove(revision.question_id)
            order.insert(order.index(old.pk), revision.question_id)
            _in_order(item.quiz, order)


def move(*, quiz: Quiz, question: Question, up: bool, at: int) -> bool:
    """Move a question one place up or down among those of its quiz that are asked or drafted; return whether it moved.

    `at` is its position as the page showed it. If it has another one by now, nothing happens, so the same form sent
    twice moves it once.
    """
    with transaction.atomic():
        Quiz.objects.select_for_update().get(pk=quiz.pk)
        items = {item.question_id: item.position for item in quiz.items.all()}
        order = list(items)
        alive = set(
            Revision.objects.filter(question__in=order).exclude(state=State.RETIRED).values_list("question", flat=True)
        )
        beside = [pk for pk in order if pk in alive or pk == question.pk]
        if items.get(question.pk) != at:
            return False
        place = beside.index(question.pk) + (-1 if up else 1)
        if not 0 <= place < len(beside):
            return False
        order.remove(question.pk)
        order.insert(order.index(beside[place]) + (not up), question.pk)
        _in_order(quiz, order)
        return True


def _in_order(quiz: Quiz, order: Sequence[int]) -> None:
    """Give the questions of a quiz (by primary key) these places. Two statements more than there are questions."""
    items = {item.question_id: item for item in quiz.items.all()}
    if [items[pk].position for pk in order] == list(range(1, len(order) + 1)):
        return
    last = max(item.position for item in items.values())
    quiz.items.update(position=F("position") + last)  # out of the way: no two may have one place
    for place, pk in enumerate(order, 1):
        quiz.items.filter(question=pk).update(position=place)


def retire(
    *, revision: Revision, by: AbstractBaseUser | None = None, now: datetime | None = None, seen: str | None = None
) -> None:
    """Retire this revision: it is no longer asked. Answers to it are kept.

    `seen` is the fingerprint of the revision that this person read.

    Raises Unfit if the revision is not published, or if an educator (`by`) would retire a safety question or the only
    question of a quiz, which can only be replaced; Stale if the revision has changed since this person read it.
    """
    with transaction.atomic():
        Question.objects.select_for_update().get(pk=revision.question_id)
        asking = QuizItem.objects.filter(question=revision.question_id).values("quiz")
        # Lock the quizzes: if their last two questions are retired at the same time, the second must be refused.
        list(Quiz.objects.select_for_update().filter(pk__in=asking).order_by("pk"))
        revision = Revision.objects.get(pk=revision.pk)
        if revision.state != State.PUBLISHED:
            raise Unfit(["Only a published question can be taken out."])
        if seen is not None and seen != fingerprint(revision):
            raise Stale(revision)
        if by is not None and revision.critical:
            raise Unfit(["A safety question is not taken out. Write a better one in its place."])
        if by is not None and (quiz := _would_be_empty(revision)):
            raise Unfit([f"It is the only question of “{quiz}”. Write a better one in its place."])
        _retire(revision, by, now)


def _retire(revision: Revision, by: AbstractBaseUser | None, now: datetime | None) -> None:
    revision.state, revision.retired_by_id, revision.retired_at = State.RETIRED, by.pk if by else None, now
    revision.save(update_fields=["state", "retired_by", "retired_at"])
    if revision.translates_id is None:
        there = Revision.objects.filter(translates=revision, state=State.PUBLISHED)
        there.update(state=State.RETIRED, retired_by=revision.retired_by_id, retired_at=now)


def _would_be_empty(revision: Revision) -> str:
    """Return the title of a quiz that has no other question, or ""."""
    for item in revision.question.quizitem_set.select_related("quiz"):
        asked = Revision.objects.published(language=revision.language).filter(question__quizitem__quiz=item.quiz_id)
        if not asked.exclude(pk=revision.pk).exists():
            return item.quiz.title
    return ""


def discard(*, revision: Revision, seen: str) -> None:
    """Delete a draft, and its question if it has no other revision.

    `seen` is the fingerprint of the draft that this person read. Raises Stale if it has changed or was published.
    """
    with transaction.atomic():
        question = Question.objects.select_for_update().get(pk=revision.question_id)
        now = Revision.objects.filter(pk=revision.pk, state=State.DRAFT).first()
        if now is None or fingerprint(now) != seen:
            raise Stale(now)
        now.delete()
        if not question.revisions.exists():
            question.quizitem_set.all().delete()
            question.delete()

"""What a hospital does with a text outside of the lessons: write, send, send back, publish, take out (ruling 48).

Every change is published by a second person; the call card by a clinician, who signs it. `deal` answers newer shipped
text. What is published lies over a file (call card, medicines, words), or is written into a row (`rows.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from learn.languages import SOURCE
from learn.lessons import bodies, card, card_texts, reference, rows, texts
from learn.lessons.bodies import CARD, MEDICINE
from learn.lessons.draft import Problem
from learn.lessons.models import ClinicalReview, Edition, Lesson, Reference, ReferenceText, Therapy
from learn.lessons.parts import FOR_ALL, FOR_SOME, PATHWAY, ROWS, THERAPY, VISIT, Body, lasting
from learn.lessons.writing import Unfit, free_slug
from learn.people import audit
from learn.people.models import Patient, User
from quizzes.models import State


class Stale(Unfit):
    """Somebody has changed the text since the page was made. `now` is how it stands."""

    def __init__(self, now: Standing) -> None:
        super().__init__("Somebody changed this text while you had it open. Read it as it stands now, then go on.")
        self.now = now


@dataclass(frozen=True)
class Standing:
    """How one text stands: what is shipped, what patients read, and what an educator writes next."""

    kind: str
    slug: str
    shipped: Body | None  # None: the hospital added it
    published: ReferenceText | None = None
    draft: ReferenceText | None = None
    retired: ReferenceText | None = None  # the newest wording that was taken out
    reference: Reference | None = None
    row: Body | None = None  # what stands in its row, if pages read it from there

    @property
    def read(self) -> Body | None:
        """What patients read now; None if they do not find it. A text that is not used here is `hidden`."""
        if self.published:
            return self._whole(self.published.body)
        return self.row if self.kind in ROWS else self.shipped

    def _whole(self, body: Body) -> Body:
        """Return a published body; what it does not say, because it is older than that field, stands in its row."""
        return (self.row or {}) | lasting(body)

    @property
    def hidden(self) -> bool:
        """Whether the hospital has published that it does not use this text."""
        return bool(self.published and self.published.body.get("hidden"))

    @property
    def by_hand(self) -> bool:
        """Whether the hospital has changed its row without a published text, as with its therapy types."""
        return self.row is not None and self.published is None and self.row != self.shipped

    @property
    def next(self) -> Body:
        """What an educator writes in next."""
        if self.draft:
            body: Body = self.draft.body
            return body
        there = self.read or self.shipped or (self.retired.body if self.retired else bodies.empty(self.kind))
        return lasting(there)

    @property
    def name(self) -> str:
        """What lists call it."""
        return bodies.name(self.kind, self.next)

    @property
    def newer(self) -> bool:
        """Whether a newer shipped text waits for an answer."""
        return bool(self.reference and self.reference.newer and self.shipped)

    @property
    def fingerprint(self) -> str:
        """A hash of it as somebody saw it, to detect later changes."""
        rows = [(row.pk, row.state, row.stage) if row else None for row in (self.published, self.draft)]
        return texts.digest([rows, self.next])[:16]


def standings(kind: str) -> list[Standing]:
    """Return all texts of a kind: the shipped ones and those that the hospital added, A to Z.

    Two queries, and those of `rows.read`.
    """
    held = {row.slug: row for row in Reference.objects.filter(kind=kind)}
    wordings: dict[str, list[ReferenceText]] = {}
    for row in ReferenceText.objects.filter(reference__kind=kind, language=SOURCE).select_related(
        "reference", "author"
    ).order_by("-number"):  # fmt: skip
        wordings.setdefault(row.reference.slug, []).append(row)
    shipped = bodies.shipped(kind)
    stored = {slug: body for slug, body in rows.read(kind).items() if body} if kind in ROWS else None
    found = [
        _standing(kind, slug, shipped.get(slug), held.get(slug), wordings.get(slug, []), (stored or {}).get(slug))
        for slug in {**(shipped if stored is None else stored), **wordings}
    ]
    return sorted(found, key=lambda one: one.name.casefold())


def standing(kind: str, slug: str) -> Standing | None:
    """Return how one text stands, or None if there is no such text. Two queries, and those of `rows.read`."""
    shipped = bodies.shipped(kind).get(slug)
    held = Reference.objects.filter(kind=kind, slug=slug).first()
    wordings = list(held.texts.filter(language=SOURCE).select_related("author").order_by("-number")) if held else []
    stored = rows.read(kind).get(slug) if kind in ROWS else None
    there = stored if kind in ROWS else shipped
    return _standing(kind, slug, shipped, held, wordings, stored) if there or wordings else None


def _standing(
    kind: str, slug: str, shipped: Body | None, held: Reference | None, wordings: list[ReferenceText],
    stored: Body | None,
) -> Standing:  # fmt: skip
    newest = {row.state: row for row in reversed(wordings)}
    published, draft, retired = (newest.get(state.value) for state in (State.PUBLISHED, State.DRAFT, State.RETIRED))
    return Standing(kind, slug, shipped, published, draft, retired, held, stored)


def waiting() -> list[ReferenceText]:
    """Return the drafts in review, each with its `name`; the call card first, then the oldest. One query."""
    rows = ReferenceText.objects.filter(state=State.DRAFT, stage=Edition.Stage.SENT, language=SOURCE)
    found = list(rows.select_related("reference", "author").order_by("sent"))
    for row in found:
        row.name = bodies.name(row.reference.kind, row.body)  # type: ignore[attr-defined]
    return sorted(found, key=lambda row: row.reference.kind != CARD)


def drafted_groups() -> list[str]:
    """Return the groups that the drafts of visit questions name. One query."""
    drafts = ReferenceText.objects.filter(reference__kind=VISIT, state=State.DRAFT, language=SOURCE)
    return [body["group"] for body in drafts.order_by("pk").values_list("body", flat=True)]


def lessons() -> dict[str, str]:
    """Return the therapy type of each lesson that a text may name, by slug: those that are published."""
    return dict(Lesson.objects.taught().values_list("slug", "therapy__slug"))


def problems(now: Standing, body: Body) -> list[Problem]:
    """Return what must be mended before this body can be reviewed."""
    known = lessons() if now.kind in (MEDICINE, VISIT, PATHWAY) else {}
    others = {slug: row for slug, row in rows.read(now.kind).items() if slug != now.slug} if now.kind in ROWS else {}
    found = list(bodies.problems(now.kind, now.slug, body, known, others))
    if now.kind in (MEDICINE, PATHWAY) and Therapy.objects.filter(slug=body["therapy"], kind=FOR_ALL).exists():
        found.append(Problem("therapy", "This therapy type is for everyone. Choose a treatment"))
    turned = now.kind == THERAPY and (now.read or body)["kind"] == FOR_SOME != body["kind"]
    if turned and (whose := _belonging(now.slug)):
        found.append(Problem("kind", f"It stays a treatment as long as it has {', '.join(whose)}"))
    return found


def _belonging(therapy: str) -> list[str]:
    """Return what belongs to this therapy type as a treatment, in words."""
    medicines = sum(one.therapy == therapy for one in reference.medicines(hidden=True).values())
    pathways = sum(row["therapy"] == therapy for row in rows.read(PATHWAY).values() if row)
    counts = ((medicines, "medicine"), (pathways, "pathway"))
    found = [f"{n} {word}{'s' * (n != 1)}" for n, word in counts if n]
    return found + ["patients"] * Patient.objects.current().filter(treatment=therapy).exists()


def _locked(kind: str, slug: str, seen: str | None = None) -> Standing:
    """Lock one text and return how it stands. Call it in a transaction. Raises Stale if it was changed."""
    shipped = bodies.shipped(kind).get(slug)
    Reference.objects.get_or_create(
        kind=kind, slug=slug, defaults={"dealt_with": texts.digest(shipped) if shipped else ""}
    )
    Reference.objects.select_for_update(no_key=True).get(kind=kind, slug=slug)
    now = standing(kind, slug) or Standing(kind, slug, None, reference=Reference.objects.get(kind=kind, slug=slug))
    if seen is not None and now.fingerprint != seen:
        raise Stale(now)
    return now


@transaction.atomic
def begin(*, kind: str, body: Body, by: User, now: datetime) -> Standing:
    """Add a text, as a draft. The same form sent twice makes one."""
    User.objects.select_for_update(no_key=True).get(pk=by.pk)  # two presses at once make one
    here = standings(kind)
    if twin := next((one for one in here if one.draft and one.read is None and one.draft.body == body), None):
        return twin
    taken = {one.slug for one in here} | (rows.read(kind).keys() if kind in ROWS else set())
    there = None
    while there is None or there.draft or there.published:  # somebody else may have taken the slug meanwhile
        slug = free_slug(bodies.name(kind, body), taken)
        taken.add(slug)
        there = _locked(kind, slug)
    _write(there, body, by=by, now=now)
    return _locked(kind, slug)


@transaction.atomic
def write(*, kind: str, slug: str, seen: str, body: Body, by: User, now: datetime) -> None:
    """Save what an educator wrote as the draft. A text without a change makes none, and is no error.

    Raises Stale if the text has changed since the page was made.
    """
    there = _locked(kind, slug)
    if there.next == body:
        return
    if there.fingerprint != seen:
        raise Stale(there)
    _write(there, body, by=by, now=now)


def _write(there: Standing, body: Body, *, by: User, now: datetime, shipped: str = "") -> ReferenceText:
    reference = there.reference
    number = max((row.number for row in (there.published, there.draft, there.retired) if row), default=0)
    row = there.draft or ReferenceText(reference=reference, language=SOURCE, number=number + 1)
    row.body, row.author, row.written, row.shipped, row.stage = body, by, now, shipped, ""
    row.writers = sorted({*row.writers, by.pk})
    row.save()
    return row


def _draft(there: Standing) -> ReferenceText:
    if there.draft is None:
        raise Unfit("There is no draft of this text now.")
    return there.draft


@transaction.atomic
def send(*, kind: str, slug: str, seen: str, asked: str, now: datetime) -> None:
    """Send the draft for review. Raises Stale; Unfit with all that must be mended first, or if nothing differs."""
    there = _locked(kind, slug, seen)
    row = _draft(there)
    if found := problems(there, row.body):
        raise Unfit(*found)
    if row.body == there.read:
        raise Unfit("Nothing differs from what patients read. Throw the draft away instead.")
    row.stage, row.sent, row.asked = Edition.Stage.SENT, now, asked
    row.save(update_fields=["stage", "sent", "asked"])


@transaction.atomic
def send_back(*, kind: str, slug: str, seen: str, why: str) -> None:
    """Send a draft back to who wrote it, and say why. Raises Stale; Unfit if it is not in review."""
    row = _draft(_locked(kind, slug, seen))
    if row.stage != Edition.Stage.SENT:
        raise Unfit("This text is not in review now.")
    row.stage, row.asked = Edition.Stage.BACK, why
    row.save(update_fields=["stage", "asked"])


@transaction.atomic
def publish(
    *, kind: str, slug: str, seen: str, by: User, now: datetime, role: str = "", until: date | None = None,
    same_meaning: bool = False,
) -> None:  # fmt: skip
    """Publish a draft in review that somebody else wrote. The wording before is retired; pages follow at once.

    A text that is word for word what is shipped goes back to that: it has its translation again, and follows newer
    shipped text. The card does not: a clinician has signed it.

    The call card needs a clinician: `role` ("oncology nurse") and `until`, how long the review counts. What the card
    said is kept, so that readers are told of the change, unless it means the same.

    Raises Stale; Unfit if this person wrote in it, if it was not sent, or if something is missing.
    """
    there = _locked(kind, slug, seen)
    row = _draft(there)
    if by.pk in row.writers:
        raise Unfit("You wrote in this draft. A second person has to read and publish it.")
    if row.stage != Edition.Stage.SENT:
        raise Unfit("This draft was not sent for review yet.")
    if found := problems(there, row.body):
        raise Unfit(*found)
    row.same_meaning = same_meaning
    _publish(there, row, by=by, now=now, role=role, until=until)
    if kind != CARD and row.body == there.shipped:
        _retire(row, by=by, now=now)
        Reference.objects.filter(kind=kind, slug=slug).update(newer="", dealt_with=texts.digest(there.shipped))


@transaction.atomic
def sign(*, seen: str, by: User, now: datetime, role: str, until: date) -> None:
    """Sign the call card as patients read it now, as a clinician. It is another wording with the same text.

    Raises Stale; Unfit if there is a draft, or if this person wrote what is published.
    """
    there = _locked(CARD, card.SLUG, seen)
    if there.draft:
        raise Unfit("The card has a draft. Publish it or throw it away first.")
    if there.published and by.pk in there.published.writers:
        raise Unfit("You wrote this. Somebody else has to review it.")
    body = there.read
    assert body is not None  # noqa: S101 - the card is always shipped
    row = _write(there, body, by=by, now=now, shipped=texts.digest(body) if body == there.shipped else "")
    row.writers = there.published.writers if there.published else []
    row.same_meaning = True
    _publish(there, row, by=by, now=now, role=role, until=until)


def _publish(there: Standing, row: ReferenceText, *, by: User, now: datetime, role: str, until: date | None) -> None:
    if there.kind == CARD and not (role and until):
        raise Unfit("A clinician has to sign the call card before it changes.")
    if there.published:
        _retire(there.published, by=by, now=now)
    row.state, row.stage, row.published_by, row.published_at = State.PUBLISHED, "", by, now
    row.save()
    rows.put(there.kind, there.slug, row.body)
    if role and until:
        ClinicalReview.objects.create(text=row, who=by, role=role, on=timezone.localdate(now), until=until)
    if there.kind == CARD:
        data = texts.read_once("call_card.yaml") | row.body | {"same_meaning": row.same_meaning}
        card_texts.keep(data, now)
    audit.note_own(user=by, what="text.published", now=now)


def _retire(row: ReferenceText, *, by: User | None, now: datetime) -> None:
    row.state, row.retired_by, row.retired_at = State.RETIRED, by, now
    row.save(update_fields=["state", "retired_by", "retired_at"])


@transaction.atomic
def discard(*, kind: str, slug: str, seen: str) -> None:
    """Delete the draft. Raises Stale; Unfit if there is none."""
    _draft(_locked(kind, slug, seen)).delete()


@transaction.atomic
def retire(*, kind: str, slug: str, seen: str, by: User, now: datetime) -> None:
    """Take out a text that the hospital added: patients no longer find it.

    Raises Stale; Unfit if it is shipped, has a draft, is not published, or if this person wrote it.
    """
    there = _locked(kind, slug, seen)
    if there.shipped is not None or there.published is None or there.draft:
        raise Unfit("Only a text that your hospital added, without a draft, can be taken out.")
    if by.pk in there.published.writers:
        raise Unfit("You wrote this. A second person has to take it out.")
    _retire(there.published, by=by, now=now)
    rows.put(kind, slug, None)
    audit.note_own(user=by, what="text.retired", now=now)


@transaction.atomic
def deal(*, kind: str, slug: str, take: bool, by: User, now: datetime) -> None:
    """Answer newer shipped text: take it over as a draft, or keep ours. It is not reported again.

    Raises Unfit if there is a draft that would be lost.
    """
    there = _locked(kind, slug)
    if take and there.shipped is not None:
        if there.draft:
            raise Unfit("It has a draft. Publish it or throw it away first.")
        _write(there, there.shipped, by=by, now=now)
    Reference.objects.filter(kind=kind, slug=slug).update(newer="", dealt_with=texts.digest(there.shipped))


def tell(kind: str, slug: str, newer: str) -> None:
    """Keep that a newer shipped text was left alone (its hash), or that there is none."""
    if newer:
        Reference.objects.update_or_create(kind=kind, slug=slug, defaults={"newer": newer})
    else:
        Reference.objects.filter(kind=kind, slug=slug).exclude(newer="").update(newer="")


def dealt_with(kind: str) -> dict[str, str]:
    """Return the hash of the newest shipped text that somebody looked at, by slug. One query."""
    return dict(Reference.objects.filter(kind=kind).values_list("slug", "dealt_with"))


def tell_newer(shipped: Mapping[str, Mapping[str, Body]], now: datetime) -> list[str]:
    """Compare the hospital's own texts with what is shipped now (by kind and slug); return what is newer, in sentences.

    A wording that only signed the shipped text gives way to a newer one.
    """
    found = []
    for kind in bodies.FILES:
        for there in standings(kind):
            body = shipped[kind].get(there.slug)
            if there.reference is None or body is None or not (there.published or there.draft):
                continue
            newest = texts.digest(body)
            if there.published and there.published.shipped:
                if there.published.shipped != newest:
                    _retire(there.published, by=None, now=now)
                continue
            newer = newest if there.reference.dealt_with != newest else ""
            if newer:
                found.append(f"{kind} {there.slug}: newer text is available; yours was left as it is.")
            tell(kind, there.slug, newer)
    return found

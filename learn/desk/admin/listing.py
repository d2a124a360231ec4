"""The list of all patients: what it can be filtered and sorted by, and one line of it.

Every filter and every order is a link to the same page, so that a nurse can keep it as a bookmark.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import cached_property
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.db.models import OuterRef, Subquery
from django.http import QueryDict

from learn.desk.admin import drawn
from learn.desk.admin.days import short
from learn.people.models import AuditEvent, PatientQuerySet, User
from learn.people.sort_key import PERSON
from learn.progress import standing
from learn.progress.attention import CHIPS, ORDER, Entry, Worklist

NOTHING = "nothing"  # the filter for patients whom no reason is about
FILTERS = {"therapy": "Treatment", "why": "Needs", "nurse": "Nurse"}
HEADS = {
    "name": "Patient",
    "therapy": "Treatment",
    "done": "Lessons done",
    "why": "Needs",
    "due": "Due",
    "seen": "Last seen",
    "nurse": "Nurse",
}


def with_nurse(patients: PatientQuerySet) -> PatientQuerySet:
    """Add `nurse` to each patient: the name of who invited them, by the audit log; None if it does not know."""
    invited = AuditEvent.objects.filter(patient=OuterRef("pk"), what="invited").order_by("at", "pk")
    names = User.objects.filter(pk=OuterRef("invited_by")).annotate(shown=PERSON)
    return patients.annotate(invited_by=Subquery(invited.values("who")[:1])).annotate(
        nurse=Subquery(names.values("shown")[:1])
    )


class Choice(NamedTuple):
    """One value of a filter, as a link."""

    href: str
    words: str
    patients: int
    chosen: bool
    is_any: bool = False  # it takes the filter away


class View:
    """The list as one address shows it. An unknown filter or order in the address counts as none."""

    def __init__(self, asked: QueryDict, found: Worklist) -> None:
        self.found = found
        self.every = [*found.entries, *found.others]
        counts = {name: Counter(VALUE[name](entry) for entry in self.every) for name in FILTERS}
        self.counts = {name: {value: n for value, n in found.items() if value} for name, found in counts.items()}
        self.asked = {name: asked.get(name, "") for name in FILTERS if asked.get(name) in self.counts[name]}
        sort = asked.get("sort", "")
        self.sort = sort if sort.removeprefix("-") in HEADS else "name"
        self.after = asked.get("after", "")
        self.narrows = bool(self.asked)
        self.fitting = [e for e in self.every if all(VALUE[name](e) == value for name, value in self.asked.items())]

    @cached_property
    def entries(self) -> list[Entry]:
        """The patients who fit the filter, in order. Those without the value that the list is sorted by come last."""
        name, down = self.sort.removeprefix("-"), self.sort.startswith("-")
        named = sorted(self.fitting, key=lambda entry: (entry.patient.sort_key, entry.patient.pk))
        keys = {entry.patient.pk: self._key(name, entry) for entry in named}
        known = [entry for entry in named if keys[entry.patient.pk] is not None]
        rest = [entry for entry in named if keys[entry.patient.pk] is None]
        return sorted(known, key=lambda entry: keys[entry.patient.pk], reverse=down) + rest

    def _key(self, name: str, entry: Entry) -> Any:
        if name == "name":
            return entry.patient.sort_key
        if name == "why":
            return entry.place if entry.reasons else None
        if name == "done":
            bar = drawn.bar(self.whole[entry.patient.user_id].standings)
            return bar.done / bar.asked if bar.asked else None
        if name == "therapy":
            return self.titles.get(entry.patient.treatment)
        return {"due": entry.due, "seen": entry.seen, "nurse": VALUE["nurse"](entry) or None}[name]

    @cached_property
    def whole(self) -> dict[int, standing.Whole]:
        """The lessons of the patients shown; of all who fit when the order depends on them."""
        fits = self.fitting if self.sort.removeprefix("-") in ("done", "therapy") else self.page(None)[0]
        learners = {entry.patient.user_id for entry in fits or self.every[:1]}
        known = {key: history for key, history in self.found.histories.items() if key[0] in learners}
        return standing.whole(learners, known)

    @cached_property
    def titles(self) -> dict[str, str]:
        """The title of each treatment by its slug."""
        return drawn.treatments(next(iter(self.whole.values())).standings) if self.whole else {}

    def page(self, size: int | None) -> tuple[list[Entry], int]:
        """Return the patients of this page and the place of the first of them; the same page again with None."""
        if size is not None:
            pks = [str(entry.patient.pk) for entry in self.entries]
            self._start = pks.index(self.after) + 1 if self.after in pks else 0
            self._page = self.entries[self._start : self._start + size]
        return self._page, self._start

    def address(self, **over: Any) -> str:
        """Return the query string of this view with some values changed; an empty value leaves the name out."""
        values = self.asked | ({"sort": self.sort} if self.sort != "name" else {}) | over
        return "?" + urlencode({name: value for name, value in values.items() if value})

    def groups(self) -> list[tuple[str, list[Choice]]]:
        """Return each filter that has more than one value, with its values as links. The first one is: any."""
        found = []
        for name, label in FILTERS.items():
            words = {"therapy": self.titles, "why": {w.value: said for w, said in CHIPS.items()}}.get(name, {})
            counts, chosen = self.counts[name], self.asked.get(name, "")
            values = sorted(counts, key=lambda value: (_place(name, value), words.get(value, value)))
            choices = [Choice(self.address(**{name: ""}), "Any", len(self.every), not chosen, is_any=True)]
            for value in values:
                said = "Nothing open" if value == NOTHING else words.get(value, value)
                choices.append(Choice(self.address(**{name: value}), said, counts[value], value == chosen))
            if len(values) > 1 or chosen:
                found.append((label, choices))
        return found

    def heads(self) -> list[tuple[str, str, str]]:
        """Return each column as (words, address that sorts by it, "ascending", "descending" or "")."""
        state = {self.sort: "descending" if self.sort.startswith("-") else "ascending"}
        return [
            (
                words,
                self.address(sort=f"-{name}" if self.sort == name else name),
                state.get(name) or state.get(f"-{name}", ""),
            )
            for name, words in HEADS.items()
        ]

    def line(self, entry: Entry) -> dict[str, Any]:
        """Return what one line shows."""
        standings = self.whole[entry.patient.user_id].standings
        done = max((s.done_at for s in standings if s.assigned and s.done_at), default=None)
        ended = None if entry.asks else done
        return {
            "patient": entry.patient,
            "treatment": self.titles.get(entry.patient.treatment, ""),
            "bar": drawn.bar(standings),
            "why": entry.why or "",
            "needs": CHIPS[entry.why] if entry.why else "On the way" if entry.asks else "All done" if ended else "–",
            "all_done": ended is not None and not entry.why,
            "due": short(entry.due, entry.today),
            "done": short(entry.patient.care_team.today(ended), entry.today) if ended else "",
            "seen": short(entry.seen, entry.today),
            "nurse": VALUE["nurse"](entry),
        }


def _place(name: str, value: str) -> int:
    return [why.value for why in ORDER].index(value) if name == "why" and value in ORDER else len(ORDER)


VALUE: dict[str, Callable[[Entry], str]] = {
    "therapy": lambda entry: entry.patient.treatment,
    "why": lambda entry: entry.why.value if entry.why else NOTHING,
    "nurse": lambda entry: getattr(entry.patient, "nurse", None) or "",
}

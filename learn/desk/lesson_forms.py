"""The forms of educators and reviewers: a lesson with its steps, a new lesson, a therapy type, a decision."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from typing import Any

from django import forms

from learn.fields import ChoiceOne, LabelField, Lines, choice
from learn.lessons import draft, reference, reviewing
from learn.lessons.draft import LONGEST, MOST_STEPS, StepText, Text
from learn.lessons.models import Therapy
from learn.lessons.parts import FOR_ALL, FOR_SOME

NEXT = timedelta(days=182)  # until a text is checked again, unless the reviewer says otherwise
WHOSE = [(FOR_SOME, "For people who get this treatment"), (FOR_ALL, "For everyone")]  # the kinds of therapy types
SLUG = re.compile(r"[\w-]{1,80}", re.ASCII)


def _line(label: str, most: int, hint: str = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=hint,
        max_length=most,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"max_length": f"Use {most} letters at most"},
    )


def _lines(label: str, most: int, rows: int, hint: str = "") -> Lines:
    return Lines(
        label=label,
        help_text=hint,
        max_length=most,
        required=False,
        widget=forms.Textarea(attrs={"rows": rows}),
        error_messages={"max_length": f"Use {most} letters at most"},
    )


class LessonForm(forms.Form):
    """A whole lesson. The fields of step n end in "_n"; `do` says which button was pressed ("up_2", "add", "save").

    Nothing has to be filled in: an unfinished draft is saved, and the page says what is missing (`draft.problems`).
    """

    use_required_attribute = False

    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)
    title = _line("Title", LONGEST["title"])
    main_message = _line("Main message", LONGEST["main_message"], "One sentence: what it is about.")
    minutes = forms.IntegerField(
        label="Minutes to read",
        min_value=1,
        max_value=60,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "size": 3, "autocomplete": "off"}),
        error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), "Use a number from 1 to 60"),
    )
    remember_0, remember_1, remember_2 = (
        _line(f"Remember, point {n}", LONGEST["point"]) for n in range(1, draft.POINTS + 1)
    )

    def __init__(self, text: Text, seen: str, data: Mapping[str, Any] | None = None) -> None:
        """Fill the form from a text, or from what was posted: then `count` says how many steps it has."""
        initial: dict[str, Any] = {"seen": seen, "title": text.title, "main_message": text.main_message}
        initial |= {"minutes": text.minutes} | {f"remember_{n}": point for n, point in enumerate(text.remember)}
        same = ("slug", "heading", "body", "key_point", "picture")
        for n, step in enumerate(text.steps):
            initial |= {f"{name}_{n}": getattr(step, name) for name in same}
            initial |= {f"alt_{n}": step.alt, f"key_{n}": "\n".join(step.key), f"claims_{n}": ", ".join(step.claims)}
        super().__init__(data, initial=initial)
        posted = str(data.get("count", "")) if data is not None else ""
        self.count = min(int(posted), MOST_STEPS) if re.fullmatch(r"[0-9]{1,3}", posted) else len(text.steps)
        for n in range(self.count):
            self.fields |= {f"{name}_{n}": make() for name, make in self.of_step().items()}

    theirs: list[draft.Difference] = []  # what differs from a text that somebody else saved meanwhile

    def around(self) -> list[forms.BoundField]:
        """Return the fields that belong to no step, for the page."""
        points = (f"remember_{n}" for n in range(draft.POINTS))
        return [self[name] for name in ("title", "main_message", "minutes", *points)]

    @staticmethod
    def of_step() -> dict[str, Callable[[], forms.Field]]:
        """Return what makes each field of a step."""
        shipped = [("", "No picture"), *((name, name.removesuffix(".svg")) for name in draft.pictures())]
        return {
            "slug": partial(forms.CharField, widget=forms.HiddenInput, required=False, max_length=200),
            "heading": partial(_line, "Heading", LONGEST["heading"]),
            "body": partial(
                _lines, "Text", LONGEST["body"], 7,
                "**bold**, - list, [words](address). An empty line begins a paragraph.",
            ),
            "key_point": partial(_line, "Key point", LONGEST["key_point"], "One sentence, the one to keep."),
            "picture": partial(
                forms.ChoiceField, label="Picture", choices=shipped, required=False,
                error_messages={"invalid_choice": "There is no such picture here. Choose one from the list"},
            ),
            "alt": partial(_line, "The picture in words", LONGEST["alt"]),
            "key": partial(_lines, "Key of the picture", 2000, 2, "A line for each number in it."),
            "claims": partial(_line, "Facts it teaches", 1000, "Their names, as BA-01, CI-30."),
        }  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """Refuse a fact that does not exist, and too long a key of a picture."""
        data: dict[str, Any] = super().clean() or {}
        for n in range(self.count):
            unknown = [claim for claim in _claims(data.get(f"claims_{n}")) if claim not in reference.claims()]
            if unknown:
                self.add_error(f"claims_{n}", f"There is no fact {', '.join(unknown)[:200]}. Names are like BA-01")
            rows = _rows(data.get(f"key_{n}"))
            if len(rows) > draft.PICTURE_WORDS or any(len(row) > LONGEST["key"] for row in rows):
                self.add_error(
                    f"key_{n}", f"Use {draft.PICTURE_WORDS} lines at most, of {LONGEST['key']} letters each at most"
                )
        return data

    def text(self) -> Text:
        """Return what was typed as a text; of a field with an error, nothing."""
        data = self.cleaned_data
        steps = (
            StepText(
                slug=slug if SLUG.fullmatch(slug := data.get(f"slug_{n}") or "") else "",
                heading=" ".join((data.get(f"heading_{n}") or "").split()),
                body=(data.get(f"body_{n}") or "").strip() + "\n" * bool(data.get(f"body_{n}")),
                key_point=" ".join((data.get(f"key_point_{n}") or "").split()),
                picture=data.get(f"picture_{n}") or "",
                alt=" ".join((data.get(f"alt_{n}") or "").split()),
                key=tuple(_rows(data.get(f"key_{n}"))),
                claims=tuple(_claims(data.get(f"claims_{n}"))),
            )
            for n in range(self.count)
        )
        return Text(
            title=" ".join((data.get("title") or "").split()),
            main_message=" ".join((data.get("main_message") or "").split()),
            remember=tuple(" ".join((data.get(f"remember_{n}") or "").split()) for n in range(draft.POINTS)),
            minutes=data.get("minutes") or 5,
            steps=tuple(_each_once(list(steps))),
        )

    def tell(self, missing: list[draft.Problem]) -> None:
        """Add each problem of a saved draft to the field that it is about."""
        for problem in missing:
            if problem.field in self.fields and not self.errors.get(problem.field):
                self.add_error(problem.field, problem.says.removesuffix("."))


def _each_once(steps: list[StepText]) -> list[StepText]:
    """Return the steps; of two with the same slug, the second gets a new one."""
    seen: set[str] = set()
    found = []
    for step in steps:
        found.append(replace(step, slug="") if step.slug in seen else step)
        seen.add(step.slug)
    return found


def _rows(value: str | None) -> list[str]:
    return [" ".join(line.split()) for line in (value or "").splitlines() if line.strip()]


def _claims(value: str | None) -> list[str]:
    return list(dict.fromkeys(re.findall(r"[^\s,;]+", (value or "").upper())))


class NewLessonForm(forms.Form):
    """A new lesson: its title, its therapy type, and whether it says when to call."""

    use_required_attribute = False

    title = LabelField(
        label="Title",
        max_length=LONGEST["title"],
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Give the lesson a title", "max_length": "Use 120 letters at most"},
    )
    therapy = ChoiceOne(label="Therapy type", say="Choose a therapy type")
    read_first = forms.BooleanField(
        label="It teaches when to call", help_text="Lists say “Read this first”. Each change needs a second person.",
        required=False,
    )  # fmt: skip

    def __init__(self, *args: Any, therapies: list[Therapy], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.therapies = {therapy.slug: therapy for therapy in therapies}
        choice(self, "therapy").choices = [(slug, therapy.title) for slug, therapy in self.therapies.items()]

    def clean_therapy(self) -> Therapy:
        """Return the therapy type."""
        return self.therapies[self.cleaned_data["therapy"]]


class TherapyForm(forms.Form):
    """A new therapy type: any treatment, or a general theme."""

    use_required_attribute = False

    title = LabelField(
        label="Name of the treatment",
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Give the treatment a name", "max_length": "Use 120 letters at most"},
    )
    summary = LabelField(
        label="What it is, in one sentence",
        max_length=300,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Say in one sentence what it is", "max_length": "Use 300 letters at most"},
    )
    kind = ChoiceOne(
        label="Whose is it?",
        choices=WHOSE,
        initial=FOR_SOME,
        say="Choose one",
    )


class SendForm(forms.Form):
    """What the reviewer is asked to look at."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)
    asked = _line("What should the reviewer look at? (optional)", 500)


class RemarkForm(forms.Form):
    """A remark on a step, on a question or on the whole lesson."""

    use_required_attribute = False

    about = forms.CharField(widget=forms.HiddenInput, required=False, max_length=90)
    text = forms.CharField(
        label="Your remark", max_length=1000, widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Write the remark", "max_length": "Use 1000 letters at most"},
    )  # fmt: skip


SIGN, PUBLISH, TYPO, BACK = "sign", "publish", "typo", "back"


class DecisionForm(forms.Form):
    """A reviewer's decision: signed as a clinician, published by a second person, or sent back."""

    use_required_attribute = False

    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)
    verdict = ChoiceOne(label="Your decision", say="Choose your decision")
    role = LabelField(
        label="Your role, as you sign",
        help_text="For example: oncology nurse. Needed if you sign as a clinician.",
        max_length=80,
        required=False,
        error_messages={"max_length": "Use 80 letters at most"},
    )
    next_check = forms.DateField(
        label="Next check by",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        required=False,
        error_messages={"invalid": "Type a date, like 2027-05-28"},
    )

    def __init__(self, *args: Any, verdicts: list[tuple[str, str]], today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice(self, "verdict").choices = verdicts
        self.today = today
        self.fields["next_check"].initial = today + NEXT

    def clean(self) -> dict[str, Any]:
        """Require a role to sign as a clinician, and a day within two years to publish."""
        data: dict[str, Any] = super().clean() or {}
        if data.get("verdict") == SIGN and not data.get("role") and "role" not in self.errors:
            self.add_error("role", "Say in which role you sign, like “oncology nurse”")
        if data.get("verdict") in (SIGN, PUBLISH, TYPO) and "next_check" not in self.errors:
            day = data.get("next_check")
            if not day or not self.today < day <= self.today + reviewing.MOST_AHEAD:
                self.add_error("next_check", "Choose a day after today, two years from now at most")
        return data


class SignatureForm(DecisionForm):
    """Who signs a translation, in which way and role, and until when it counts."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["verdict"].label = "How you sign"
        self.fields["role"].help_text = "For example: certified medical translator; or oncology nurse."
        self.fields["next_check"].label = "It counts until"

    def clean(self) -> dict[str, Any]:
        """Require a role, and a day within two years."""
        data: dict[str, Any] = forms.Form.clean(self) or {}
        if not data.get("role") and "role" not in self.errors:
            self.add_error("role", "Say in which role you sign, like “certified medical translator”")
        day = data.get("next_check")
        if "next_check" not in self.errors and not (day and self.today < day <= self.today + reviewing.MOST_AHEAD):
            self.add_error("next_check", "Choose a day after today, two years from now at most")
        return data


class HoldForm(forms.Form):
    """Settle a hold, or open it again: in which role, and why."""

    use_required_attribute = False

    note = forms.CharField(widget=forms.HiddenInput, max_length=2000, strip=False)
    settled = forms.BooleanField(widget=forms.HiddenInput, required=False)
    role = LabelField(
        label="Your role", max_length=80,
        error_messages={"required": "Say in which role you confirm it", "max_length": "Use 80 letters at most"},
    )  # fmt: skip
    why = LabelField(
        label="What you checked, and where", max_length=500,
        error_messages={"required": "Say what you checked", "max_length": "Use 500 letters at most"},
    )  # fmt: skip


class PackForm(forms.Form):
    """A lesson pack to take in."""

    use_required_attribute = False

    file = forms.FileField(
        label="The file of the lesson pack",
        widget=forms.ClearableFileInput(attrs={"accept": ".zip"}),
        error_messages={
            "required": "Choose the file of a lesson pack", "empty": "This file is empty. Choose another",
            "invalid": "Choose the file of a lesson pack", "missing": "Choose the file of a lesson pack",
        },
    )  # fmt: skip

"""One form for each kind of question. Authors type no JSON, and the number of rows is fixed, so no script is needed.

Empty rows are ignored. The kind validates the question (`Kind.problems`), and `Words.refuse` adds each error message to
the field that it is about.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import HTML, ButtonHolder, Fieldset, Layout, Submit
from django import forms
from django.conf import settings
from django.http import QueryDict
from django.utils.module_loading import import_string

from quizzes.kinds import Problem, Spec, said
from quizzes.kinds.choice import MOST as CHOICES
from quizzes.kinds.choice import NUMBERS
from quizzes.kinds.matching import MOST as ROWS
from quizzes.kinds.ordering import MOST as TILES
from quizzes.kinds.ordering import PLACES
from quizzes.models import Revision, State
from quizzes.wording import MOST_CHOICES

SHORT, LONG = 200, 2000  # characters
MISSING = {"stem": "Write the question.", "why": "Say why.", "objective": "Name the topic in a few words."}


class Lines(forms.CharField):
    """A text of several lines. Browsers send "\\r\\n" at the end of a line; this changes it to "\\n"."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> Any:
        """Return the text with "\\n" at the end of each line."""
        return super().to_python(value.replace("\r\n", "\n") if isinstance(value, str) else value)


def line(label: str, most: int = SHORT) -> forms.CharField:
    """Return a field for one line of text with at most `most` characters."""
    return forms.CharField(label=label, max_length=most, required=False)


def lines(label: str, most: int = LONG, **more: Any) -> Lines:
    """Return a field for several lines of text with at most `most` characters. `more` goes to the field."""
    return Lines(label=label, max_length=most, required=False, widget=forms.Textarea(attrs={"rows": 2}), **more)


def taught_in(now: str) -> list[Any]:
    """Return what "Taught in" offers: groups of steps, from the function that QUIZZES_TAUGHT_IN names.

    Without that setting, what published questions name. `now` is what the question names; it stays, also if it is gone.
    """
    named = getattr(settings, "QUIZZES_TAUGHT_IN", "")
    if named:
        groups: list[Any] = list(import_string(named)())
    else:
        asked = Revision.objects.filter(state=State.PUBLISHED).exclude(source="").order_by("source")
        groups = [(one, one) for one in asked.values_list("source", flat=True).distinct()]
    known = {value for value, words in groups} if not named else {value for _, steps in groups for value, _ in steps}
    gone = [(now, f"{now} (no such step is published)")] if now and now not in known else []
    return [("", "Nowhere"), *gone, *groups]


class Words(forms.Form):
    """The fields that all kinds have. `seen` shows whether the question has changed since the page was loaded."""

    use_required_attribute = False
    theirs: Sequence[tuple[str, str, str]] = ()  # what differs, if somebody saved another text meanwhile
    group = ""  # the name of a row; empty if this kind has no rows
    least, most = 2, 0  # the number of rows that are open at first, and of all rows

    seen = forms.Field(required=False, widget=forms.HiddenInput)  # a value that is not a fingerprint counts as outdated
    stem = lines("Question", 300)
    why = lines("Why", help_text="The reason, shown to everyone after the answer.")
    objective = forms.CharField(
        label="Topic in a few words", help_text="As the result page names it.", max_length=120, required=False
    )
    source = forms.ChoiceField(
        label="Taught in",
        help_text="The step of a lesson that answers it.",
        required=False,
        error_messages={"invalid_choice": "Choose a step from the list."},
    )
    critical = forms.BooleanField(label="This is a safety question", required=False)

    def __init__(self, base: Revision | None, seen: str, data: QueryDict | None = None) -> None:
        """Fill the form from a revision, or leave it empty if `base` is None. `seen` is the revision's fingerprint."""
        initial: dict[str, Any] = {"seen": seen}
        if base:
            initial |= {name: getattr(base, name) for name in ("stem", "why", "objective", "source", "critical")}
            initial |= self.drawn(base.spec)
        super().__init__(data, initial=initial)
        source = self.fields["source"]
        assert isinstance(source, forms.ChoiceField)  # noqa: S101 - for the type checker
        source.choices = taught_in(base.source if base else "")
        self.base: Spec = base.spec if base else {}
        for n in range(self.most):
            self.fields |= {f"{name}_{n}": field for name, field in self.row(n).items()}

    def row(self, n: int) -> dict[str, forms.Field]:
        """Return the fields of row n by name."""
        return {}

    def drawn(self, spec: Spec) -> dict[str, Any]:
        """Return the form's values for a spec."""
        return {}

    def spec(self) -> Spec:
        """Return the spec for the form's values."""
        return {}

    def place(self, at: Sequence[str | int]) -> str:
        """Return the name of the field for this path (keys and indexes) in the spec."""
        if len(at) == 3 and isinstance(at[1], int):
            used = self.used()
            row = used[at[1]] if at[1] < len(used) else next((n for n in range(self.most) if n not in used), 0)
            return f"{at[2]}_{row}"
        return str(at[0]) if at else "stem"

    def used(self) -> list[int]:
        """Return the numbers of the rows that are not empty."""
        names = [name for name, field in self.row(0).items() if isinstance(field, forms.CharField)]
        return [n for n in range(self.most) if any(said(self.cleaned_data.get(f"{name}_{n}")) for name in names)]

    def value(self, name: str, n: int) -> Any:
        """Return the value of a field in row n; a text is stripped."""
        return self.cleaned_data.get(f"{name}_{n}", "")

    def old_id(self, key: str, n: int) -> dict[str, str]:
        """Return the id that this row already has, as {"id": ...}, or {}. A corrected text keeps its id."""
        old = self.base.get(key, [])
        return {"id": old[n]["id"]} if n < len(old) else {}

    def words(self) -> dict[str, Any]:
        """Return all fields of a Revision that this form sets, by name."""
        names = ("stem", "why", "objective", "source", "critical")
        words = {"spec": self.spec()} | {name: self.cleaned_data[name] for name in names}
        return words | {"stem": " ".join(words["stem"].split())}

    def refuse(self, problems: Sequence[str]) -> None:
        """Add each message to the field that it is about, or to the stem if it is about the whole question."""
        for problem in problems:
            name = self.place(problem.at) if isinstance(problem, Problem) else "stem"
            text = MISSING.get(name, problem) if problem.endswith("is missing.") else problem
            self.add_error(name if name in self.fields else "stem", str(text))

    def groups(self) -> list[tuple[str, list[str], bool]]:
        """Return the rows for the page: heading, field names, and whether the row is open."""
        found = []
        for n in range(self.most):
            names = [f"{name}_{n}" for name in self.row(n)]
            filled = n < self.least or any(self[name].value() or self[name].errors for name in names)
            found.append((f"{self.group} {n + 1}" + ("" if filled else ", if you need it"), names, filled))
        return found

    @property
    def helper(self) -> FormHelper:
        """The layout of the form: the rows are between the other fields, and unused rows are folded."""
        helper = FormHelper()
        helper.form_show_errors = False  # they are shown above the page's heading
        helper.form_class = "words"
        later = {"template": "quizzes/admin/_later.html"}
        helper.layout = Layout(
            "seen",
            "stem",
            *self.extra,
            *(Fieldset(group, *names, **({} if filled else later)) for group, names, filled in self.groups()),
            *self.closing,
            "why",
            "objective",
            "source",
            "critical",
            ButtonHolder(Submit("", "Save the draft"), HTML("{% include 'quizzes/admin/_cancel.html' %}")),
        )
        return helper

    extra: tuple[str, ...] = ()
    closing: tuple[str, ...] = ()


class ChoiceWords(Words):
    """The form for questions with one or several right choices."""

    group, least, most, extra = "Choice", MOST_CHOICES, CHOICES, ("choose",)
    choose = forms.TypedChoiceField(
        label="How many are right?",
        choices=[(n, str(word).capitalize()) for n, word in NUMBERS.items()],
        coerce=int,
        initial=1,
        required=False,
        empty_value=None,
        error_messages={"invalid_choice": "Choose a number from the list."},
    )

    def row(self, n: int) -> dict[str, forms.Field]:
        """Return the fields of a choice: its text, whether it is right, and the feedback for those who choose it."""
        return {
            "text": line("The choice"),
            "right": forms.BooleanField(label="This choice is right", required=False),
            "feedback": lines("Said to whoever chose it"),
        }

    def drawn(self, spec: Spec) -> dict[str, Any]:
        """Return the form's values for a spec."""
        rows = enumerate(spec["choices"])
        return {"choose": spec["choose"]} | {f"{k}_{n}": c[k] for n, c in rows for k in ("text", "right", "feedback")}

    def spec(self) -> Spec:
        """Return the spec for the form's values."""
        choices = [
            self.old_id("choices", n)
            | {
                "text": self.value("text", n),
                "right": bool(self.value("right", n)),
                "feedback": self.value("feedback", n),
            }
            for n in self.used()
        ]
        return {"version": 1, "choose": self.cleaned_data.get("choose"), "choices": choices}


class TruthWords(Words):
    """The form for true-or-false questions."""

    extra = ("answer", "feedback_true", "feedback_false")
    answer = forms.ChoiceField(
        label="The statement is",
        choices=[("true", "True"), ("false", "False")],
        widget=forms.RadioSelect,
        required=False,
    )
    feedback_true = lines("Said to whoever chose True")
    feedback_false = lines("Said to whoever chose False")

    def drawn(self, spec: Spec) -> dict[str, Any]:
        """Return the form's values for a spec."""
        said = spec["feedback"]
        return {
            "answer": str(spec["answer"]).lower(), "feedback_true": said["true"], "feedback_false": said["false"]
        }  # fmt: skip

    def spec(self) -> Spec:
        """Return the spec for the form's values."""
        feedback = {word: self.cleaned_data.get(f"feedback_{word}", "") for word in ("true", "false")}
        answer = {"true": True, "false": False}.get(self.cleaned_data.get("answer", ""))
        return {"version": 1, "answer": answer, "feedback": feedback}

    def place(self, at: Sequence[str | int]) -> str:
        """Return the name of the field for this path (keys and indexes) in the spec."""
        return "_".join(str(step) for step in at)


class MatchingWords(Words):
    """The form for matching questions: each line has a tile, and two lines with the same text share one tile."""

    group, most = "Line", ROWS

    def row(self, n: int) -> dict[str, forms.Field]:
        """Return the fields of a line: its text, the tile that belongs to it, and the feedback for a wrong answer."""
        return {
            "text": line("The line"),
            "card": line("What goes with it"),
            "feedback": lines("Said to whoever missed it"),
        }

    def drawn(self, spec: Spec) -> dict[str, Any]:
        """Return the form's values for a spec."""
        tiles = {tile["id"]: tile["text"] for tile in spec["cards"]}
        return {
            f"{k}_{n}": value
            for n, r in enumerate(spec["rows"])
            for k, value in (("text", r["text"]), ("card", tiles[r["card"]]), ("feedback", r["feedback"]))
        }

    def spec(self) -> Spec:
        """Return the spec for the form's values. A tile keeps its id if its text or its line stays the same."""
        old = {tile["text"]: tile["id"] for tile in self.base.get("cards", [])}
        was = [row["card"] for row in self.base.get("rows", [])]
        texts = dict.fromkeys(self.value("card", n) for n in self.used() if self.value("card", n))
        ids: dict[str, str] = {text: old[text] for text in texts if text in old}
        for n in self.used():
            text = self.value("card", n)
            if text and text not in ids:
                free = n < len(was) and was[n] not in ids.values()
                ids[text] = was[n] if free else secrets.token_hex(4)
        rows = [
            self.old_id("rows", n)
            | {
                "text": self.value("text", n),
                "card": ids.get(self.value("card", n), ""),
                "feedback": self.value("feedback", n),
            }
            for n in self.used()
        ]
        by_id = {id_: text for text, id_ in ids.items()}
        order = dict.fromkeys([*(c["id"] for c in self.base.get("cards", []) if c["id"] in by_id), *by_id])
        return {"version": 1, "cards": [{"id": id_, "text": by_id[id_]} for id_ in order], "rows": rows}

    def place(self, at: Sequence[str | int]) -> str:
        """Return the name of the field for this path in the spec. A tile's field is in its line."""
        return super().place(("rows", at[1], "card") if at[0] == "cards" and len(at) == 3 else at)


class OrderingWords(Words):
    """The form for ordering questions: the tiles in the right order."""

    group, least, most, closing = "Line", 3, TILES, ("feedback",)
    feedback = lines("Said to whoever had another order")

    def row(self, n: int) -> dict[str, forms.Field]:
        """Return the field of the tile at position n."""
        return {"text": line(str(PLACES[n]))}

    def drawn(self, spec: Spec) -> dict[str, Any]:
        """Return the form's values for a spec."""
        return {"feedback": spec["feedback"]} | {f"text_{n}": tile["text"] for n, tile in enumerate(spec["cards"])}

    def spec(self) -> Spec:
        """Return the spec for the form's values."""
        tiles = [self.old_id("cards", n) | {"text": self.value("text", n)} for n in self.used()]
        return {"version": 1, "cards": tiles, "feedback": self.cleaned_data["feedback"]}


FORMS: dict[str, type[Words]] = {
    "choice": ChoiceWords,
    "truth": TruthWords,
    "matching": MatchingWords,
    "ordering": OrderingWords,
}

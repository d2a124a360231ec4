"""The field for exactly one choice, and the forms that use it; forms of several parts."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django import forms
from django.utils.translation import gettext_lazy as _

from learn.account.forms import KeepForm
from learn.assignments.forms import AssignForm
from learn.desk.forms import CloseForm, TeachBackForm
from learn.fields import ChoiceOne
from learn.looks import CHOICES, LookForm
from learn.people.forms import SignInForm
from quizzes.admin.forms import FORMS
from tests.quizzes.cast import draw

CUPS = [("tea", "Tea"), ("milk", "Milk")]


class Cup(forms.Form):
    plain = ChoiceOne(label="Which?", choices=CUPS)
    said = ChoiceOne(label="Which?", choices=CUPS, say=_("Choose one of these"))
    own = ChoiceOne(label="Which?", choices=CUPS, error_messages={"required": "Choose a cup"})


@pytest.mark.parametrize(
    ("posted", "told"),
    [
        ("", {"plain": ["Choose one"], "said": ["Choose one of these"], "own": ["Choose a cup"]}),
        ("rum", {name: ["Choose one of these"] for name in ("plain", "said", "own")}),
        ("milk", {}),
    ],
    ids=["nothing", "not offered", "one"],
)
def test_what_is_missing_or_unknown_is_told_kindly(posted: str, told: dict[str, list[str]]) -> None:
    assert Cup(dict.fromkeys(("plain", "said", "own"), posted)).errors == told


def test_it_is_drawn_as_radio_buttons_none_of_them_chosen() -> None:
    drawn = str(Cup()["plain"])
    assert drawn.count('type="radio"') == len(CUPS)
    assert "checked" not in drawn


@pytest.mark.parametrize(
    ("form", "told"),
    [
        (CloseForm, {"why": ["Choose one"]}),
        (lambda data: KeepForm(data, by_email=True), {"how": ["Choose one of these"]}),
        (LookForm, {name: ["Choose one of these"] for name in CHOICES}),
        (
            lambda data: TeachBackForm(data | {"q1": "own-words", "language": "English"}, topics={"q1": "Say it"}),
            {"to_whom": ["Choose who explained it"]},
        ),
    ],
    ids=["close", "keep", "look", "teach-back"],
)
def test_each_form_says_its_own_words(form: Any, told: dict[str, list[str]]) -> None:
    assert form({}).errors == told


def _some_done(form: AssignForm) -> AssignForm:
    form.has_done = True
    return form


@pytest.mark.django_db
@pytest.mark.parametrize(
    "form",
    [
        lambda: _some_done(AssignForm(today=date(2026, 11, 23))),
        lambda: TeachBackForm(topics={"q1": "Say it", "l2": "And this"}),
        lambda: SignInForm(),
    ],
    ids=["assign", "teach-back", "sign in"],
)
def test_a_form_of_several_parts_names_each_field_once(form: Any) -> None:
    """A field that no part names would be asked for and never seen."""
    drawn = form()
    assert [field.name for field in drawn.helper.layout.get_field_names()] == [*drawn.fields]


@pytest.mark.django_db  # steps to choose from, for "Taught in"
@pytest.mark.parametrize("kind", ["choice", "matching", "ordering"])
def test_each_row_of_an_educators_form_is_a_fieldset_with_a_legend(kind: str) -> None:
    page = draw(form := FORMS[kind](None, ""), helper=form.helper)
    groups = [name for name, _, _ in form.groups()]
    legends = [text for _, text in page.find("legend")]
    assert legends == groups
    assert [text for _, text in page.find("summary")] == [name for name, _, filled in form.groups() if not filled]
    drawn = {has.get("name") for tag, has, _ in page.all if tag in ("input", "textarea", "select")}
    assert drawn - {"csrfmiddlewaretoken"} == {*form.fields}, "a field that no part names would never be sent"

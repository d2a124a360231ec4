"""The crispy template pack "care": {% crispy form %} draws a whole form, and each layout object its piece of it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from crispy_forms.helper import FormHelper
from crispy_forms.layout import HTML, Button, ButtonHolder, Div, Field, Fieldset, Hidden, Submit
from crispy_forms.utils import render_crispy_form
from django import forms
from django.template import engines

from tests.quizzes.cast import draw

pytestmark = pytest.mark.one_database

TIMES = [("am", "Morning"), ("pm", "Evening")]


class Visit(forms.Form):
    """A field of each sort."""

    use_required_attribute = False

    kept = forms.CharField(widget=forms.HiddenInput, required=False)
    who = forms.CharField(label="Who?", help_text="A <b>name</b>.", error_messages={"required": "Type a name"})
    when = forms.ChoiceField(label="When?", choices=TIMES, widget=forms.RadioSelect)
    far = forms.ChoiceField(label="How far?", choices=TIMES, required=False)
    ride = forms.BooleanField(label="I need a ride", required=False)


def test_a_whole_form_is_drawn_without_a_layout() -> None:
    page = draw(Visit())
    assert page.find("form") == [({"method": "post", "novalidate": None}, "")]
    assert len(page.find("input", name="csrfmiddlewaretoken", value="a-token")) == 1
    drawn = [has["name"] for tag, has, _ in page.all if tag in ("input", "select") and "name" in has]
    assert drawn == ["csrfmiddlewaretoken", "kept", "who", "when", "when", "far", "ride"]
    assert page.find("div", role="group") == []


def test_errors_come_first_and_lead_to_their_fields() -> None:
    form = Visit({"who": ""})
    form.add_error(None, "Somebody was faster")
    page = draw(form, "who", "when")
    order = [tag for tag, has, _ in page.all if has.get("role") == "group" or tag == "form"]
    assert order == ["div", "form"]
    summary = page.find("div", role="group")[0][0]
    assert summary.keys() >= {"autofocus", "tabindex"}
    assert page.find("div", role="alert") == [], "it has the focus: an alert would be read twice"
    links = [(has["href"], text) for has, text in page.find("a")]
    assert links == [
        ("#id_who", "Somebody was faster"), ("#id_who", "Type a name"), ("#id_when_0", "This field is required."),
    ]  # fmt: skip
    ids = {has.get("id") for _, has, _ in page.all}
    assert {summary["aria-labelledby"], summary["aria-describedby"]} <= ids
    assert {"id_who", "id_when_0"} <= ids
    who = page.find("input", name="who")[0][0]
    assert (who["aria-describedby"], who["aria-invalid"]) == ("id_who_helptext id_who_error", "true")
    assert page.find("fieldset")[0][0] == {"aria-describedby": "id_when_error"}
    assert {"id_who_helptext", "id_who_error", "id_when_error"} <= ids


def test_a_page_may_draw_the_summary_itself() -> None:
    helper = FormHelper()
    helper.form_show_errors = False
    page = draw(Visit({}), helper=helper)
    assert page.find("div", role="group") == []
    assert len(page.find("p", id="id_who_error")) == 1, "what is wrong stands at its field in every case"


@pytest.mark.parametrize(
    "field",
    [
        forms.CharField(error_messages={"required": "Choose one"}),
        forms.ChoiceField(choices=TIMES, widget=forms.RadioSelect, error_messages={"required": "Choose one"}),
        forms.BooleanField(error_messages={"required": "Choose one"}),
    ],
    ids=["text", "choices", "box"],
)
def test_a_form_of_one_field_says_what_is_wrong_in_the_summary_and_at_the_field(field: forms.Field) -> None:
    asked = type("Asked", (forms.Form,), {"use_required_attribute": False, "only": field})
    page = draw(asked({}))
    [(_, said)] = page.find("a")
    [(beside, _)] = page.find("p", id="id_only_error")
    assert said == "Choose one"
    assert [text for _, _, text in page.all if text.endswith("Error: Choose one")]
    named = [has["aria-describedby"] for tag, has, _ in page.all if tag != "div" and "aria-describedby" in has]
    assert named == [beside["id"]], "the sentence beside the field describes it"


@pytest.mark.parametrize(
    ("helper", "form", "csrf"),
    [
        (
            {"form_method": "get", "form_class": "wide", "form_id": "f"},
            {"method": "get", "class": "wide", "id": "f"},
            0,
        ),
        ({"form_action": "/there/?a=1&b=2"}, {"method": "post", "action": "/there/?a=1&b=2"}, 1),
        ({"disable_csrf": True}, {"method": "post"}, 0),
    ],
    ids=["get", "action", "no token"],
)
def test_what_a_helper_says_of_the_form_is_drawn(helper: dict[str, Any], form: dict[str, str], csrf: int) -> None:
    told = FormHelper()
    for name, value in helper.items():
        setattr(told, name, value)
    page = draw(Visit(), helper=told)
    assert page.find("form") == [(form | {"novalidate": None}, "")]
    assert len(page.find("input", name="csrfmiddlewaretoken")) == csrf


def test_a_helper_may_leave_the_form_tag_to_the_page() -> None:
    helper = FormHelper()
    helper.form_tag = False
    page = draw(Visit(), helper=helper)
    assert page.find("form") == []
    assert len(page.find("input", name="who")) == 1


def test_a_fieldset_has_its_legend() -> None:
    page = draw(Visit(), Fieldset("The visit of {{ name }}", "who", "far", css_id="v", css_class="c"), name="A & B")
    assert page.find("fieldset") == [({"id": "v", "class": "c"}, "")]
    assert page.find("legend") == [({}, "The visit of A & B")]


@pytest.mark.parametrize("stands_open", [True, False], ids=["open", "folded"])
def test_fields_can_be_folded_away(stands_open: bool) -> None:
    folded = Fieldset("More", "far", template="care/layout/details.html", open=stands_open)
    page = draw(Visit(), "who", folded)
    assert page.find("details") == [({"open": None} if stands_open else {}, "")]
    assert page.find("summary") == [({}, "More")]
    assert len(page.find("select", name="far")) == 1


def test_buttons_are_buttons() -> None:
    buttons = ButtonHolder(
        Submit("", "Save {{ n }}"), Submit("do", "Stop", css_class="grave"), Button("more", "More"), HTML("<i>or</i>")
    )
    page = draw(Visit(), "who", buttons, n="<3")
    assert page.find("div", **{"class": "actions"}) == [({"class": "actions"}, "")]
    assert page.find("button") == [
        ({"class": "btn"}, "Save <3"),
        ({"class": "btn grave", "name": "do", "value": "Stop"}, "Stop"),
        ({"class": "btn", "type": "button", "name": "more", "value": "More"}, "More"),
    ]
    assert page.find("i") == [({}, "or")]


def test_a_button_that_was_added_to_the_helper_is_drawn() -> None:
    helper = FormHelper()
    helper.add_input(Submit("", "Save"))
    assert draw(Visit(), helper=helper).find("button") == [({"class": "btn"}, "Save")]


def test_the_other_pieces() -> None:
    attributes = {"autocomplete": "name"}
    page = draw(
        Visit(), "kept", Hidden("number", "{{ n }}"), Div(Field("who", **attributes), "ride", css_class="d"), n=7
    )
    assert page.find("input", name="number") == [({"type": "hidden", "name": "number", "value": "7"}, "")]
    assert len(page.find("div", **{"class": "d"})) == 1
    assert page.find("input", name="who")[0][0]["autocomplete"] == "name"
    assert page.find("input", name="kept")[0][0]["type"] == "hidden"
    assert [text for _, text in page.find("label")] == ["Who?", "I need a ride"], "a hidden field has no label"
    assert page.find("label", **{"for": "id_ride"}) == [({"for": "id_ride"}, "I need a ride")]


def test_what_is_typed_is_never_html() -> None:
    form = Visit({"who": "<script>alert(1)</script>", "when": "<b>"})
    html = render_crispy_form(form, FormHelper(), {"csrf_token": "a-token"})
    assert "<script>" not in html
    assert "<b>" not in html.replace("A <b>name</b>.", "")  # a help text may hold tags of ours


@pytest.mark.parametrize("data", [None, {"who": ""}], ids=["empty", "refused"])
def test_nothing_is_inline(data: dict[str, str] | None) -> None:
    form = Visit(data)
    fields = Fieldset("All", "kept", "who", Div("when", "far"), "ride", ButtonHolder(Submit("a", "Save")))
    page = draw(form, fields, Fieldset("M", template="care/layout/details.html"), Hidden("n", "1"))
    assert [(tag, name) for tag, has, _ in page.all for name in has if name == "style" or name.startswith("on")] == []
    assert page.find("script") == page.find("style") == []


def test_the_tag_and_the_filters_draw_the_same_fields() -> None:
    """A form of one part stands in the page's own <form>; both ways must look the same."""
    django = engines["django"]
    asked = {"form": Visit({"who": ""})}
    whole = django.from_string("{% load crispy_forms_tags %}{% crispy form %}").render(asked)
    parts = django.from_string("{% load crispy_forms_tags %}{{ form|as_crispy_errors }}{{ form|crispy }}").render(asked)
    bare = re.sub(r"</?form[^>]*>", "", whole)
    assert bare.split() == parts.split()

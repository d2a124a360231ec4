"""{% kept %}: a piece is drawn once for its values and a language; nothing of one reader is in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.template import Context, RequestContext, Template, TemplateSyntaxError, engines
from django.template.base import Node, NodeList
from django.template.defaulttags import CsrfTokenNode
from django.template.library import InclusionNode, SimpleNode
from django.template.loader_tags import BlockNode, ExtendsNode, IncludeNode
from django.test import RequestFactory
from django.utils.safestring import mark_safe
from django.utils.translation import override

from quizzes.templatetags import kept

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDERS = [ROOT / "quizzes" / "templates"]
if apps.is_installed("learn.lessons"):  # else the engine stands alone, without the site's pages
    FOLDERS.append(ROOT / "templates")


def draw(source: str, **values: Any) -> str:
    return Template("{% load kept i18n %}" + source).render(Context(values))


def test_a_piece_is_drawn_once_for_its_values() -> None:
    page = Template("{% load kept %}{% kept a=a b=b %}{{ a }}-{{ b }} {% now 'u' %}{% endkept %}")
    first = page.render(Context({"a": 1, "b": "x"}))
    assert page.render(Context({"a": 1, "b": "x"})) == first
    assert page.render(Context({"a": 2, "b": "x"})) != first


def test_only_the_given_names_exist_inside() -> None:
    request = RequestFactory().get("/")
    request.user = "ana"  # type: ignore[assignment]
    context = RequestContext(request, {"secret": "ana's", "shown": "all's", "csrf_token": "t"})
    piece = "[{{ word }}{{ secret }}{{ request.user }}{{ user }}{{ csrf_token }}]"
    page = Template("{% load kept %}{% kept word=shown %}" + piece + "{% endkept %}")
    assert page.render(context) == "[all&#x27;s]"


def test_two_readers_never_see_one_anothers() -> None:
    page = Template("{% load kept %}{% kept name=name %}<p>{{ name }}</p>{% endkept %}{{ name }}")
    assert [page.render(Context({"name": n})) for n in ("ana", "ben", "ana")] == [
        "<p>ana</p>ana",
        "<p>ben</p>ben",
        "<p>ana</p>ana",
    ]


def test_a_language_has_its_own_drawing() -> None:
    source = "{% load kept i18n %}{% kept %}{% get_current_language as code %}{{ code }}{% endkept %}"
    page = Template(source)
    drawn = []
    for language in ("en", "es", "en"):
        with override(language):
            drawn.append(page.render(Context()))
    assert drawn == ["en", "es", "en"]


def test_what_is_safe_and_what_is_not_are_two_values() -> None:
    page = Template("{% load kept %}{% kept text=text %}{{ text }}{% endkept %}")
    assert page.render(Context({"text": mark_safe("<b>")})) == "<b>"
    assert page.render(Context({"text": "<b>"})) == "&lt;b&gt;"
    assert [page.render(Context({"text": value})) for value in (1, True)] == ["1", "True"]


def test_two_pieces_with_the_same_values_are_two() -> None:
    assert draw("{% kept a=a %}one{% endkept %}{% kept a=a %}two{% endkept %}", a=1) == "onetwo"


@pytest.mark.parametrize("tag", ["{% kept a %}x{% endkept %}", "{% kept %}{% block b %}{% endblock %}{% endkept %}"])
def test_what_cannot_be_kept_is_refused(tag: str) -> None:
    with pytest.raises(TemplateSyntaxError):
        draw(tag)


def test_what_is_kept_has_a_bound_and_the_oldest_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "_drawn", {})
    monkeypatch.setattr(kept, "_size", 0)
    monkeypatch.setattr(kept, "MOST", 100)
    page = Template("{% load kept %}{% kept n=n %}{{ n }}{{ n }}{{ n }}{{ n }}{% endkept %}")
    for n in range(10, 99):
        assert page.render(Context({"n": n})) == f"{n}" * 4
        assert kept._size == sum(map(len, kept._drawn.values())) <= 100
    assert [key[-1] for key in kept._drawn] == list(range(87, 99))


def inside(nodes: NodeList) -> Iterator[Node]:
    """Yield every node of a piece, those of the templates it includes too."""
    for node in nodes:
        yield node
        if isinstance(node, IncludeNode):
            name = node.template.token.strip("\"'")
            yield from inside(engines["django"].get_template(name).template.nodelist)  # type: ignore[attr-defined]
        for attribute in {*node.child_nodelists, "nodelist"}:
            if isinstance(found := getattr(node, attribute, None), NodeList):
                yield from inside(found)


def pieces(nodes: NodeList) -> Iterator[kept.KeptNode]:
    for node in nodes:
        if isinstance(node, kept.KeptNode):
            yield node
        for attribute in {*node.child_nodelists, "nodelist"}:
            if isinstance(found := getattr(node, attribute, None), NodeList):
                yield from pieces(found)


def of_the_reader(piece: kept.KeptNode) -> list[str]:
    """Return what of a piece could tell of its reader, or be a form's token that all would share."""
    return [
        type(node).__name__
        for node in inside(piece.nodelist)
        if isinstance(node, CsrfTokenNode | BlockNode | ExtendsNode)
        or (isinstance(node, SimpleNode | InclusionNode) and node.takes_context)
    ]


def test_no_piece_of_any_template_can_tell_of_its_reader() -> None:
    loader, found = engines["django"], 0
    names = {str(file.relative_to(folder)) for folder in FOLDERS for file in folder.rglob("*.html")}
    for name in sorted(names):
        for piece in pieces(loader.get_template(name).template.nodelist):  # type: ignore[attr-defined]
            found += 1
            assert of_the_reader(piece) == [], name
    assert found >= 5


def test_the_walk_finds_what_it_looks_for() -> None:
    source = "{% load kept %}{% kept a=a %}{% if a %}{% csrf_token %}{% endif %}{% endkept %}"
    assert [of_the_reader(piece) for piece in pieces(Template(source).nodelist)] == [["CsrfTokenNode"]]

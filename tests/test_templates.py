"""Templates and style sheets must be readable: one element per line, one declaration per line, no long lines."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.template import engines
from django.template.base import NodeList
from django.template.loader import get_template
from django.template.loader_tags import BlockNode

from tests.shipped import FOLDERS, ROOT

pytestmark = pytest.mark.one_database

LONGEST = 140
TEMPLATES = sorted(file for folder in FOLDERS for file in folder.rglob("*.*"))
PAGES = [file for file in TEMPLATES if file.suffix == ".html"]
STYLES = sorted((ROOT / "learn" / "static").rglob("*.css"))
# Block elements. Table cells are not included, because a short row may be on one line.
BLOCK = re.compile(
    r"<(address|article|aside|body|dd|details|div|dl|dt|fieldset|figcaption|figure|footer|form|h[1-6]|head|header|hr|html"
    r"|legend|li|link|main|meta|nav|ol|p|pre|script|section|summary|table|tbody|tfoot|thead|title|tr|ul)\b"
)
TAG = re.compile(r"\{[%#{].*?[%#}]\}")
# Each of these tags must start a line. The title of a page is an exception: it is one line with its block inside.
FIRST = re.compile(r"\{% (?:extends|load|block) ")


def name(path: Path) -> str:
    """Return the name of a file for the test report."""
    return str(path.relative_to(ROOT))


def faults(source: str) -> list[str]:
    """Return the faults of a template: two elements on a line, or a load or block inside a line or out of order."""
    found = []
    for number, line in enumerate(source.splitlines(), 1):
        bare = TAG.sub("", line)
        if len(BLOCK.findall(bare)) > 1:
            found.append(f"{number}: two elements: {line.strip()}")
        frame = [match.start() for match in FIRST.finditer(line.strip().removeprefix("<title>"))]
        if frame not in ([], [0]):
            found.append(f"{number}: not at the start of its line: {line.strip()}")
    tags = re.findall(r"\{% (extends|load|block)\b", source)
    if tags != sorted(tags, key=["extends", "load", "block"].index):
        found.append("extends, load and block stand in another order")
    return found


@pytest.mark.parametrize("path", [*TEMPLATES, *STYLES], ids=name)
def test_no_line_is_longer_than_140_letters(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [f"{number}: {len(line)}" for number, line in enumerate(lines, 1) if len(line) > LONGEST] == []


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_one_block_element_stands_on_a_line(path: Path) -> None:
    """Inline elements (a, strong, span, button ...) and table cells may share a line."""
    assert faults(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("<ul><li>One</li></ul>", 1),
        ("<ul>\n  <li>One</li>\n</ul>", 0),
        ('<p class="{% if a <p %}b{% endif %}"><a href="/">Here</a></p>', 0),
        ('{% extends "base.html" %}{% load i18n %}', 1),
        ('{% extends "base.html" %}\n{% load i18n %}\n\n{% block main %}{% endblock %}', 0),
        ("{% block back %}{% endblock %}{% block main %}{% endblock %}", 1),
        ("{% block main %}{% endblock %}\n{% load i18n %}", 1),
        ("<title>{% block title %}{% endblock %}</title>", 0),
    ],
    ids=["list", "list-in-lines", "inline", "load-behind", "in-order", "block-behind", "late-load", "title"],
)
def test_the_search_for_faults_finds_them(source: str, found: int) -> None:
    assert len(faults(source)) == found


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_a_translated_text_of_several_lines_is_trimmed(path: Path) -> None:
    """Otherwise the text for the translator would contain the indentation of the lines."""
    texts = re.findall(
        r"\{% blocktranslate(?! trimmed)[^%]*%\}.*?\{% endblocktranslate %\}", path.read_text(), re.DOTALL
    )
    assert [text for text in texts if "\n" in text] == []


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_what_is_sent_has_no_indentation_and_all_else(path: Path) -> None:
    [folder] = [folder for folder in FOLDERS if path.is_relative_to(folder)]
    sent = get_template(str(path.relative_to(folder)))
    if Path(sent.origin.name) == path:  # otherwise the site overrides this template of the engine
        lines = path.read_text(encoding="utf-8").splitlines()
        assert sent.template.source.splitlines() == [line.lstrip() for line in lines]


def test_an_email_and_the_templates_of_others_are_read_the_same_way() -> None:
    engine = engines["django"].engine
    assert "\n    {{ code }}\n" in engine.get_template("mail/code_to_keep.txt").source
    assert engine.get_template("admin/base.html").source.startswith("{% load i18n static %}")


def test_the_blocks_of_a_template_are_looked_for_once_and_are_all_there() -> None:
    nodes = get_template("base.html").template.nodelist
    blocks = nodes.get_nodes_by_type(BlockNode)
    assert blocks == NodeList(nodes).get_nodes_by_type(BlockNode)
    assert [block.name for block in blocks] == ["title", "script", "back", "main"]
    assert nodes.get_nodes_by_type(BlockNode) is blocks


@pytest.mark.parametrize("path", STYLES, ids=name)
def test_one_declaration_stands_on_a_line(path: Path) -> None:
    text = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert [line for line in text.splitlines() if line.count(";") > 1 or re.search(r"[{};]\s*\S", line)] == []


def test_a_color_of_the_themes_stands_once() -> None:
    """If the dark colors were listed twice, one list would be forgotten in a change."""
    text = (ROOT / "learn/static/learn/site.css").read_text(encoding="utf-8")
    names = re.findall(r"^\s*(--[\w-]+):", text, flags=re.MULTILINE)
    assert len(names) > 30
    assert {one for one in names if names.count(one) > 1} == {"--light", "--dark"}
    used = set(re.findall(r"var\((--[\w-]+)", text))
    assert used <= set(names)

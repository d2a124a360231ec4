"""Dates and times that people read come from the formats of the language, never from a format written in place.

In US English: "Saturday, December 5", "December 5, 2026", "3:05 p.m.". ISO dates are for files that a program reads.
"""

from __future__ import annotations

import ast
import re
from datetime import date, datetime
from pathlib import Path

import pytest
from django.template import Context, Template

from tests.shipped import ROOT, templates

pytestmark = pytest.mark.one_database

NAMED = {"DATE_FORMAT", "SHORT_DATE_FORMAT", "MONTH_DAY_FORMAT", "YEAR_MONTH_FORMAT", "DATETIME_FORMAT", "TIME_FORMAT"}
FILTER = re.compile(r"""\|\s*(date|time|weekday)\b(?::("[^"]*"|'[^']*'|[^\s%}|]+))?""")
NOW_TAG = re.compile(r"\{%\s*now\b")
# Files for programs: backups, the log, exports, the record's files, hashes, the audit log's seals and files.
# <input type="date"> takes ISO too; the browser shows it its own way.
FOR_PROGRAMS = re.compile(
    "learn/backups|learn/logs|commands/restore|commands/keys|export|people/chain|admin/audit|handouts/(fhir|hl7|research)|account/erased"
)
FOR_FIELDS = {"%Y-%m-%d", "%m/%d/%Y"}


def in_template(source: str) -> list[str]:
    """Return each place in a template where a date is written in a format of its own."""
    found = [
        match.group()
        for match in FILTER.finditer(source)
        if (match.group(2) or "").strip("\"'") not in (NAMED | ({""} if match.group(1) == "weekday" else set()))
    ]
    return found + NOW_TAG.findall(source)


def in_python(source: str) -> list[str]:
    """Return each expression in a module that writes a date in a format of its own."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func).rpartition(".")[2]
            form = node.args[1] if len(node.args) > 1 else None
            if name in ("strftime", "isoformat", "ctime"):
                found.append(ast.unparse(node))
            elif name in ("date_format", "time_format", "weekday") and isinstance(form, ast.Constant):
                found += [] if form.value in NAMED | {"l"} else [ast.unparse(node)]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and re.search("%[YmdHMBbI]", node.value):
            found += [] if node.value in FOR_FIELDS else [node.value]
    return found


def test_no_template_has_a_format_of_its_own() -> None:
    faults = {name: in_template(source) for name, source in templates()}
    assert len(faults) > 100
    assert {name: found for name, found in faults.items() if found} == {}


def test_no_module_has_a_format_of_its_own() -> None:
    files = [file for folder in ("learn", "quizzes") for file in (ROOT / folder).rglob("*.py")]
    assert len(files) > 100
    faults = {}
    for file in files:
        name = str(file.relative_to(ROOT))
        if not FOR_PROGRAMS.search(name) and "migrations" not in Path(name).parts:
            faults[name] = in_python(file.read_text(encoding="utf-8"))
    assert {name: found for name, found in faults.items() if found} == {}


@pytest.mark.parametrize(
    ("source", "faults"),
    [
        ('{{ day|date:"j F Y" }}', 1),
        ("{{ day|date:'l j F' }} {{ at|time:\"H:i\" }}", 2),
        ("{{ day|date }}", 1),
        ('{% now "Y" %}', 1),
        ('{{ day|date:"DATE_FORMAT" }} {{ day|weekday }} {{ day|weekday:"DATE_FORMAT" }}', 0),
    ],
)
def test_the_search_in_templates_finds_them(source: str, faults: int) -> None:
    assert len(in_template(source)) == faults


@pytest.mark.parametrize(
    ("source", "faults"),
    [
        ('date_format(day, "l j F")', 1),
        ('day.strftime("%d %B")', 2),
        ('f"{at:%H:%M}"', 1),
        ("day.isoformat()", 1),
        ('date_format(day, "DATE_FORMAT"); weekday(day)', 0),
    ],
)
def test_the_search_in_python_finds_them(source: str, faults: int) -> None:
    assert len(in_python(source)) == faults


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("day|weekday", "Saturday, December 5"),
        ('day|weekday:"DATE_FORMAT"', "Saturday, December 5, 2026"),
        ('day|date:"DATE_FORMAT"', "December 5, 2026"),
        ("day", "December 5, 2026"),
        ('at|date:"TIME_FORMAT"', "3:05 p.m."),
        ("at", "December 5, 2026, 3:05 p.m."),
    ],
)
def test_a_day_and_a_time_are_written_as_in_the_united_states(said: str, shown: str) -> None:
    values = Context({"day": date(2026, 12, 5), "at": datetime(2026, 12, 5, 15, 5)})  # noqa: DTZ001 - a clock on a wall
    assert Template("{% load days %}{{ " + said + " }}").render(values) == shown

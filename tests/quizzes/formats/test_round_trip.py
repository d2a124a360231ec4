"""The law of every format: what is written and read again is what the format says that it keeps."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from quizzes.formats import Document, Item, dumps, loads
from quizzes.formats.known import FORMATS, guess
from quizzes.formats.rich import canonical
from tests.quizzes.formats.made import ITEMS, TOLD

pytestmark = pytest.mark.one_database

EXAMPLES = int(os.environ.get("ROUND_TRIPS", "15"))  # set it to hundreds when a format changes
thrifty = settings(
    max_examples=EXAMPLES,
    phases=[Phase.explicit, Phase.generate],  # a failing example may be long; to make it short takes minutes
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


@pytest.mark.parametrize("name", FORMATS)
@thrifty
@given(items=st.lists(ITEMS, min_size=1, max_size=4, unique_by=lambda item: item.key or id(item)))
def test_what_is_written_is_read_back(name: str, items: list[Item]) -> None:
    form = FORMATS[name]
    kept = [item for item in map(form.kept, items) if item]
    written = form.write(Document(title="A quiz", items=items))
    read = form.read(written)
    assert read.items == kept
    assert read.refused == []
    assert read.changed == []
    if kept:
        assert guess(written) == form.read


@thrifty
@given(text=TOLD)
def test_canonical_markdown_stays_as_it_is(text: str) -> None:
    assert canonical(canonical(text)) == canonical(text)


@thrifty
@given(items=st.lists(ITEMS, max_size=4))
def test_a_plan_travels_through_a_form_whole(items: list[Item]) -> None:
    assert loads(dumps(Document(items=items))).items == items

"""Every number in an address of the site: what no table can hold is not found, and never an error of the database."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.urls import Resolver404, URLPattern, URLResolver, get_resolver, resolve, reverse
from django.urls.converters import IntConverter, SlugConverter, UUIDConverter

from quizzes.numbers import Number
from tests.cast import make_nurse, make_team

ANY = {Number: 7, SlugConverter: "a", UUIDConverter: UUID(int=1)}  # a value that each converter takes
TOO_MUCH = ["0", str(2**63), str(10**30), "9" * 5000, "٣"]
LOOKS = [ascii(text)[:24] for text in TOO_MUCH]


def converters(resolver: URLResolver | None = None, space: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every address's name with its converters."""
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            yield from converters(entry, f"{space}{entry.namespace}:" if entry.namespace else space)
        elif isinstance(entry, URLPattern):
            yield f"{space}{entry.name}", entry.pattern.converters


NUMBERED = {name: found for name, found in converters() if any(isinstance(c, Number) for c in found.values())}


def test_has_one_converter() -> None:
    assert [name for name, found in converters() if any(isinstance(c, IntConverter) for c in found.values())] == []
    assert len(NUMBERED) > 25


@pytest.mark.parametrize("text", TOO_MUCH, ids=LOOKS)
@pytest.mark.parametrize("name", NUMBERED)
def test_leads_nowhere_with(name: str, text: str) -> None:
    address = reverse(name, kwargs={key: ANY[type(converter)] for key, converter in NUMBERED[name].items()})
    assert resolve(address)
    with pytest.raises(Resolver404):
        resolve(address.replace("/7/", f"/{text}/", 1))


@pytest.mark.django_db
@pytest.mark.parametrize("text", TOO_MUCH, ids=LOOKS)
def test_of_a_patient_is_not_found(client: Client, text: str) -> None:
    client.force_login(make_nurse("noor", make_team()))
    assert client.get(f"/admin/people/patient/{text}/change/").status_code == 404
    assert client.post(f"/admin/people/patient/{text}/card/").status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("text", TOO_MUCH, ids=LOOKS)
def test_in_a_query_string_is_passed_by(client: Client, text: str) -> None:
    client.force_login(make_nurse("noor", make_team()))
    assert client.get("/admin/people/patient/", {"after": text}).status_code == 200
    assert client.get("/admin/people/patient/cards/", {"patient": text}).status_code == 404
    response = client.get("/admin/people/patient/assign/", {"patient": text}, follow=True)
    assert "Tick at least one patient" in response.content.decode()

"""Numbers from outside: what no table of ours can hold is not found, whoever asks and however it is written."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import Resolver404, resolve, reverse

from quizzes.numbers import number

ATTEMPT = "00000000-0000-0000-0000-000000000001"
NONE = [
    "0",
    "00",
    "01",
    "-1",
    "+1",
    "1.0",
    "1e3",
    "1_000",
    " 1",
    "1\n",
    "x",
    "٣",
    "²",
    str(2**63),
    str(10**30),
    "9" * 5000,
]
NAMES = [ascii(text)[:24] for text in NONE]
SOME = [1, 7, 10, 2**31, 2**63 - 1]


@pytest.mark.parametrize("text", ["", "\x00", *NONE], ids=["nothing", "NUL", *NAMES])
def test_what_is_no_number_of_ours_is_none_in_a_form(text: str) -> None:
    assert number(text) is None


@pytest.mark.parametrize("n", SOME)
def test_what_a_table_can_hold_is_a_number_in_a_form(n: int) -> None:
    assert number(str(n)) == n


@pytest.mark.parametrize("text", NONE, ids=NAMES)
def test_what_is_no_number_of_ours_has_no_address(text: str) -> None:
    with pytest.raises(Resolver404):
        resolve(f"/check/{ATTEMPT}/{text}/")


@pytest.mark.parametrize("n", SOME)
def test_what_a_table_can_hold_has_an_address(n: int) -> None:
    address = reverse("quizzes:question", args=[ATTEMPT, n])
    assert resolve(address).kwargs["n"] == n


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["0", str(2**63 - 1), str(2**63), str(10**30), "٣"], ids=ascii)
def test_is_not_found(client: Client, text: str) -> None:
    client.force_login(get_user_model().objects.create_user("ada"))
    assert client.get(f"/check/{ATTEMPT}/{text}/").status_code == 404
    assert client.post(f"/check/{ATTEMPT}/{text}/", {"number": text}).status_code == 404

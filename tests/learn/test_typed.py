"""What people type is read as they mean it: codes, names, passwords and searches from any keyboard."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django import forms
from django.core.cache import cache
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.test import Client

from learn import typed
from learn.desk.actions import fingerprint
from learn.fields import LabelField
from learn.people import codes
from learn.people.forms import AddressForm
from learn.people.models import Patient, User
from tests.cast import PASSWORD, at, make_nurse, make_patient, make_team
from tests.matrix import EDGES

JOSE, MAC = "josé", unicodedata.normalize("NFD", "josé")
CODE, DIGITS = "BCDFGHJKLMNP", "123456"


@pytest.fixture(autouse=True)
def _no_tries_yet() -> None:
    cache.clear()  # allauth counts wrong passwords there


@pytest.mark.parametrize(
    "text",
    [
        "BCDF GHJK LMNP",
        "bcdfghjklmnp",
        " bcdf  ghjk\tlmnp ",
        "ＢＣＤＦ　ＧＨＪＫ　ＬＭＮＰ",
        "BCDF\u2011GHJK\u2010LMNP",
        "BCDF–GHJK—LMNP",
        "BCDF\u2212GHJK-LMNP",
        "BCDF_GHJK/LMNP",
        "BCDF,GHJK.LMNP",
        "B C D F G H J K L M N P",
        "bc\u200bdf gh\u2060jk lm\u00adnp\ufeff",
        "\u2066BCDF GHJK LMNP\u2069",
        "/BCDFGHJKLMNP/",
        "“BCDF GHJK LMNP”",
        "Your code is BCDF GHJK LMNP.",
        "code: bcdf-ghjk-lmnp, thanks",
        "ВСDF GНJК LМNР",
        "ΒCDF GΗJΚ LΜΝΡ",
    ],
    ids=ascii,
)
def test_twelve_letters_are_read_however_they_are_written(text: str) -> None:
    assert typed.letters(text, codes.LETTERS, 12) == CODE


@pytest.mark.parametrize(
    "text",
    [
        "",
        "BCDF GHJK LMN",
        "BCDF GHJK LMNPQ",
        "BCDF GHJK LMNA",
        "BCDF GHJK LMN1",
        "BCDFGHJKLMNP QRSTVWXZBCDF",
        "XBCDFGHJKLMNP",
    ],
)
def test_what_is_no_code_or_two_codes_is_not_read(text: str) -> None:
    assert typed.letters(text, codes.LETTERS, 12) == ""


@pytest.mark.parametrize(
    "text",
    [
        "123456",
        "123 456",
        "12-34-56",
        "123\u2011456",
        "123_456",
        "123,456",
        "123.456",
        "１２３４５６",
        "١٢٣٤٥٦",
        "۱۲۳ ۴۵۶",
        "१२३४५६",
        "12\u200b34\u206056",
        "Your code is 123456",
        "Your code is 123 456.",
        "Su código es 123456",
    ],
    ids=ascii,
)
def test_digits_are_read_in_every_script_and_with_words_around_them(text: str) -> None:
    assert typed.digits(text, 6) == DIGITS


@pytest.mark.parametrize("text", ["", "12345", "1234567", "123456 654321 1", "123456 or 654321", "abcdef", "²³¹²³¹x"])
def test_digits_that_are_no_code_are_not_read(text: str) -> None:
    assert typed.digits(text, 6) == ""


@pytest.mark.parametrize(
    "text", ["abc-DEF_1", " abc-DEF_1\n", "abc\u2011DEF_1.", "abc−DEF_1”", "ａｂｃ-DEF_1", "ab\u200bc-DEF_1)"]
)
def test_a_cards_link_is_read_without_what_a_message_adds(text: str) -> None:
    assert typed.token(text) == "abc-DEF_1"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("O’Brien", "obrien"),
        ("O'Brien", "O‘BRIEN"),
        ("Oʼbrien", "o`brien"),
        ("Siobhán", "siobhan"),
        (JOSE, MAC),
        ("José", "JOSE"),
        ("Smith‑Jones", "smith-jones"),
        ("Smith – Jones", "smith jones"),
        ("Łukasz Ørsted", "lukasz orsted"),
        ("Weiß", "WEISS"),
        ("İpek", "ipek"),
        ("Ａｎａ", "ana"),
        ("an\u00ada", "ana"),
        ("٣-٠٧", "3-07"),
        ("ﬁona", "fiona"),
    ],
    ids=ascii,
)
def test_two_spellings_of_one_word_fold_to_the_same(one: str, other: str) -> None:
    assert typed.fold(one) == typed.fold(other) != ""


def test_other_words_stay_apart() -> None:
    assert len({typed.fold(word) for word in ("ana", "anna", "李明", "李民", "Иван", "Иванa", "3 07", "307")}) == 8


@pytest.mark.parametrize("edge", [edge for edge in EDGES if isinstance(edge, str)], ids=range(24))
def test_nothing_raises(edge: str) -> None:
    for read in (
        typed.label,
        typed.turns,
        typed.spelling,
        typed.name,
        typed.password,
        typed.token,
        typed.plain,
        typed.fold,
    ):
        read(edge[:1000])
    typed.letters(edge[:1000], codes.LETTERS, 12)
    typed.digits(edge[:1000], 6)


# Labels: what a nurse calls a patient.


def cleaned(text: str) -> str:
    return str(LabelField(max_length=80).clean(text))


@pytest.mark.parametrize(
    "text", ["\u200b", "\u200b\u2060 \ufeff", "\u00ad", "\u3164", "\u2800", "\u200d", "\u200e\u200f"], ids=ascii
)
def test_a_label_of_which_nothing_can_be_seen_is_missing(text: str) -> None:
    with pytest.raises(forms.ValidationError, match="required"):
        cleaned(text)


@pytest.mark.parametrize("mark", sorted(typed.TURNS), ids=ascii)
def test_a_label_that_turns_the_reading_direction_is_refused(mark: str) -> None:
    with pytest.raises(forms.ValidationError, match="hidden marks"):
        cleaned(f"Ana{mark} neB")


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        (f" {MAC} ", JOSE),
        ("A\u200bna", "Ana"),
        ("\u200eAna\u200f", "Ana"),
        ("دانیال", "دانیال"),
        ("می\u200cنا", "می\u200cنا"),
        ("👩\u200d🔬 7", "👩\u200d🔬 7"),
        ("O’Brien – 7", "O’Brien – 7"),
    ],
    ids=ascii,
)
def test_a_label_is_stored_as_it_is_seen(text: str, stored: str) -> None:
    assert cleaned(text) == stored


# Sign-in names and passwords.

PHRASE = "las hojas de otoño"


def sign_in(name: str, password: str) -> int:
    """Return the status: 302 or 303 when it let the person in, 200 when it showed the form again."""
    return Client().post("/accounts/login/", {"login": name, "password": password}).status_code


def sign_up(name: str, password: str = PHRASE) -> int:
    return Client().post("/accounts/signup/", {"username": name, "password1": password}).status_code


@pytest.mark.django_db
@pytest.mark.parametrize("chosen", [MAC, JOSE, "Ｊｏｓé", "JOSÉ", "jo\u200bsé", " josé "], ids=ascii)
def test_a_name_chosen_in_any_spelling_lets_in_with_any_other(chosen: str) -> None:
    assert sign_up(chosen) == 303
    assert User.objects.get().username == JOSE
    for name in (JOSE, MAC, "JOSÉ", "ｊｏｓé", "josé\u200b"):
        assert sign_in(name, PHRASE) == 303, ascii(name)
        cache.clear()


@pytest.mark.django_db
def test_a_name_in_another_spelling_is_taken() -> None:
    User.objects.create_user("dora", password=PASSWORD)
    for name in ("Ｄｏｒａ", "DORA", "do\u200bra"):
        assert sign_up(name) == 200
    assert User.objects.get().username == "dora"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "says"), [("ﬃ" * 60, "Use 150 letters"), ("\u3164", "letters and digits only")], ids=ascii
)
def test_a_name_that_is_too_long_or_empty_in_its_one_spelling_is_refused(name: str, says: str) -> None:
    page = Client().post("/accounts/signup/", {"username": name, "password1": PHRASE})
    assert says in page.content.decode()
    assert not User.objects.exists()


@pytest.mark.django_db
def test_wrong_passwords_of_one_name_are_counted_together_in_every_spelling() -> None:
    """Otherwise each invisible character would give five more guesses."""
    User.objects.create_user("dora", password=PASSWORD)
    with time_machine.travel(at(23), tick=False):
        for n in range(5):
            sign_in("do" + "\u200b" * n + "ra", "wrong")
        page = Client().post("/accounts/login/", {"login": "ｄｏｒａ", "password": PASSWORD})
    assert (page.status_code, page["Retry-After"]) == (429, "300")


@pytest.mark.django_db
@pytest.mark.parametrize("stored", ["ｄｏｒａ", "Dora"])
def test_a_name_that_was_stored_in_another_spelling_still_works_as_it_was_typed(stored: str) -> None:
    user = User.objects.create_user("x", password=PASSWORD)
    User.objects.filter(pk=user.pk).update(username=stored)
    assert sign_in(stored, PASSWORD) == 303


@pytest.mark.django_db
def test_a_password_is_the_same_from_a_mac_and_from_a_phone() -> None:
    mac = unicodedata.normalize("NFD", PHRASE)
    assert mac != PHRASE
    assert sign_up("dora", mac) == 303
    assert sign_in("dora", PHRASE) == sign_in("dora", mac) == 303
    assert sign_in("dora", PHRASE.upper()) == 200


@pytest.mark.django_db
def test_a_hash_from_before_still_fits_what_was_typed_then() -> None:
    user, mac = User.objects.create_user("dora"), unicodedata.normalize("NFD", PHRASE)
    super(User, user).set_password(mac)  # as it was stored before there was one form
    user.save()
    assert sign_in("dora", mac) == 303
    assert not user.check_password(None)


@pytest.mark.parametrize(
    "text", ["ana@example.com", " ａｎａ@example.com", "ana\u200b@example.com\u2060", "Ana＠Example.com"], ids=ascii
)
def test_an_address_is_read_without_what_pasting_adds(text: str) -> None:
    form = AddressForm({"address": text})
    assert form.is_valid(), form.errors
    assert form.cleaned_data["address"] == "ana@example.com"


# Patients on the lists.


@pytest.mark.django_db
def test_patients_are_sorted_by_name_without_regard_to_case_and_accents() -> None:
    maple = make_team()
    for label in ("Zed", "Öztürk", "alice", "de Vries", "O’Brien", "obrecht"):
        make_patient(maple, label)
    names = list(Patient.objects.values_list("label", flat=True))
    assert names == ["alice", "de Vries", "obrecht", "O’Brien", "Öztürk", "Zed"]


@pytest.mark.django_db
def test_the_sort_key_follows_each_way_of_writing_a_label(client: Client) -> None:
    ana = make_patient(make_team(), "Ana")
    client.force_login(make_nurse("noor", ana.care_team))
    client.post(f"/admin/people/patient/{ana.pk}/label/", {"label": "Élise", "drawn_from": fingerprint(ana)})
    ana.refresh_from_db()
    assert (ana.label, ana.sort_key) == ("Élise", "elise")
    user = User.objects.create_guest()
    [made] = Patient.objects.bulk_create([Patient(user=user, care_team=ana.care_team, label="Ö" * 80)])
    assert Patient.objects.get(pk=made.pk).sort_key == "o" * 80


@pytest.mark.django_db
def test_the_next_page_begins_after_the_last_name_of_this_one(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("learn.desk.admin.patients.PAGE", 2)
    maple = make_team()
    people = [make_patient(maple, label) for label in ("Zed", "Öztürk", "alice", "Alice", "de Vries")]
    client.force_login(make_nurse("noor", maple))
    seen, address = [], "/admin/people/patient/"
    while address:
        context = client.get(address).context
        seen += [row["patient"].label for row in context["rows"]]
        address = context["more"] and "/admin/people/patient/" + context["more"]
    assert seen == ["alice", "Alice", "de Vries", "Öztürk", "Zed"]
    assert len(people) == len(seen)


# The migrations.


@pytest.fixture
def older_release() -> Iterator[None]:
    """Migrate back to before the sort key, and always forward again at the end."""
    MigrationExecutor(connection).migrate([("people", "0008_no_repeated_index")])
    yield
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


def forward() -> None:
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


@pytest.mark.django_db(transaction=True)
def test_patients_from_before_are_sorted_and_names_get_one_spelling(older_release: None) -> None:
    state = MigrationExecutor(connection).loader.project_state([("people", "0008_no_repeated_index")]).apps
    users: Any = state.get_model("people", "User").objects
    kept = {name: users.create(username=name, password="x").pk for name in ("ｄｏｒａ", "Eve", "eve", "ben", "Ana")}
    team = state.get_model("people", "CareTeam").objects.create(name="Maple", day_phone="555 1", night_phone="555 2")
    patients: Any = state.get_model("people", "Patient").objects
    for label in ("Zed", "Öztürk", "alice"):
        patients.create(user=users.create(), care_team=team, label=label)
    forward()
    assert list(Patient.objects.values_list("sort_key", flat=True)) == ["alice", "ozturk", "zed"]
    names = dict(User.objects.exclude(username=None).values_list("pk", "username"))
    assert {old: names[pk] for old, pk in kept.items()} == {
        "ｄｏｒａ": "dora",
        "Eve": "Eve",
        "eve": "eve",
        "ben": "ben",
        "Ana": "ana",
    }

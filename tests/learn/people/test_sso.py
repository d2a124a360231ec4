"""Single sign-on against a real OpenID Connect server: who gets in, and who is refused, with words."""

from __future__ import annotations

import base64
import hmac
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import jwt
import pytest
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from cryptography.hazmat.primitives import serialization
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from learn.people import sealing, sessions, sso, tries
from learn.people.models import AuditEvent, Session, User
from tests import oidc, totp
from tests.cast import PASSWORD, make_nurse, make_patient, make_team, words
from tests.matrix import EDGES

pytestmark = pytest.mark.django_db
DOOR, BACK = "/accounts/hospital/", "/accounts/hospital/back/"


@pytest.fixture
def hospital(settings: Settings) -> Iterator[oidc.Hospital]:
    with oidc.hospital() as server:
        settings.OIDC_ISSUER, settings.OIDC_CLIENT, settings.OIDC_SECRET = server.issuer, oidc.CLIENT, oidc.SECRET
        yield server


@pytest.fixture
def noor() -> User:
    return make_nurse("noor", make_team(), email="Noor@hospital.example")


def there(address: str) -> str:
    """Visit the hospital's page of sign-in, as a browser does; return the address that it sends the browser back to."""
    parts = urlsplit(address)
    visit = HTTPConnection(parts.netloc, timeout=5)
    visit.request("GET", f"{parts.path}?{parts.query}")
    response = visit.getresponse()
    visit.close()
    assert response.status == 302
    return str(response.getheader("Location"))


def sign_in(client: Client, door: str = DOOR) -> Any:
    """Go through the whole sign-in; return the site's last response."""
    back = there(client.get(door)["Location"])
    assert back.startswith("http://testserver" + BACK)
    return client.get(back.removeprefix("http://testserver"))


def refused(client: Client, why: Any) -> bool:
    """Go through the sign-in; return whether the page of sign-in says why nobody was signed in."""
    users = User.objects.count()
    response = sign_in(client)
    assert response["Location"] == "/accounts/login/"
    page = words(client.get("/accounts/login/"))
    assert "_auth_user_id" not in client.session
    assert (User.objects.count(), SocialAccount.objects.count()) == (users, 0)
    return str(why) in page.replace("&#x27;", "’")


class TestIn:
    def test_by_a_verified_address_the_first_time_and_by_the_subject_later(
        self, hospital: oidc.Hospital, noor: User
    ) -> None:
        client = Client()
        assert sign_in(client)["Location"] == "/admin/"
        assert client.get("/admin/").status_code == 200
        [account] = SocialAccount.objects.all()
        assert (account.user, account.uid, account.extra_data) == (noor, "subject-1", {})
        assert AuditEvent.objects.filter(who=noor.pk, what="sso.linked").count() == 1
        hospital.claims = {"sub": "subject-1"}  # her address was taken away
        assert sign_in(Client())["Location"] == "/admin/"
        assert SocialAccount.objects.count() == AuditEvent.objects.filter(what="sso.linked").count() == 1

    def test_is_noted_with_its_key_and_makes_the_device_known(self, hospital: oidc.Hospital, noor: User) -> None:
        client = Client()
        assert tries.COOKIE in sign_in(client).cookies
        assert [place.opened_by for place in sessions.places(noor)] == ["With a hospital account"]
        assert [*AuditEvent.objects.filter(who=noor.pk, what__startswith="signed").values_list("what", flat=True)] == [
            "signed.in.hospital"
        ]

    def test_gives_no_rights_and_changes_nothing_of_the_account(self, hospital: oidc.Hospital, noor: User) -> None:
        hospital.claims |= {"groups": ["IT"], "is_staff": True, "preferred_username": "root", "name": "Root"}
        sign_in(Client())
        again = User.objects.get()
        for name in ("username", "email", "first_name", "last_name", "is_superuser", "password"):
            assert getattr(again, name) == getattr(noor, name)
        assert [group.name for group in again.groups.all()] == ["Nurse"]

    def test_to_the_page_that_was_asked_for(self, hospital: oidc.Hospital, noor: User) -> None:
        assert sign_in(Client(), f"{DOOR}?next=/admin/people/patient/")["Location"] == "/admin/people/patient/"
        assert sign_in(Client(), f"{DOOR}?next=//evil.example/")["Location"] == "/admin/"

    def test_on_a_device_with_a_guests_session(self, hospital: oidc.Hospital, noor: User) -> None:
        client = Client()
        client.force_login(User.objects.create_guest())
        sign_in(client)
        assert client.session["_auth_user_id"] == str(noor.pk)

    def test_asks_for_the_address_and_the_subject_only_with_a_challenge(
        self, hospital: oidc.Hospital, noor: User
    ) -> None:
        sign_in(Client())
        assert set(hospital.asked["scope"].split()) == {"openid", "email"}
        assert hospital.asked["code_challenge_method"] == "S256"
        assert hospital.asked["redirect_uri"] == "http://testserver/accounts/hospital/back/"

    def test_is_offered_on_the_page_of_sign_in_only_where_it_is_set_up(self, hospital: oidc.Hospital) -> None:
        assert DOOR in Client().get("/accounts/login/").content.decode()

    def test_is_not_offered_without_an_issuer(self) -> None:
        assert DOOR not in Client().get("/accounts/login/").content.decode()


class TestTheSecondStep:
    SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"

    def test_is_asked_here_by_default(self, hospital: oidc.Hospital, noor: User, settings: Settings) -> None:
        settings.STAFF_TWO_STEP = "required"
        client = Client()
        sign_in(client)
        assert client.get("/admin/")["Location"] == "/accounts/two-step/"
        Authenticator.objects.create(user=noor, type="totp", data={"secret": sealing.seal(self.SECRET), "last": 0})
        client = Client()
        assert sign_in(client)["Location"] == "/accounts/two-step/code/"
        now = datetime.now(tz=UTC)
        client.post("/accounts/two-step/code/", {"code": totp.code(self.SECRET, now)})
        assert client.get("/admin/").status_code == 200

    def test_is_the_hospitals_where_it_says_so(self, hospital: oidc.Hospital, noor: User, settings: Settings) -> None:
        settings.STAFF_TWO_STEP, settings.OIDC_TWO_STEP = "required", True
        client = Client()
        sign_in(client)
        assert client.get("/admin/").status_code == 200
        by_password = Client()
        by_password.post("/accounts/login/", {"login": "noor", "password": PASSWORD})
        assert by_password.get("/admin/")["Location"] == "/accounts/two-step/"

    def test_whoever_has_no_password_here_says_again_at_the_hospital_who_they_are(
        self, hospital: oidc.Hospital, noor: User
    ) -> None:
        noor.set_unusable_password()
        noor.save()
        client = Client()
        sign_in(client)
        page = client.get("/accounts/again/?next=/admin/people/patient/").content.decode()
        assert "/accounts/hospital/?again=1&amp;next=/admin/people/patient/" in page
        session = client.session
        session["since"] -= 600
        session.save()
        export = "/admin/people/patient/progress/export/"
        assert client.get(export).status_code == 302
        assert client.get(f"{BACK}?code=x&state=y").status_code == 302  # a failed one does not count
        assert client.get(export).status_code == 302
        sign_in(client, f"{DOOR}?again=1")
        assert hospital.asked["prompt"] == "login"
        assert client.get(export).status_code == 200


class TestRefused:
    @pytest.mark.parametrize(
        "over",
        [
            {"aud": "another-site"},
            {"aud": [oidc.CLIENT, "another-site"], "azp": "another-site"},
            {"iss": "https://evil.example"},
            {"exp": int(time.time()) - 3600},
            {"sub": ""},
            {"sub": "x" * 500},
            {"sub": "a\x00b"},
        ],
        ids=["audience", "presenter", "issuer", "expired", "no-subject", "long-subject", "nul"],
    )
    def test_is_a_token_for_others_or_none(self, hospital: oidc.Hospital, noor: User, over: dict[str, Any]) -> None:
        hospital.over = over
        assert refused(Client(), sso.FAILED)

    def test_is_a_token_that_this_browser_has_not_asked_for(self, hospital: oidc.Hospital, noor: User) -> None:
        for nonce in ("of another browser", None, 7, ["a"]):
            hospital.over = {"nonce": nonce}
            assert refused(Client(), sso.FAILED)

    def test_is_a_token_that_was_used_before(self, hospital: oidc.Hospital, noor: User) -> None:
        client = Client()
        tokens: list[str] = []

        def same(claims: dict[str, Any]) -> str:
            tokens.append(jwt.encode(claims, oidc.KEY, algorithm="RS256", headers={"kid": "one"}))
            return tokens[0]

        hospital.sign = same  # type: ignore[method-assign]
        assert sign_in(client)["Location"] == "/admin/"
        client.post("/accounts/logout/")
        sign_in(client)
        assert "_auth_user_id" not in client.session
        assert tokens[1] != tokens[0]

    def test_is_not_a_second_tab_of_the_same_browser(self, hospital: oidc.Hospital, noor: User) -> None:
        client = Client()
        first, second = (client.get(DOOR)["Location"] for _ in range(2))
        for address in (second, first):
            back = there(address).removeprefix("http://testserver")
            assert client.get(back)["Location"] == "/admin/"
        assert not client.session.get(sso.NONCES)

    def test_is_a_token_without_the_hospitals_signature(self, hospital: oidc.Hospital, noor: User) -> None:
        public = oidc.KEY.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

        def part(value: Any) -> bytes:
            return base64.urlsafe_b64encode(value if isinstance(value, bytes) else json.dumps(value).encode()).rstrip(
                b"="
            )

        def with_public_key(claims: dict[str, Any]) -> str:
            body = part({"alg": "HS256", "kid": "one"}) + b"." + part(claims)
            return (body + b"." + part(hmac.digest(public, body, "sha256"))).decode()

        for forged in (
            lambda claims: jwt.encode(claims, oidc.OTHER_KEY, algorithm="RS256", headers={"kid": "one"}),
            lambda claims: jwt.encode(claims, oidc.OTHER_KEY, algorithm="RS256", headers={"kid": "two"}),
            lambda claims: jwt.encode(claims, None, algorithm="none", headers={"kid": "one"}),
            with_public_key,
            lambda claims: "a.b.c",
        ):
            hospital.sign = forged  # type: ignore[method-assign]
            assert refused(Client(), sso.FAILED)

    def test_is_a_server_that_names_itself_otherwise(self, hospital: oidc.Hospital, noor: User) -> None:
        hospital.discovery = hospital.over = {"iss": "https://evil.example", "issuer": "https://evil.example"}
        assert refused(Client(), sso.FAILED)

    @pytest.mark.parametrize("said", [False, None, "true", "false", 1])
    def test_is_an_address_that_is_not_verified(self, hospital: oidc.Hospital, noor: User, said: Any) -> None:
        hospital.claims["email_verified"] = said
        assert refused(Client(), sso.UNVERIFIED)

    def test_is_a_person_without_an_account_here(self, hospital: oidc.Hospital, noor: User) -> None:
        hospital.claims["email"] = "stranger@hospital.example"
        assert refused(Client(), sso.UNKNOWN)

    def test_is_a_patient_with_this_address(self, hospital: oidc.Hospital) -> None:
        patient = make_patient(make_team(), name="ana")
        User.objects.filter(pk=patient.user_id).update(email="noor@hospital.example")
        assert refused(Client(), sso.UNKNOWN)

    def test_is_an_address_of_two_people(self, hospital: oidc.Hospital, noor: User) -> None:
        make_nurse("omar", email="noor@hospital.example")
        assert refused(Client(), sso.UNKNOWN)

    def test_is_a_disabled_account_also_when_it_was_used_before(self, hospital: oidc.Hospital, noor: User) -> None:
        User.objects.update(is_active=False)
        assert refused(Client(), sso.CLOSED)
        User.objects.update(is_active=True)
        sign_in(Client())
        for change in ({"is_active": False}, {"is_active": True, "is_staff": False}):
            User.objects.update(**change)
            client = Client()
            assert sign_in(client)["Location"] == "/accounts/login/"
            assert str(sso.CLOSED) in words(client.get("/accounts/login/"))

    def test_is_the_next_person_with_the_same_address(self, hospital: oidc.Hospital, noor: User) -> None:
        sign_in(Client())
        hospital.claims["sub"] = "subject-2"
        client = Client()
        sign_in(client)
        assert str(sso.OTHER) in words(client.get("/accounts/login/"))
        assert SocialAccount.objects.get().uid == "subject-1"

    def test_is_the_same_subject_of_another_issuer(
        self, hospital: oidc.Hospital, noor: User, settings: Settings
    ) -> None:
        omar = make_nurse("omar")
        SocialAccount.objects.create(user=omar, provider="oidc-of-somebody-else", uid="subject-1")
        client = Client()
        sign_in(client)
        assert client.session["_auth_user_id"] == str(noor.pk)


class TestWhatGoesWrong:
    def test_is_told_when_the_server_is_down(self, settings: Settings) -> None:
        settings.OIDC_ISSUER = "http://127.0.0.1:1"
        client = Client()
        assert client.get(DOOR)["Location"] == "/accounts/login/"
        assert str(sso.FAILED) in words(client.get("/accounts/login/"))

    def test_is_told_when_somebody_turns_back(self, hospital: oidc.Hospital) -> None:
        client = Client()
        state = client.get(DOOR)["Location"].split("state=")[1].split("&")[0]
        assert client.get(BACK, {"error": "access_denied", "state": state})["Location"] == "/accounts/login/"

    def test_is_a_code_from_another_browser(self, hospital: oidc.Hospital, noor: User) -> None:
        back = there(Client().get(DOOR)["Location"]).removeprefix("http://testserver")
        client = Client()
        assert client.get(back)["Location"] == "/accounts/login/"
        assert "_auth_user_id" not in client.session

    def test_never_is_an_error_of_the_site(self, hospital: oidc.Hospital) -> None:
        client = Client(raise_request_exception=False)
        for edge in EDGES:
            if len(edge) < 1000:
                assert client.get(BACK, {"state": edge, "code": edge, "error": edge}).status_code == 302
                assert client.get(DOOR, {"next": edge}).status_code == 302

    def test_is_limited_by_address(self, hospital: oidc.Hospital) -> None:
        from learn.account.views.sso import ADDRESS
        from learn.people import rate_limits

        for _ in range(ADDRESS.tries):
            rate_limits.count(ADDRESS, "127.0.0.1", now=timezone.now())
        assert Client().get(DOOR).status_code == 429

    def test_leaves_no_word_of_the_hospital_in_a_session(self, hospital: oidc.Hospital, noor: User) -> None:
        sign_in(Client())
        assert not any("hospital.example" in str(row.get_decoded()) for row in Session.objects.all())

"""Who may see which patients, what a role may do, how long a sign-in lasts."""

from io import StringIO

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.test import SimpleTestCase, TestCase, override_settings
from django.urls import reverse

from learn.people import passwords, roles, staff
from learn.people.models import CareTeam, Membership, Patient, User, phones_for
from tests.cast import PASSWORD, at, make_nurse, make_patient, make_team


class TestPatientsAreVisible(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        cls.maple, cls.cedar = make_team(), make_team("Cedar team")
        cls.ana = make_patient(cls.maple)
        make_patient(cls.cedar, "Ben")
        cls.noor = make_nurse("noor", cls.maple)

    def seen(self, user: User) -> list[str]:
        return list(Patient.objects.visible_to(User.objects.get(pk=user.pk)).values_list("label", flat=True))

    def test_to_the_nurse_of_their_own_team(self) -> None:
        assert self.seen(self.noor) == ["Ana"]
        assert self.seen(make_nurse("omar", self.cedar)) == ["Ben"]
        assert self.seen(make_nurse("both", self.maple, self.cedar)) == ["Ana", "Ben"]

    def test_not_to_a_nurse_without_a_team(self) -> None:
        assert self.seen(make_nurse("newcomer")) == []

    def test_not_after_a_membership_has_ended(self) -> None:
        Membership.objects.update(ended=at(20))
        assert self.seen(self.noor) == []

    def test_not_to_a_superuser_without_a_team(self) -> None:
        assert self.seen(User.objects.create_superuser("root", password="x")) == []

    def test_not_to_a_member_who_is_disabled_or_not_staff(self) -> None:
        for field in ("is_active", "is_staff"):
            User.objects.filter(pk=self.noor.pk).update(**{field: False})
            assert self.seen(self.noor) == []
            User.objects.filter(pk=self.noor.pk).update(**{field: True})

    def test_not_to_themselves_or_a_guest_through_this_queryset(self) -> None:
        assert self.seen(self.ana.user) == []
        assert self.seen(User.objects.create_guest()) == []


class TestARole(TestCase):
    def test_is_a_group_that_a_migration_creates(self) -> None:
        assert set(Group.objects.values_list("name", flat=True)) == set(roles.MAY)

    def test_gives_its_permissions_and_no_others(self) -> None:
        noor = make_nurse("noor")
        assert noor.has_perm("people.view_patient")
        assert not noor.has_perm("people.delete_patient")
        eda = User.objects.create_user("eda", is_staff=True)
        eda.groups.add(Group.objects.get(name=roles.EDUCATOR))
        assert not eda.has_perm("people.view_patient")

    def test_gives_nothing_to_a_disabled_person(self) -> None:
        noor = make_nurse("noor")
        noor.is_active = False
        assert not noor.has_perm("people.view_patient")

    def test_that_is_unknown_gives_nothing(self) -> None:
        assert roles.rights({"Gardener"}) == frozenset()
        assert roles.rights({"Gardener", roles.NURSE}) == roles.MAY[roles.NURSE]


class TestAGuest(TestCase):
    def test_is_a_row_without_name_or_password_and_there_can_be_many(self) -> None:
        one, two = User.objects.create_guest(), User.objects.create_guest()
        assert one.pk != two.pk
        assert one.username is None
        assert not one.has_usable_password()
        assert one.is_guest
        assert str(one) == f"Guest {one.pk}"

    def test_is_neither_a_patient_nor_a_user_with_a_name(self) -> None:
        assert not make_patient(make_team()).user.is_guest
        assert not make_nurse("noor").is_guest


class TestThePhones(TestCase):
    def test_of_a_patient_are_those_of_the_team(self) -> None:
        assert phones_for(make_patient(make_team()).user) == ("555-010-0199", "555-011-0199", "100.4 °F (38 °C)")

    @override_settings(DAY_PHONE="555-010-0100", NIGHT_PHONE="")
    def test_of_everyone_else_come_from_the_settings(self) -> None:
        assert phones_for(User.objects.create_guest()) == ("555-010-0100", "", "")
        assert phones_for(None).day == "555-010-0100"


class TestACareTeam(SimpleTestCase):
    def team(self, **over: str) -> CareTeam:
        return CareTeam(**({"name": "T", "day_phone": "555 010 0199", "night_phone": "+1 (555) 010-0199"} | over))

    def test_has_todays_date_in_its_own_time_zone(self) -> None:
        moment = at(23, 23, 30)  # 11:30 p.m. in New York
        assert self.team(zone="America/New_York").today(moment).day == 23
        assert self.team(zone="Europe/Berlin").today(moment).day == 24

    def test_accepts_only_valid_phone_numbers_and_time_zones(self) -> None:
        self.team().clean_fields()
        for field, value in (
            ("day_phone", "call me"),
            ("day_phone", "555\x00010"),
            ("night_phone", "1"),
            ("night_phone", "5" * 31),
            ("day_phone", "555 010 0199\n"),
            ("zone", "Mars/Olympus"),
            ("zone", "../etc/passwd"),
        ):
            with pytest.raises(ValidationError):
                self.team(**{field: value}).clean_fields()


class TestTheDatabase(TestCase):
    def test_refuses_a_second_current_membership_and_an_ending_without_a_reason(self) -> None:
        team = make_team()
        noor = make_nurse("noor", team)
        with pytest.raises(IntegrityError), transaction.atomic():
            Membership.objects.create(care_team=team, nurse=noor, started=at(2))
        ana = make_patient(team)
        with pytest.raises(IntegrityError), transaction.atomic():
            Patient.objects.filter(pk=ana.pk).update(ended_on="2026-11-23")


class TestASignIn(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        team = make_team()
        cls.noor = make_nurse("noor", team)
        cls.ana = make_patient(team, name="ana")

    def sign_in(self, name: str, password: str = PASSWORD, next_: str = "") -> object:
        return self.client.post("/accounts/login/", {"login": name, "password": password, "next": next_})

    def test_leads_a_patient_to_my_learning_and_a_nurse_to_the_desk(self) -> None:
        assert self.sign_in("ana").url == "/my/"
        self.client.logout()
        assert self.client.get("/admin/").url == "/accounts/login/?next=/admin/"
        assert self.sign_in("noor", next_="/admin/").url == "/admin/"

    def test_asks_about_a_shared_device_where_patients_sign_in_and_not_on_the_way_to_the_desk(self) -> None:
        question = "Is this your own phone or computer?"
        for address, asked in (("", True), ("?next=/my/", True), ("?next=/admin/", False), ("?next=/admin/x/", False)):
            assert (question in self.client.get(f"/accounts/login/{address}").content.decode()) is asked, address
        for next_, asked in (("/my/", True), ("/admin/", False)):
            assert (question in self.sign_in("ana", "wrong", next_).content.decode()) is asked, next_
        assert self.sign_in("ana", next_="/admin/").url == "/admin/"

    def test_without_a_next_page_leads_a_nurse_to_the_desk(self) -> None:
        assert self.sign_in("noor").url == "/admin/"

    def test_of_staff_restarts_the_twelve_hours(self) -> None:
        with time_machine.travel(at(1), tick=False) as clock:
            self.sign_in("noor")
            for _ in range(50):
                clock.shift(14 * 60)
                self.client.post("/admin/people/patient/assign/")
            self.sign_in("noor")
            clock.shift(14 * 60)
            self.client.post("/admin/people/patient/assign/")
            clock.shift(14 * 60)
            assert self.client.get("/admin/").status_code == 200

    def test_never_leads_to_another_site(self) -> None:
        for evil in ("https://evil.example/", "//evil.example/", "javascript:alert(1)"):
            assert self.sign_in("ana", next_=evil).url == "/my/"
            self.client.logout()

    def test_that_fails_does_not_say_which_part_was_wrong(self) -> None:
        wrong = self.sign_in("ana", "wrong").content.decode()
        unknown = self.sign_in("nobody", "wrong").content.decode()
        for page in (wrong, unknown):
            assert "That name and password do not go together" in page
            assert "<title>Error: Sign in" in page

    def test_with_invalid_input_gives_no_server_error(self) -> None:
        for value in ("", "\x00", "💥", "x" * 10_000, "a\r\nb", "' OR 1=1 --"):
            assert self.sign_in(value, value).status_code == 200, value[:20]
            assert self.sign_in("ana", value).status_code in (200, 429), value[:20]

    def test_does_not_change_the_guests_row(self) -> None:
        guest = User.objects.create_guest()
        self.client.force_login(guest)
        assert self.client.get("/accounts/login/").status_code == 200
        self.sign_in("ana")
        assert self.client.session["_auth_user_id"] == str(self.ana.user_id)
        guest.refresh_from_db()
        assert guest.is_guest
        assert guest.is_active

    def test_gives_a_new_session_key(self) -> None:
        self.client.force_login(User.objects.create_guest())
        before = self.client.session.session_key
        self.sign_in("ana")
        assert self.client.session.session_key != before

    def test_of_a_patient_lasts_a_year_on_a_personal_phone(self) -> None:
        with time_machine.travel(at(1), tick=False) as clock:
            self.sign_in("ana")
            clock.shift(364 * 24 * 3600)
            assert "Sign out" in self.client.get("/my/").content.decode()
            clock.shift(2 * 24 * 3600)
            assert "Sign out" not in self.client.get("/my/").content.decode()

    def test_of_a_patient_is_renewed_only_by_a_post(self) -> None:
        with time_machine.travel(at(1), tick=False) as clock:
            self.sign_in("ana")
            ends = self.client.session.get_expiry_date()
            clock.shift(10 * 24 * 3600)
            self.client.get("/my/")
            assert self.session_ends() == ends
            self.client.post("/check/nothing/")
            assert self.session_ends() > ends

    def session_ends(self) -> object:
        from learn.people.models import Session

        return Session.objects.get(pk=self.client.session.session_key).expire_date

    def test_of_staff_ends_after_15_minutes_without_a_post(self) -> None:
        with time_machine.travel(at(1), tick=False) as clock:
            self.sign_in("noor")
            clock.shift(14 * 60)
            assert self.client.get("/admin/").status_code == 200
            clock.shift(2 * 60)
            response = self.client.get("/admin/", follow=True)
            assert response.redirect_chain == [("/accounts/login/?next=/admin/", 302)]
            assert "You were signed out because some time had passed" in response.content.decode()

    def test_of_staff_is_renewed_by_posts_for_at_most_12_hours(self) -> None:
        with time_machine.travel(at(1), tick=False) as clock:
            self.sign_in("noor")
            for _ in range(51):
                clock.shift(14 * 60)
                self.client.post("/admin/people/patient/assign/")
                assert self.client.get("/admin/").status_code == 200
            clock.shift(14 * 60)
            assert self.client.get("/admin/").status_code == 302

    def test_ends_immediately_when_the_person_is_disabled(self) -> None:
        self.sign_in("noor")
        User.objects.filter(pk=self.noor.pk).update(is_active=False)
        assert self.client.get("/admin/").status_code == 302

    def test_is_ended_by_a_sign_out_that_asks_first(self) -> None:
        self.sign_in("ana")
        assert "Do you want to sign out?" in self.client.get("/accounts/logout/").content.decode()
        self.client.post("/accounts/logout/")
        assert "_auth_user_id" not in self.client.session

    def test_has_no_other_allauth_pages(self) -> None:
        for address in ("/accounts/password/reset/", "/accounts/email/", "/accounts/"):
            assert self.client.get(address).status_code == 404


class TestTheDemoPeople(TestCase):
    @pytest.fixture(autouse=True)
    def _password(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DEMO_PASSWORD", "my own demo password")

    @override_settings(ON_LOOPBACK=True)
    def test_are_created_once_and_can_sign_in(self) -> None:
        call_command("make_demo", people=True, stdout=StringIO())
        noor = User.objects.get(username="noor")
        first = noor.password
        call_command("make_demo", people=True, stdout=StringIO())
        noor.refresh_from_db()
        assert noor.password == first
        assert noor.check_password("my own demo password")
        assert User.objects.count() == 7
        jobs = {"lena": roles.LEAD, "eda": roles.EDUCATOR, "rex": roles.REVIEWER, "ivy": roles.IT}
        for name, role in jobs.items():
            assert User.objects.get(username=name).groups.get().name == role
        assert [p.label for p in Patient.objects.visible_to(noor)] == ["Ana"]
        assert not Patient.objects.visible_to(User.objects.get(username="omar")).exists()

    @override_settings(ON_LOOPBACK=False)
    def test_are_never_created_on_a_site_that_others_can_reach(self) -> None:
        with pytest.raises(CommandError):
            call_command("make_demo")
        assert not User.objects.exists()


class TestTheFirstAdministrator(TestCase):
    @pytest.fixture(autouse=True)
    def _password(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.env = monkeypatch
        monkeypatch.delenv("ADMIN_PASSWORD", raising=False)

    def make(self, **options: str) -> str:
        out = StringIO()
        call_command("make_admin", stdout=out, **options)
        return out.getvalue()

    def test_is_created_once_with_a_one_time_password_that_is_shown_once(self) -> None:
        password = self.make().split("for 24 hours: ")[1].strip()
        admin = User.objects.get()
        assert admin.check_password(password)
        assert passwords.waiting(admin) is not None
        assert (admin.is_staff, admin.is_superuser, staff.role(admin)) == (True, False, roles.IT)
        assert self.make() == "Administrator: here already.\n"
        assert not Patient.objects.visible_to(admin).exists()

    def test_gets_a_new_one_time_password_if_nobody_of_it_can_sign_in_any_more(self) -> None:
        first = self.make()
        again = self.make(new_password="admin").split("for 24 hours: ")[1].strip()
        assert again not in first
        assert User.objects.get().check_password(again)
        make_nurse("noor")
        with pytest.raises(CommandError, match="No person of IT"):
            self.make(new_password="noor")

    def test_can_have_a_chosen_password_that_is_not_shown(self) -> None:
        self.env.setenv("ADMIN_PASSWORD", "a very long password")
        assert "a very long password" not in self.make()
        assert User.objects.get().check_password("a very long password")
        assert passwords.waiting(User.objects.get()) is None

    def test_is_not_created_with_a_weak_password_or_a_name_that_is_in_use(self) -> None:
        self.env.setenv("ADMIN_PASSWORD", "short")
        with pytest.raises(CommandError, match="too short"):
            self.make()
        self.env.delenv("ADMIN_PASSWORD")
        User.objects.create_user("admin")
        with pytest.raises(CommandError, match="called admin already"):
            self.make()
        assert User.objects.count() == 1


class TestTheLineWithWhomToCall(TestCase):
    def test_is_on_every_page_with_the_teams_number(self) -> None:
        ana = make_patient(make_team(), name="ana")
        self.client.force_login(ana.user)
        for name in ("start", "my", "help", "therapies"):
            page = self.client.get(reverse(name)).content.decode()
            assert '<a href="tel:5550100199">555-010-0199</a>' in page
            assert "Feeling unwell? Who to call" in page

"""Inviting, the printed invitation and closing a record: what is made, what is shown only once, what stays."""

from __future__ import annotations

import re
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client, TransactionTestCase, override_settings
from django.urls import reverse

from learn.account import actions
from learn.assignments.models import Assignment, Pathway
from learn.desk import actions as desk
from learn.lessons.models import Lesson
from learn.people import codes
from learn.people.models import AccessCode, AuditEvent, Membership, Patient, User
from tests.cast import DeskCase, at, load_content, make_nurse, make_patient, make_team, together, words

INVITE = "/admin/people/patient/invite/"
MANY = "/admin/people/patient/invite/many/"
PATHWAY = "antibodies-and-checkpoint-inhibitors"


class InviteCase(DeskCase):
    def invite(self, **over: Any) -> Any:
        form = {"label": "Dee", "reference": "", "pathway": PATHWAY, "when": "7", "form": str(uuid4())} | over
        return self.client.post(INVITE, {k: v for k, v in form.items() if v is not None})

    def letters(self, response: Any) -> list[str]:
        return re.findall(r'<p class="code">([A-Z ]+)</p>', response.content.decode())


class TestAnInvitation(InviteCase):
    def test_makes_a_patient_with_lessons_and_a_code_that_opens_them(self) -> None:
        response = self.invite(label="Dee", reference="R-7")
        dee = Patient.objects.get(label="Dee")
        assert (dee.care_team, dee.reference, dee.ended_on) == (self.maple, "R-7", None)
        lessons = Pathway.objects.get(slug=PATHWAY).taught()
        asked = Assignment.objects.filter(patient=dee)
        assert {a.lesson for a in asked} == set(lessons)
        assert {(a.due, a.by) for a in asked} == {(date(2026, 11, 30), self.noor)}
        page = self.client.get(response.url)
        [letters] = self.letters(page)
        phone = Client()
        assert phone.post("/code/", {"letters": letters}).url == "/code/in/"
        assert phone.session["_auth_user_id"] == str(dee.user_id)

    def test_leaves_audit_rows(self) -> None:
        self.invite()
        dee = Patient.objects.get(label="Dee")
        done = AuditEvent.objects.order_by("pk").values_list("what", "patient", "team", "count")
        assert list(done) == [
            ("invited", dee.pk, self.maple.pk, None),
            ("assigned", dee.pk, self.maple.pk, None),
            ("card.made", dee.pk, self.maple.pk, None),
        ]

    def test_twice_makes_one_patient_and_only_the_last_code_works(self) -> None:
        form = str(uuid4())
        first, second = self.invite(form=form), self.invite(form=form)
        assert first.url == second.url
        assert Patient.objects.filter(label="Dee").count() == 1
        [letters] = self.letters(self.client.get(second.url))
        assert codes.by_letters(letters.replace(" ", ""), at=at(23))
        assert AccessCode.objects.living(at=at(23)).count() == 1

    def test_sent_again_with_another_name_makes_another_patient(self) -> None:
        form = str(uuid4())
        self.invite(form=form)
        self.invite(form=form, label="Eve")
        assert set(Patient.objects.values_list("label", flat=True)) == {"Ana", "Dee", "Eve"}

    def test_sent_again_after_the_code_was_used_does_not_change_it(self) -> None:
        form = str(uuid4())
        [letters] = self.letters(self.client.get(self.invite(form=form).url))
        Client().post("/code/", {"letters": letters})
        again = self.client.get(self.invite(form=form).url)
        assert "cannot be shown again" in words(again)
        assert codes.by_letters(letters.replace(" ", ""), at=at(23))

    def test_sets_the_chosen_due_day(self) -> None:
        for when, due, day in (("3", "", 26), ("14", "nonsense", 37), ("other", "2026-11-29", 29)):
            self.invite(label=when, when=when, due=due, form=str(uuid4()))
            [found] = {a.due for a in Assignment.objects.filter(patient__label=when)}
            assert (found - date(2026, 11, 1)).days + 1 == day

    def test_keeps_the_type_of_therapy_of_the_pathway(self) -> None:
        self.invite()
        therapy = Pathway.objects.get(slug=PATHWAY).therapy
        assert Patient.objects.get(label="Dee").treatment == therapy.slug

    def test_can_be_made_without_lessons(self) -> None:
        self.invite(pathway="later")
        assert Patient.objects.get(label="Dee").treatment == ""
        assert not Assignment.objects.exists()

    def test_asks_for_the_team_when_a_nurse_has_several_and_accepts_no_other(self) -> None:
        birch = make_team("Birch team")
        Membership.objects.create(care_team=birch, nurse=self.noor, started=at(1))
        page = words(self.client.get(INVITE))
        assert "Birch team" in page
        assert "Cedar team" not in page
        assert "Choose the care team" in words(self.invite())
        assert "Choose the care team" in words(self.invite(team=str(self.cedar.pk)))
        assert not Patient.objects.filter(label="Dee").exists()
        self.invite(team=str(birch.pk))
        assert Patient.objects.get(label="Dee").care_team == birch

    def test_without_a_team_says_what_to_do(self) -> None:
        self.client.force_login(make_nurse("newcomer"))
        assert "You are in no care team yet" in words(self.client.get(INVITE))
        assert "You are in no care team yet" in words(self.invite())
        assert Patient.objects.count() == 1

    def test_explains_invalid_input_and_changes_nothing(self) -> None:
        for over, problem in (
            ({"label": ""}, "Type a name or initials"),
            ({"label": " "}, "Type a name or initials"),
            ({"label": "x" * 81}, "Use 80 letters at most"),
            ({"label": "a\x00b"}, "Null characters are not allowed"),
            ({"label": "\u200b\u2060"}, "Type a name or initials"),
            ({"label": "Ana \u202eneB"}, "hidden marks that turn the reading direction"),
            ({"reference": "7\u2066"}, "hidden marks that turn the reading direction"),
            ({"reference": "x" * 41}, "Use 40 letters at most"),
            ({"pathway": ""}, "Choose the lessons, or “I will choose later”"),
            ({"pathway": "nowhere"}, "Choose the lessons, or “I will choose later”"),
            ({"when": ""}, "Choose the day"),
            ({"when": "99999999999"}, "Choose the day"),
            ({"when": "other", "due": ""}, "Choose a day"),
            ({"when": "other", "due": "soon"}, "Write the day like 12/04/2026"),
            ({"when": "other", "due": "2026-11-22"}, "That day has passed"),
            ({"when": "other", "due": "2036-11-22"}, "more than a year away"),
        ):
            response = self.invite(**over)
            assert problem in words(response), over
            assert "There is a problem" in words(response)
        assert Patient.objects.count() == 1

    def test_costs_the_same_queries_for_any_pathway(self) -> None:
        self.client.get(INVITE)
        with self.assertNumQueries(5):  # session with user, roles, teams, pathways and their lessons
            self.client.get(INVITE)


class TestAPrintedInvitation(InviteCase):
    @override_settings(PUBLIC_URL="https://learn.example.org")
    def test_shows_letters_qr_code_and_phones_but_no_name_and_no_diagnosis(self) -> None:
        page = self.client.get(self.invite(label="Dee Doe", reference="R-7").url).content.decode()
        printed = page.split('<section class="card"')[1].split("</section>")[0]
        assert re.search(r">[B-Z]{4} [B-Z]{4} [B-Z]{4}<", printed)
        assert "learn.example.org/code/" in printed
        assert "555-010-0199" in printed
        assert "555-011-0199" in printed
        assert "Your nurse can see which lessons you have done and which questions were hard." in printed
        for hidden in ("Dee", "Doe", "R-7", "Maple", "ntibod", "cancer", "testserver"):
            assert hidden not in printed, hidden
        assert "style=" not in page

    def test_is_shown_once(self) -> None:
        address = self.invite().url
        assert self.letters(self.client.get(address))
        again = self.client.get(address)
        assert self.letters(again) == []
        assert "cannot be shown again" in words(again)
        dee = Patient.objects.get(label="Dee")
        assert reverse("admin:people_patient_card", args=[dee.pk]) in again.content.decode()

    def test_is_not_shown_for_a_forged_cookie_or_a_cancelled_code(self) -> None:
        address = self.invite().url
        kept = self.client.cookies["cards"].value
        for value in ("", "x", f"A{kept}", "[]:x:y"):
            self.client.cookies["cards"] = value
            assert self.letters(self.client.get(address)) == []
        self.client.cookies["cards"] = kept
        codes.cancel(user=Patient.objects.get(label="Dee").user, by=self.noor, now=at(23))
        assert self.letters(self.client.get(address)) == []

    def test_stores_no_letters_and_no_token_on_the_server(self) -> None:
        [letters] = self.letters(self.client.get(self.invite().url))
        bare = letters.replace(" ", "")
        with connection.cursor() as cursor:
            for table in connection.introspection.table_names():
                cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608
                rows = str(cursor.fetchall())
                assert bare[6:] not in rows, table
                assert letters not in rows, table

    def test_made_again_cancels_the_old_code(self) -> None:
        [old] = self.letters(self.client.get(self.invite().url))
        dee = Patient.objects.get(label="Dee")
        address = reverse("admin:people_patient_card", args=[dee.pk])
        assert "stops working" in words(self.client.get(address))
        response = self.client.post(address)
        [new] = self.letters(self.client.get(response.url))
        assert codes.by_letters(old.replace(" ", ""), at=at(23)) is None
        assert codes.by_letters(new.replace(" ", ""), at=at(23))

    def test_of_another_team_is_not_found_and_changes_nothing(self) -> None:
        address = self.invite().url
        dee = Patient.objects.get(label="Dee")
        self.client.force_login(self.omar)
        assert self.client.get(address).status_code == 404
        for name in ("card", "cancel_card", "label", "end", "take_back"):
            assert self.client.post(reverse(f"admin:people_patient_{name}", args=[dee.pk])).status_code == 404
        assert AccessCode.objects.living(at=at(23)).count() == 1
        cai = make_patient(self.cedar, "Cai")
        assert self.client.get(f"/admin/people/patient/cards/?patient={cai.pk}&patient={dee.pk}").status_code == 404

    def test_is_shown_with_its_state_on_the_patients_page(self) -> None:
        [letters] = self.letters(self.client.get(self.invite().url))
        dee = Patient.objects.get(label="Dee")
        address = reverse("admin:people_patient_change", args=[dee.pk])
        assert "Made by noor today Not used yet works until February 21, 2027" in words(self.client.get(address))
        Client().post("/code/", {"letters": letters})
        assert "Used, last today works until November 23, 2027" in words(self.client.get(address))
        self.client.post(reverse("admin:people_patient_cancel_card", args=[dee.pk]))
        page = words(self.client.get(address))
        assert "Cancelled today" in page
        assert "Cancel the card" not in page


class TestManyInvitations(InviteCase):
    def many(self, **over: Any) -> Any:
        form = {"name": "Monday", "many": "20", "first": "1", "pathway": PATHWAY, "when": "7", "form": str(uuid4())}
        return self.client.post(MANY, form | over)

    def test_can_be_twenty_at_once_each_with_its_number(self) -> None:
        page = self.client.get(self.many().url)
        assert len(set(self.letters(page))) == 20
        assert len(re.findall(r'<p class="which"><bdi>Monday \d+</bdi></p>', page.content.decode())) == 20
        assert Patient.objects.filter(label__startswith="Monday ").count() == 20
        assert len(self.client.cookies["cards"].value) == 0

    def test_fit_into_one_cookie(self) -> None:
        self.many(name="M" * 60)
        assert len(self.client.cookies["cards"].value) < 3500

    def test_twice_makes_each_patient_once(self) -> None:
        form = str(uuid4())
        self.many(form=form)
        self.many(form=form)
        assert Patient.objects.filter(label__startswith="Monday ").count() == 20

    def test_are_at_most_twenty(self) -> None:
        for over in ({"many": "21"}, {"many": "0"}, {"many": "x"}, {"first": "0"}, {"first": "99999999999999999999"}):
            assert "Write a number from 1 to" in words(self.many(**over)), over
        assert "Type a word, like Monday" in words(self.many(name=""))
        assert Patient.objects.count() == 1

    def test_say_of_each_missing_choice_what_it_is(self) -> None:
        Membership.objects.create(care_team=self.cedar, nurse=self.noor, started=at(1))
        for name in ("invite", "invite_many", "invite_names"):
            page = self.client.post(reverse(f"admin:people_patient_{name}"), {}).content.decode()
            summary = page.split('id="problems"')[1].split("</ul>")[0]
            said = [text.strip() for text in re.findall(r">([^<]+)</a>", summary)]
            assert len(said) == len(set(said)) >= 3, said
            assert {"Choose the care team", "Choose the day"} < set(said), name

    def test_can_get_names_later(self) -> None:
        self.many(many="1")
        patient = Patient.objects.get(label="Monday 1")
        address = reverse("admin:people_patient_label", args=[patient.pk])
        assert "Type a name or initials" in words(self.client.post(address, {"label": ""}))
        drawn = re.findall(r'name="drawn_from" value="(\w+)"', self.client.get(address).content.decode())[0]
        self.client.post(address, {"label": "Dee", "reference": "7", "drawn_from": drawn})
        patient.refresh_from_db()
        assert (patient.label, patient.reference) == ("Dee", "7")


class TestAClosedRecord(InviteCase):
    def end(self, **form: Any) -> Any:
        return self.client.post(reverse("admin:people_patient_end", args=[self.ana.pk]), form)

    def test_leaves_the_lists_and_loses_its_code_but_is_kept(self) -> None:
        made = codes.make(user=self.ana.user, by=self.noor, now=at(23))
        self.assign(self.ana)
        self.end(why="moved")
        self.ana.refresh_from_db()
        assert (self.ana.ended_on, self.ana.ended_why) == (date(2026, 11, 23), "moved")
        assert codes.by_token(made.token, at=at(23)) is None
        self.client.get("/admin/")
        assert "Ana" not in words(self.client.get("/admin/people/patient/"))
        assert Assignment.objects.filter(patient=self.ana).exists()
        page = words(self.client.get(reverse("admin:people_patient_change", args=[self.ana.pk])))
        assert "Moved to another clinic, Monday, November 23, 2026. The record stays." in page
        assert "Make a new card" not in page
        assert "stopped sharing" not in page

    def test_after_stop_sharing_says_that_past_work_may_be_missing(self) -> None:
        self.end(why="stopped")
        page = words(self.client.get(reverse("admin:people_patient_change", args=[self.ana.pk])))
        assert "If they stopped sharing by themselves, what they did is not shown here any more." in page

    def test_can_be_reopened(self) -> None:
        self.end(why="died")
        self.client.post(reverse("admin:people_patient_take_back", args=[self.ana.pk]))
        self.ana.refresh_from_db()
        assert (self.ana.ended_on, self.ana.ended_why) == (None, "")
        self.client.get("/admin/")
        assert Patient.objects.visible_to(self.noor).current().get() == self.ana
        acts = AuditEvent.objects.filter(what__in=("ended", "taken.back")).order_by("pk")
        assert [(e.what, e.patient) for e in acts] == [("ended", self.ana.pk), ("taken.back", self.ana.pk)]

    def test_cannot_be_reopened_when_the_patient_stopped_or_erased(self) -> None:
        for act in (actions.stop_sharing, actions.erase):
            patient = make_patient(self.maple, "Gil")
            act(user=User.objects.get(pk=patient.user_id), now=at(23))
            page = reverse("admin:people_patient_change", args=[patient.pk])
            shown = self.client.get(page)
            assert "invite them as a new patient" in words(shown)
            assert "Take back" not in words(shown)
            self.client.post(reverse("admin:people_patient_take_back", args=[patient.pk]))
            patient.refresh_from_db()
            assert patient.ended_why == "stopped"
            assert "invite them as a new patient" in words(self.client.get(page))
        assert not AuditEvent.objects.filter(what="taken.back").exists()

    def test_closed_twice_keeps_the_first_reason(self) -> None:
        self.end(why="moved")
        self.end(why="died")
        self.ana.refresh_from_db()
        assert self.ana.ended_why == "moved"
        assert AuditEvent.objects.filter(what="ended").count() == 1
        assert not desk.reopen(patient=make_patient(self.maple), by=self.noor, now=at(23))

    def test_needs_a_reason(self) -> None:
        for why in ("", "bored", "\x00"):
            assert "Choose one" in words(self.end(why=why))
        self.ana.refresh_from_db()
        assert self.ana.ended_on is None

    def test_gets_no_new_codes(self) -> None:
        self.end(why="moved")
        address = reverse("admin:people_patient_card", args=[self.ana.pk])
        assert "Open this record again first" in words(self.client.post(address, follow=True))
        assert not AccessCode.objects.living(at=at(23)).exists()


@pytest.mark.django_db
@pytest.mark.parametrize("n", [1, 3, 20])
def test_inviting_costs_the_same_for_one_and_for_many(n: int, django_assert_num_queries: Any) -> None:
    load_content()
    maple = make_team()
    noor = make_nurse("noor", maple)
    asked = {"team": maple, "lessons": [Lesson.objects.get(slug="who-to-call")], "due": date(2026, 12, 1)}
    people = [(f"Patient {k}", "") for k in range(n)]
    # savepoint, the nurse, who was invited, guests, patients, audit; assign: savepoint, learners, what stands, the act,
    # the assignments, its changes, audit, end; used codes; codes: savepoint, learners, cancelled, letters, codes,
    # audit, end; end
    with django_assert_num_queries(23):
        patients, made = desk.invite(people=people, form=uuid4(), by=noor, now=at(23), **asked)  # type: ignore[arg-type]
    assert [patient.label for patient in patients] == [label for label, _ in people]
    assert [one.code.user_id for one in made] == [patient.user_id for patient in patients]
    rows = AuditEvent.objects.filter(who=noor.pk).values_list("what", "patient")
    told = {(what, patient.pk) for what in ("invited", "assigned", "card.made") for patient in patients}
    assert sorted(rows) == sorted(told)
    for one in made:
        assert codes.by_letters(one.letters, at=at(23)) == codes.by_token(one.token, at=at(23)) == one.code
        assert not {one.letters, one.letters[6:], one.token} & {one.code.selector, one.code.secret, one.code.token}


@pytest.mark.django_db
def test_no_two_codes_that_are_made_together_begin_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor like one that somebody has, or had: its letters find one row."""
    maple = make_team()
    noor, users = make_nurse("noor", maple), [make_patient(maple, label).user for label in ("Ana", "Ben", "Cai")]
    drawn = iter(["B" * 12, "B" * 6 + "C" * 6, "B" * 6 + "D" * 6, "B" * 12, "F" * 12, "G" * 12])
    monkeypatch.setattr(codes, "_letters", lambda: next(drawn))
    codes.make(user=users[0], by=noor, now=at(22))  # BBBBBB is somebody's
    made = codes.make_many(users=users[1:], by=noor, now=at(23))
    assert [one.letters for one in made] == ["F" * 12, "G" * 12]


@pytest.mark.race
class TestADoublePress(TransactionTestCase):
    def test_makes_one_patient_with_one_valid_code(self) -> None:
        assert connection.vendor == "postgresql", "SQLite hides races: run this on PostgreSQL"
        load_content()
        maple = make_team()
        noor = make_nurse("noor", maple)
        lessons = list(Pathway.objects.get(slug=PATHWAY).taught())
        for n in range(10):
            asked = {"people": [(f"Dee {n}", "")], "team": maple, "lessons": lessons, "due": date(2026, 12, 1)}
            form = uuid4()
            done = together(4, lambda _, asked=asked, form=form: desk.invite(form=form, by=noor, now=at(23), **asked))
            assert [error for error in done if isinstance(error, Exception)] == []
            dee = Patient.objects.get(label=f"Dee {n}")
            assert AccessCode.objects.living(at=at(23)).filter(user=dee.user).count() == 1


@pytest.mark.django_db
def test_names_that_a_refused_form_shows_are_noted_as_seen(client: Client) -> None:
    """A likely double is named with the patient's record; a form that is drawn again shows its patients again."""
    team = make_team()
    ana, noor = make_patient(team, "Ana", reference="A-12"), make_nurse("noor", team)
    client.force_login(noor)
    form = {"label": "Dee", "reference": "A-12", "pathway": "later", "when": "7", "form": str(uuid4())}
    assert "Ana" in client.post(INVITE, form).content.decode()
    assert AuditEvent.objects.filter(patient=ana.pk, what="list.seen").count() == 1
    assert client.post(INVITE, form | {"another": "on"}).status_code == 303
    assert AuditEvent.objects.filter(patient=ana.pk, what="list.seen").count() == 1
    refused = client.post(f"/admin/people/patient/assign/?patient={ana.pk}", {"due": "no day"})
    assert (refused.status_code, "Ana" in refused.content.decode()) == (200, True)
    assert AuditEvent.objects.filter(patient=ana.pk, what="list.seen").count() == 2

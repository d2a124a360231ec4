"""Access codes: how they are made, found, used and cancelled, and what is stored."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.forms.models import model_to_dict
from django.test import TestCase, TransactionTestCase

from learn.people import codes
from learn.people.models import AccessCode, AuditEvent, User
from tests.cast import at, make_nurse, make_patient, make_team, together

NOW = at(20)


def make_own() -> codes.Made:
    """Return a code that a guest made for themselves."""
    guest = User.objects.create_guest()
    return codes.make(user=guest, by=guest, now=NOW)


class CodeCase(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        maple = make_team()
        cls.ana, cls.noor = make_patient(maple), make_nurse("noor", maple)

    def make(self, now: datetime = NOW) -> codes.Made:
        return codes.make(user=self.ana.user, by=self.noor, now=now)


class TestACode(CodeCase):
    def test_works_by_its_letters_and_by_its_link(self) -> None:
        made = self.make()
        assert codes.by_letters(made.letters, at=NOW) == made.code
        assert codes.by_token(made.token, at=NOW) == made.code

    def test_is_twelve_unambiguous_letters_in_three_groups_and_a_128_bit_link(self) -> None:
        made = self.make()
        assert set(made.letters) <= set("BCDFGHJKLMNPQRSTVWXZ")
        assert [len(group) for group in made.groups.split(" ")] == [4, 4, 4]
        assert len(made.token) == 22
        assert made.letters != self.make().letters

    def test_is_stored_as_a_hash(self) -> None:
        made = self.make()
        kept = str(model_to_dict(made.code))
        assert made.token not in kept
        assert made.letters[6:] not in kept

    def test_does_not_work_with_a_wrong_half(self) -> None:
        made, other = self.make(), make_own()
        for letters in (
            made.letters[:6] + other.letters[6:],
            other.letters[:6] + made.letters[6:],
            made.letters[6:] + made.letters[:6],
            "B" * 12,
            "",
        ):
            assert codes.by_letters(letters, at=NOW) is None, letters
        for token in (other.token[::-1], "", "\x00", made.code.token):
            assert codes.by_token(token, at=NOW) is None

    def test_expires_after_ninety_days_without_a_first_use(self) -> None:
        made = self.make()
        for days, opens in ((89, True), (90, False)):
            when = NOW + timedelta(days=days)
            assert bool(codes.by_token(made.token, at=when)) is opens
            assert bool(codes.by_letters(made.letters, at=when)) is opens

    def test_expires_a_year_after_its_last_use(self) -> None:
        made = self.make()
        first, last = NOW + timedelta(days=80), NOW + timedelta(days=300)
        assert codes.use(code=made.code, now=first)
        assert codes.use(code=made.code, now=last)
        assert codes.by_token(made.token, at=last + timedelta(days=364))
        assert codes.by_token(made.token, at=last + timedelta(days=365)) is None
        made.code.refresh_from_db()
        assert (made.code.used, made.code.last_used) == (first, last)

    def test_made_for_oneself_expires_after_a_year(self) -> None:
        assert codes.by_token(make_own().token, at=NOW + timedelta(days=364))
        assert not AuditEvent.objects.exists()

    def test_is_cancelled_by_a_new_one(self) -> None:
        old, new = self.make(), self.make()
        assert codes.by_letters(old.letters, at=NOW) is None
        assert codes.by_token(old.token, at=NOW) is None
        assert not codes.use(code=old.code, now=NOW)
        assert codes.by_token(new.token, at=NOW) == new.code

    def test_can_be_cancelled_only_once(self) -> None:
        made = self.make()
        assert codes.cancel(user=self.ana.user, by=self.noor, now=NOW)
        assert not codes.cancel(user=self.ana.user, by=self.noor, now=NOW)
        assert codes.by_token(made.token, at=NOW) is None

    def test_does_not_work_for_a_disabled_person(self) -> None:
        made = self.make()
        User.objects.filter(pk=self.ana.user_id).update(is_active=False)
        assert codes.by_token(made.token, at=NOW) is None
        assert codes.by_letters(made.letters, at=NOW) is None

    def test_made_or_cancelled_by_a_nurse_leaves_an_audit_row(self) -> None:
        self.make()
        codes.cancel(user=self.ana.user, by=self.noor, now=NOW)
        rows = AuditEvent.objects.order_by("pk").values_list("who", "what", "patient")
        assert list(rows) == [(self.noor.pk, what, self.ana.pk) for what in ("card.made", "card.cancelled")]

    def test_costs_the_same_queries_when_wrong_unknown_expired_or_cancelled(self) -> None:
        old, made = self.make(), self.make()
        late = NOW + timedelta(days=91)
        wrong = made.letters[:11] + ("B" if made.letters[11] != "B" else "C")
        for letters, when in ((wrong, NOW), ("Z" * 12, NOW), (made.letters, late), (old.letters, NOW)):
            with self.assertNumQueries(1):
                assert codes.by_letters(letters, at=when) is None
            with self.assertNumQueries(1):
                assert codes.by_token(old.token, at=when) is None

    def test_never_has_the_same_first_letters_as_another(self) -> None:
        taken = self.make().letters
        given = iter((taken, "BCDFGHJKLMNP"))
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(codes, "_letters", lambda: next(given))
            assert make_own().letters == "BCDFGHJKLMNP"


class TestTheDatabase(CodeCase):
    def test_refuses_a_second_valid_code(self) -> None:
        code = self.make().code
        code.pk, code.selector, code.token = None, "BBBBBB", "x"
        with pytest.raises(IntegrityError), transaction.atomic():
            code.save()


@pytest.mark.race
class TestTwoNursesAtOnce(TransactionTestCase):
    def test_make_codes_of_which_one_is_valid_without_an_error(self) -> None:
        assert connection.vendor == "postgresql", "SQLite hides races: run this on PostgreSQL"
        maple = make_team()
        ana, noor = make_patient(maple), make_nurse("noor", maple)
        for _ in range(20):
            done = together(6, lambda n: codes.make(user=ana.user, by=noor, now=NOW))
            assert [error for error in done if isinstance(error, Exception)] == []
            living = AccessCode.objects.living(at=NOW).get(user=ana.user)
            assert [made.code.pk for made in done if codes.by_token(made.token, at=NOW)] == [living.pk]

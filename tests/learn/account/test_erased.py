"""Who asked to be erased is known by a hash, so that a restore erases them again and nobody else."""

from __future__ import annotations

import pytest
from django.utils import timezone

from learn.account import actions, erased
from learn.people.models import AuditEvent, User
from tests.cast import at, make_patient, make_team

pytestmark = pytest.mark.django_db


def test_a_person_is_known_again_only_with_number_and_moment() -> None:
    ana, ben = make_patient(make_team()).user, User.objects.create_guest()
    joined = ana.date_joined
    actions.erase(user=ana, now=at(20))
    (mark,) = erased.marks()
    assert erased.back_again([mark]) == []

    User.objects.filter(pk=ana.pk).update(date_joined=at(21), is_active=True)  # somebody else got the same number
    assert erased.back_again([mark]) == []
    User.objects.filter(pk=ana.pk).update(date_joined=joined)  # a restore from a backup of before
    assert erased.back_again([mark]) == [ana.pk]
    assert actions.erase_again({mark}, now=at(22)) == 1
    assert not User.objects.get(pk=ana.pk).is_active
    assert User.objects.get(pk=ben.pk).is_active
    assert list(AuditEvent.objects.order_by("pk").values_list("what", flat=True)) == ["erased", "erased.again"]
    assert actions.erase_again({mark}, now=at(22)) == 0


def test_only_who_asked_is_in_the_list_and_twice_is_once() -> None:
    guest = User.objects.create_guest()
    for _ in range(2):
        actions.erase(user=guest, now=timezone.now())
    assert len(erased.marks()) == 1
    assert str(guest.pk) not in erased.marks()

"""A name on the screen: complete, or as initials when others can see the screen."""

from __future__ import annotations

from django.test import SimpleTestCase

from learn.people.names import as_initials, shown

FIND = "/admin/people/patient/find/"


class TestAName(SimpleTestCase):
    def test_is_shown_complete_or_as_initials(self) -> None:
        for label, initials in (
            ("Iris Morgan", "I. M."),
            ("Morgan, Iris", "M. I."),
            ("ana", "A."),
            ("Card 7", "C. 7"),
            ("O’Neill-Smith", "O."),
            ("(Bo) Éva", "B. É."),
            ("3-07", "3-07"),
            ("  ", ""),
        ):
            assert shown(label) == label
            with as_initials(True):
                assert shown(label) == initials
                with as_initials(False):
                    assert shown(label) == label
            assert shown(label) == label

"""The call card: one text, and on a lesson's pages without the lines of other treatments."""

from django.test import SimpleTestCase

from learn.lessons import card


def lines(of: card.Card) -> list[str]:
    return [line.id for tier in of.tiers for group in tier.groups for line in group.lines]


class TestTheCard(SimpleTestCase):
    def test_is_whole_where_no_lesson_is_named(self) -> None:
        assert {"bcg-high-fever", "il-2-swelling", "t-vec-new-sores", "interferon-mood", "cough"} <= set(
            lines(card.whole())
        )

    def test_shows_the_lines_of_a_treatment_on_its_own_lesson_and_on_no_other(self) -> None:
        own = {line.id: line.lessons for t in card.whole().tiers for g in t.groups for line in g.lines if line.lessons}
        assert len(own) == 5
        for id_, lessons in own.items():
            for lesson in lessons:
                assert id_ in lines(card.for_lesson(lesson))
            assert id_ not in lines(card.for_lesson("side-effects-when-to-call"))

    def test_keeps_every_general_line_its_order_and_its_tiers_for_any_lesson(self) -> None:
        general = [x for x in lines(card.whole()) if x in lines(card.for_lesson("anything"))]
        assert general == lines(card.for_lesson("anything"))
        assert [t.name for t in card.for_lesson("anything").tiers] == [t.name for t in card.whole().tiers]
        assert len(general) == len(lines(card.whole())) - 5

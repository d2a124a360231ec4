"""The Spanish counter and formulas, against counts by hand."""

from __future__ import annotations

import pytest

from quizzes import spanish
from quizzes.readability import plain

pytestmark = pytest.mark.one_database

BY_HAND = {
    "llame": 2, "equipo": 3, "fiebre": 2, "mañana": 3, "inmunoterapia": 6, "guía": 2, "día": 2, "cuídese": 3,
    "siéntese": 3, "leer": 2, "oído": 3, "aire": 2, "agua": 2, "pingüino": 3, "quien": 1, "ahora": 3, "muy": 1,
    "proteína": 4, "diarrea": 3, "heces": 2, "convulsión": 3, "orinar": 3, "T": 1, "BCG": 3, "VPH": 4, "911": 6,
    "100": 6,
}  # fmt: skip
EXAMPLE = "Llame a su equipo si tiene fiebre. No espere hasta mañana."


@pytest.mark.parametrize(("word", "count"), BY_HAND.items())
def test_syllables_as_counted_by_hand(word: str, count: int) -> None:
    assert spanish.syllables(word) == count


def test_the_worked_example() -> None:
    """S 21, P 11, F 2: worked by hand."""
    assert sum(map(spanish.syllables, EXAMPLE.split())) == 21
    assert spanish.fernandez_huerta(EXAMPLE) == pytest.approx(86.7, abs=0.1)
    assert spanish.inflesz(EXAMPLE) == pytest.approx(82.4, abs=0.1)
    assert spanish.crawford(EXAMPLE) == pytest.approx(2.2, abs=0.1)
    assert (spanish.longest_sentence(EXAMPLE), spanish.mean_sentence(EXAMPLE)) == (7, 5.5)


def test_a_text_like_a_machine_writes_it_is_very_hard() -> None:
    text = (
        "La administración de inhibidores de puntos de control inmunitario puede ocasionar reacciones adversas "
        "relacionadas con la activación del sistema inmunológico."
    )
    assert spanish.inflesz(text) < 40


def test_questions_and_lists_end_sentences() -> None:
    assert len(spanish.sentences(plain("- ¿Tiene fiebre? ¡Llame!\n- Descanse"))) == 3
    assert spanish.inflesz("") == spanish.fernandez_huerta("") == spanish.crawford("") == 0


def test_a_masked_word_counts_two_syllables() -> None:
    assert spanish.inflesz("Pembrolizumab ayuda.", mask=["pembrolizumab"]) > spanish.inflesz("Pembrolizumab ayuda.")

"""Measure a draft beside its text: words, longest sentence, reading grade, words to explain. It advises, never blocks.

A formula only counts letters. A good grade is necessary and never enough: a person reads the text.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from learn.lessons import reference, texts
from learn.lessons.draft import StepText, Text
from quizzes import readability

WORDS, SENTENCE, GRADE = 100, 20, 6.0  # a step has no more than this (the shipped steps keep to it)
SYLLABLES = 4  # a word this long that is explained nowhere is named
NAMED = 6  # words to explain, at most


@dataclass(frozen=True)
class Measure:
    """The measures of one step, or of a whole lesson."""

    words: int
    longest: int
    grade: float
    unexplained: tuple[str, ...] = ()

    @property
    def advice(self) -> list[str]:
        """What is more than a step should have, in words."""
        found = []
        if self.words > WORDS:
            found.append(f"{self.words} words: aim for {WORDS}")
        if self.longest > SENTENCE:
            found.append(f"A sentence of {self.longest} words: aim for {SENTENCE}")
        if self.grade > GRADE:
            found.append(f"Grade {self.grade:.1f}: aim for {GRADE:.0f}")
        if self.unexplained:
            found.append(f"Explain or avoid: {', '.join(self.unexplained)}")
        return found


@texts.kept
def of_step(step: StepText, mask: tuple[str, ...] = ()) -> Measure:
    """Measure one step: its text and its key point. `mask` are terms of the lesson that count as short words."""
    text = readability.plain(f"{step.body}\n\n{step.key_point}")
    known = {word.lower() for term in mask for word in readability.words(term)}
    known |= {word.lower() for term in reference.words_on(text) for word in readability.words(term.term)}
    long = Counter(
        word.lower() for word in readability.words(text)
        if word.lower() not in known and word.isalpha() and readability.syllables(word) >= SYLLABLES
    )  # fmt: skip
    return Measure(
        len(readability.words(text)),
        readability.longest_sentence(text),
        readability.grade(text, mask=mask),
        tuple(word for word, _ in long.most_common(NAMED)),
    )


@texts.kept
def of_lesson(text: Text) -> Measure:
    """Measure a whole lesson: what stands outside of the steps too."""
    mask = mask_of(text)
    pieces = [readability.plain(f"{step.body}\n\n{step.key_point}") for step in text.steps]
    whole = "\n".join([readability.plain(point) for point in (text.main_message, *text.remember) if point] + pieces)
    return Measure(
        len(readability.words(whole)), readability.longest_sentence(whole), readability.grade(whole, mask=mask)
    )


def mask_of(text: Text) -> tuple[str, ...]:
    """Return the terms that count as short words in this lesson: medicines, and what it explains in bold."""
    return tuple(reference.mask([step.body for step in text.steps]))

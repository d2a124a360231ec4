"""Advice for authors: what makes a question hard to read or easy to guess. Plain Python.

The rules are those of item writing (National Board of Medical Examiners, Constructing Written Test Questions), adapted
for people who read little: one point per question, three choices, plain words. Advice never blocks publishing, because
a program sees only the letters; a person decides.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from quizzes import readability
from quizzes.kinds import KINDS, Spec, said

LONGEST_SENTENCE, LONGEST_CHOICE = 20, 10  # words
LONGER, SHORT = 1.5, 25  # the right choice may be 1.5 times as long as the longest wrong one, or have 25 characters
MOST_CHOICES = 3  # two good wrong choices are better than three weak ones (Rodriguez 2005)
GRADE = 8  # the highest reading grade of a whole question; lessons aim at 6
GRADE_ALONE, ENOUGH_WORDS = 10, 12  # the same for one short text, whose grade varies more; from so many words on

ALL_OR_NONE = re.compile(r"\b(?:all|none|both|neither) of (?:the above|these)\b", re.IGNORECASE)
NEGATIVE = re.compile(r"\b(?:not|except|never|isn['’]t|aren['’]t|doesn['’]t|don['’]t|can['’]t)\b", re.IGNORECASE)
ABSOLUTE = re.compile(r"\b(?:always|never|every|everyone|no one|nobody|completely)\b", re.IGNORECASE)
VAGUE = re.compile(r"\b(?:usually|rarely|often|sometimes|frequently|generally)\b", re.IGNORECASE)
LETTER = re.compile(r"\b(?:[Cc]hoice|[Aa]nswer|[Oo]ption) [A-F]\b")
UNKIND = re.compile(r"\b(?:wrong|incorrect|mistake|you failed)\b|!", re.IGNORECASE)
PERCENT = re.compile(r"%|\bpercent\b", re.IGNORECASE)
WORDS = {  # word -> a simpler word; "" means: leave the word out
    "administer": "give", "administered": "given", "adverse": "side effect", "approximately": "about",
    "battle": "", "contact": "call", "cure": "", "cutting edge": "", "fatigue": "tired feeling",
    "hypotension": "low blood pressure", "initiate": "start", "metastatic": "has spread", "miracle": "",
    "monitor": "check", "pyrexia": "fever", "urinate": "pee", "winner": "",
}  # fmt: skip


@dataclass(frozen=True)
class Advice:
    """One piece of advice: the name of the rule, and a sentence for the author."""

    rule: str
    says: str


@dataclass(frozen=True)
class Wording:
    """The texts of a question that learners read. `best` has the right choices, `remarks` all feedback."""

    kind: str
    stem: str
    why: str
    choices: tuple[str, ...]
    best: tuple[str, ...]
    remarks: tuple[str, ...]

    @property
    def wrong(self) -> tuple[str, ...]:
        """The choices that are not right."""
        return tuple(text for text in self.choices if text not in self.best)


def advise(*, kind: str, stem: str, why: str, spec: Spec) -> list[Advice]:
    """Return advice on a question, in the order of RULES. The spec must be valid: `Kind.problems` returns nothing."""
    ask = KINDS[kind].ask(spec)
    texts = tuple(choice.text for choice in (ask.rows or ask.choices))
    wording = Wording(kind, stem, why, texts, KINDS[kind].mark(spec, []).best, tuple(_remarks(spec)))
    return [Advice(name, sentence) for name, rule in RULES.items() for sentence in rule(wording)]


def _remarks(value: object) -> Iterator[str]:
    """Yield every feedback text of a spec, of any kind and at any depth."""
    if isinstance(value, dict):
        for key, inside in value.items():
            if key == "feedback":
                yield from (said(one) for one in (inside.values() if isinstance(inside, dict) else [inside]))
            else:
                yield from _remarks(inside)
    elif isinstance(value, list):
        for inside in value:
            yield from _remarks(inside)


def no_question(wording: Wording) -> Iterator[str]:
    """Rule: the stem is a full question that can be answered without seeing the choices."""
    if wording.kind == "choice" and not wording.stem.rstrip().endswith("?"):
        yield "Ask a full question, so that it can be answered with the choices covered."


def all_or_none(wording: Wording) -> Iterator[str]:
    """Rule: no “all of the above”. It is right as soon as two choices are, and the choices are shuffled."""
    for text in wording.choices:
        if ALL_OR_NONE.search(text):
            yield f"“{text}” gives the answer away. Write a choice of its own."


def negative_stem(wording: Wording) -> Iterator[str]:
    """Rule: no “except” and no “not” in the stem, because people overlook it."""
    if wording.kind != "truth" and (found := NEGATIVE.search(wording.stem)):
        yield f"People read over “{found[0]}” in a question. Ask for what is so."


def right_is_longest(wording: Wording) -> Iterator[str]:
    """Rule: the right choice is not by far the longest, or people can guess it."""
    if wording.kind != "choice" or not wording.wrong:
        return
    longest = max(map(len, wording.wrong))
    for text in wording.best:
        if len(text) > max(LONGER * longest, SHORT):
            yield f"“{text}” is right, and by far the longest. Make the choices about as long."


def unlike_choices(wording: Wording) -> Iterator[str]:
    """Rule: all choices have the same form: all are sentences or none, all have a number or none."""
    if wording.kind != "choice":
        return
    for shape, tell in ((r"[.!?]$", "ends as a sentence"), (r"(?<!\d)(?!911)\d", "holds a number")):
        fits = [text for text in wording.choices if re.search(shape, text)]
        if len(fits) == 1 and len(wording.choices) > 2:
            yield f"Only “{fits[0]}” {tell}. Write all choices alike."


def absolute(wording: Wording) -> Iterator[str]:
    """Rule: no “always” and no “usually”. The first is mostly wrong, the second mostly right, so people can guess."""
    texts = (wording.stem,) if wording.kind == "truth" else wording.choices
    for text in texts:
        for found in (ABSOLUTE.search(text), VAGUE.search(text)):
            if found:
                yield f"“{found[0]}” in “{text}” helps to guess. Can it go?"


def echo(wording: Wording) -> Iterator[str]:
    """Rule: no long word of the stem occurs in the right choice and in no wrong one."""
    if wording.kind != "choice" or not wording.wrong:
        return

    def long_words(*texts: str) -> set[str]:
        return {word.lower() for text in texts for word in readability.words(text) if len(word) > 5}

    shared = (long_words(wording.stem) & long_words(*wording.best)) - long_words(*wording.wrong)
    for word in sorted(shared):
        yield f"“{word}” stands in the question and in the right choice only. It helps to guess."


def many_choices(wording: Wording) -> Iterator[str]:
    """Rule: a question with one right choice has three choices at most."""
    if wording.kind == "choice" and len(wording.best) == 1 and len(wording.choices) > MOST_CHOICES:
        yield f"Three good choices do. Here are {len(wording.choices)}."


def missing_feedback(wording: Wording) -> Iterator[str]:
    """Rule: every choice has a feedback text."""
    if not all(wording.remarks):
        yield "Say something to everyone who chose it: a feedback is missing."


def unkind(wording: Wording) -> Iterator[str]:
    """Rule: feedback says what is right, and never that somebody failed."""
    for text in (*wording.remarks, wording.why):
        if found := UNKIND.search(text):
            yield f"“{found[0]}” in “{text}” may hurt. Say the right idea first."


def letters(wording: Wording) -> Iterator[str]:
    """Rule: feedback quotes a choice and does not name its letter, because the choices are shuffled."""
    for text in (*wording.remarks, wording.why):
        if found := LETTER.search(text):
            yield f"“{found[0]}” means another one to every reader. Name its words."


def long_sentence(wording: Wording) -> Iterator[str]:
    """Rule: no sentence has more than 20 words."""
    for text in _texts(wording):
        for sentence in readability.sentences(readability.plain(text)):
            if (n := len(readability.words(sentence))) > LONGEST_SENTENCE:
                yield f"{n} words in one sentence: “{sentence}” Make two."


def long_choice(wording: Wording) -> Iterator[str]:
    """Rule: a choice has ten words at most."""
    for text in wording.choices if wording.kind != "truth" else ():
        if (n := len(readability.words(text))) > LONGEST_CHOICE:
            yield f"{n} words in a choice: “{text}” Ten do."


def hard_to_read(wording: Wording) -> Iterator[str]:
    """Rule: the whole question has reading grade 8 or lower. Names of medicines are not masked."""
    text = "\n".join(readability.plain(one) for one in _texts(wording) if one)
    if (grade := readability.grade(text)) > GRADE:
        longest = ", ".join(sorted(set(readability.hard_words(text)), key=len, reverse=True)[:3])
        yield f"This reads at school grade {grade:.0f}. Try shorter words than: {longest}."


def hard_reason(wording: Wording) -> Iterator[str]:
    """Rule: the reason and each feedback have grade 10 or lower when they are read alone."""
    for name, text in (("The reason", wording.why), *(("A feedback", one) for one in wording.remarks)):
        plain = readability.plain(text)
        if len(readability.words(plain)) >= ENOUGH_WORDS and (grade := readability.grade(plain)) > GRADE_ALONE:
            longest = ", ".join(sorted(set(readability.hard_words(plain)), key=len, reverse=True)[:3])
            yield f"{name} reads at school grade {grade:.0f}. Try shorter words than: {longest}."


def plain_words(wording: Wording) -> Iterator[str]:
    """Rule: everyday words; no words of battle, and none that promise a cure."""
    whole = " ".join(_texts(wording)).lower()
    for word, instead in WORDS.items():
        if re.search(rf"\b{word}\b", whole):
            yield f"Instead of “{word}” say “{instead}”." if instead else f"Leave out “{word}”."


def numbers(wording: Wording) -> Iterator[str]:
    """Rule: counts (“3 of 10 people”), no percentages."""
    if any(PERCENT.search(text) for text in _texts(wording)):
        yield "Say “3 of 10 people” instead of a percentage."


def _texts(wording: Wording) -> tuple[str, ...]:
    return (wording.stem, *wording.choices, *wording.remarks, wording.why)


RULES: dict[str, Callable[[Wording], Iterator[str]]] = {
    rule.__name__: rule
    for rule in (
        no_question, all_or_none, negative_stem, right_is_longest, unlike_choices, absolute, echo, many_choices,
        missing_feedback, unkind, letters, long_sentence, long_choice, hard_to_read, hard_reason, plain_words, numbers,
    )
}  # fmt: skip

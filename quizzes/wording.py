"""What makes a question hard to read, or easy to guess: the author's checks. Advice, never a bar. Plain Python.

The rules are those of item writing (National Board of Medical Examiners, Constructing Written Test Questions), made
for people who read little: one point, three choices, plain words. A machine sees letters only; a person decides.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from quizzes import readability
from quizzes.kinds import KINDS, Spec, said

LONGEST_SENTENCE, LONGEST_CHOICE = 20, 10  # words
LONGER, SHORT = 1.5, 25  # the right choice against the longest wrong one; letters up to which nobody minds
MOST_CHOICES = 3  # two good wrong choices beat three weak ones (Rodriguez 2005)
GRADE = 8  # of a whole question; lessons aim at 6

ALL_OR_NONE = re.compile(r"\b(?:all|none|both|neither) of (?:the above|these)\b", re.IGNORECASE)
NEGATIVE = re.compile(r"\b(?:not|except|never|isn['’]t|aren['’]t|doesn['’]t|don['’]t|can['’]t)\b", re.IGNORECASE)
ABSOLUTE = re.compile(r"\b(?:always|never|every|everyone|no one|nobody|completely)\b", re.IGNORECASE)
VAGUE = re.compile(r"\b(?:usually|rarely|often|sometimes|frequently|generally)\b", re.IGNORECASE)
LETTER = re.compile(r"\b(?:[Cc]hoice|[Aa]nswer|[Oo]ption) [A-F]\b")
UNKIND = re.compile(r"\b(?:wrong|incorrect|mistake|you failed)\b|!", re.IGNORECASE)
PERCENT = re.compile(r"%|\bpercent\b", re.IGNORECASE)
WORDS = {  # word -> what to say; nothing: leave it out
    "administer": "give", "administered": "given", "adverse": "side effect", "approximately": "about",
    "battle": "", "contact": "call", "cure": "", "cutting edge": "", "fatigue": "tired feeling",
    "hypotension": "low blood pressure", "initiate": "start", "metastatic": "has spread", "miracle": "",
    "monitor": "check", "pyrexia": "fever", "urinate": "pee", "winner": "",
}  # fmt: skip


@dataclass(frozen=True)
class Advice:
    """One thing to think about: the rule's name, and a plain sentence to the author."""

    rule: str
    says: str


@dataclass(frozen=True)
class Wording:
    """A question as its reader meets it. `best` are the words of the right choices, `remarks` all feedback."""

    kind: str
    stem: str
    why: str
    choices: tuple[str, ...]
    best: tuple[str, ...]
    remarks: tuple[str, ...]

    @property
    def wrong(self) -> tuple[str, ...]:
        """The words of the choices that are not right."""
        return tuple(text for text in self.choices if text not in self.best)


def advise(*, kind: str, stem: str, why: str, spec: Spec) -> list[Advice]:
    """Return what to think about, in the order of RULES. Takes a question that can be asked (no `Kind.problems`)."""
    ask = KINDS[kind].ask(spec)
    texts = tuple(choice.text for choice in (ask.rows or ask.choices))
    wording = Wording(kind, stem, why, texts, KINDS[kind].mark(spec, []).best, tuple(_remarks(spec)))
    return [Advice(name, sentence) for name, rule in RULES.items() for sentence in rule(wording)]


def _remarks(value: object) -> Iterator[str]:
    """Yield every feedback of a spec, wherever its kind keeps it."""
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
    """A stem is a full question that can be answered with the choices covered."""
    if wording.kind == "choice" and not wording.stem.rstrip().endswith("?"):
        yield "Ask a full question, so that it can be answered with the choices covered."


def all_or_none(wording: Wording) -> Iterator[str]:
    """No “all of the above”: it is right whenever two choices are, and the order of choices is not yours."""
    for text in wording.choices:
        if ALL_OR_NONE.search(text):
            yield f"“{text}” gives the answer away. Write a choice of its own."


def negative_stem(wording: Wording) -> Iterator[str]:
    """No “except” and no “not”: people read over it."""
    if wording.kind != "truth" and (found := NEGATIVE.search(wording.stem)):
        yield f"People read over “{found[0]}” in a question. Ask for what is so."


def right_is_longest(wording: Wording) -> Iterator[str]:
    """The right choice is not the longest by far: it would be guessed."""
    if wording.kind != "choice" or not wording.wrong:
        return
    longest = max(map(len, wording.wrong))
    for text in wording.best:
        if len(text) > max(LONGER * longest, SHORT):
            yield f"“{text}” is right, and by far the longest. Make the choices about as long."


def unlike_choices(wording: Wording) -> Iterator[str]:
    """Choices are of one kind: all sentences or none, all numbers or none."""
    if wording.kind != "choice":
        return
    for shape, tell in ((r"[.!?]$", "ends as a sentence"), (r"(?<!\d)(?!911)\d", "holds a number")):
        fits = [text for text in wording.choices if re.search(shape, text)]
        if len(fits) == 1 and len(wording.choices) > 2:
            yield f"Only “{fits[0]}” {tell}. Write all choices alike."


def absolute(wording: Wording) -> Iterator[str]:
    """No “always”, no “usually”: the first is mostly wrong, the second mostly right, and both are guessed."""
    texts = (wording.stem,) if wording.kind == "truth" else wording.choices
    for text in texts:
        for found in (ABSOLUTE.search(text), VAGUE.search(text)):
            if found:
                yield f"“{found[0]}” in “{text}” helps to guess. Can it go?"


def echo(wording: Wording) -> Iterator[str]:
    """No long word of the question stands in the right choice alone."""
    if wording.kind != "choice" or not wording.wrong:
        return

    def long_words(*texts: str) -> set[str]:
        return {word.lower() for text in texts for word in readability.words(text) if len(word) > 5}

    shared = (long_words(wording.stem) & long_words(*wording.best)) - long_words(*wording.wrong)
    for word in sorted(shared):
        yield f"“{word}” stands in the question and in the right choice only. It helps to guess."


def many_choices(wording: Wording) -> Iterator[str]:
    """Three choices do."""
    if wording.kind == "choice" and len(wording.best) == 1 and len(wording.choices) > MOST_CHOICES:
        yield f"Three good choices do. Here are {len(wording.choices)}."


def missing_feedback(wording: Wording) -> Iterator[str]:
    """Whoever chose it is told why."""
    if not all(wording.remarks):
        yield "Say something to everyone who chose it: a feedback is missing."


def unkind(wording: Wording) -> Iterator[str]:
    """Feedback says the right idea, and never that somebody failed."""
    for text in wording.remarks:
        if found := UNKIND.search(text):
            yield f"“{found[0]}” in “{text}” may hurt. Say the right idea first."


def letters(wording: Wording) -> Iterator[str]:
    """Feedback names the words of a choice: everyone sees them in another order."""
    for text in (*wording.remarks, wording.why):
        if found := LETTER.search(text):
            yield f"“{found[0]}” means another one to every reader. Name its words."


def long_sentence(wording: Wording) -> Iterator[str]:
    """No sentence is over 20 words."""
    for text in _texts(wording):
        for sentence in readability.sentences(readability.plain(text)):
            if (n := len(readability.words(sentence))) > LONGEST_SENTENCE:
                yield f"{n} words in one sentence: “{sentence}” Make two."


def long_choice(wording: Wording) -> Iterator[str]:
    """A choice has ten words at most."""
    for text in wording.choices if wording.kind != "truth" else ():
        if (n := len(readability.words(text))) > LONGEST_CHOICE:
            yield f"{n} words in a choice: “{text}” Ten do."


def hard_to_read(wording: Wording) -> Iterator[str]:
    """The whole question reads at grade 8 or lower. Names of medicines count as they stand."""
    text = "\n".join(readability.plain(one) for one in _texts(wording) if one)
    if (grade := readability.grade(text)) > GRADE:
        longest = ", ".join(sorted(set(readability.hard_words(text)), key=len, reverse=True)[:3])
        yield f"This reads at school grade {grade:.0f}. Try shorter words than: {longest}."


def plain_words(wording: Wording) -> Iterator[str]:
    """Everyday words; no fight and no promise."""
    whole = " ".join(_texts(wording)).lower()
    for word, instead in WORDS.items():
        if re.search(rf"\b{word}\b", whole):
            yield f"Instead of “{word}” say “{instead}”." if instead else f"Leave out “{word}”."


def numbers(wording: Wording) -> Iterator[str]:
    """Counts, no percentages: “3 of 10 people”."""
    if any(PERCENT.search(text) for text in _texts(wording)):
        yield "Say “3 of 10 people” instead of a percentage."


def _texts(wording: Wording) -> tuple[str, ...]:
    return (wording.stem, *wording.choices, *wording.remarks, wording.why)


RULES: dict[str, Callable[[Wording], Iterator[str]]] = {
    rule.__name__: rule
    for rule in (
        no_question, all_or_none, negative_stem, right_is_longest, unlike_choices, absolute, echo, many_choices,
        missing_feedback, unkind, letters, long_sentence, long_choice, hard_to_read, plain_words, numbers,
    )
}  # fmt: skip

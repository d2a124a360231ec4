"""Reading grade, sentence length, hard words: arithmetic on plain text, no Django.

A formula only counts; it does not understand the text. A good grade is necessary but never sufficient.
"""

import re
from collections.abc import Iterable

# The ending "es" is spoken after a hissing sound (changes, doses), and silent otherwise (brakes).
SILENT_ENDING = re.compile(r"(?:[^laeiouycgsxz]es|[^dtaeiouy]ed|[^laeiouy]e)$")
VOWEL_GROUP = re.compile(r"[aeiouy]+")
TWO_IN_ONE_GROUP = re.compile(r"i[aou](?!u)|eo(?!u)|ua|uo")
# TWO_IN_ONE_GROUP adds a syllable for these, which is taken back. It does not match "iou", so "cious" is not listed.
ONE_AFTER_ALL = re.compile(r"tion|sion|cial|tial|gion|qua|quo")

WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
LIST_ITEM = re.compile(r"^\s*(?:[-*+]|\d+\.)\s+")
BLOCK_MARK = re.compile(r"^\s*(?:#{1,6}|>)\s+")
INLINE_MARK = re.compile(r"\*\*|__|`|(?<!\w)[*_](?=\S)|(?<=\S)[*_](?!\w)")
# A full stop ends a sentence only if a capital letter or a digit follows, so "U.S. law" is not split.
SENTENCE_END = re.compile(r"(?<=[.!?])[\"”’)]*\s+(?=[\"“‘(]*[A-Z0-9])")

MASKED_SYLLABLES = 2
HARD_SYLLABLES = 3


def syllables(word: str) -> int:
    """Return the number of syllables of one English word, counted by its vowel groups.

    The rule is our own. On the first lessons it agreed with the CMU dictionary for 97 of 100 words; the totals were 851
    and 847, so it counts slightly too many ("people" has three). A part without vowels counts one syllable per
    character, because it is spoken that way: BCG, 911.
    """
    return sum(_part(part) for part in re.findall(r"[a-z]+|\d+", word.lower().replace("'", "").replace("’", "")))


def _part(part: str) -> int:
    if not VOWEL_GROUP.search(part):
        return len(part)
    stem = SILENT_ENDING.sub(lambda ending: ending[0][0], part)
    return max(
        1,
        len(VOWEL_GROUP.findall(stem)) + len(TWO_IN_ONE_GROUP.findall(stem)) - len(ONE_AFTER_ALL.findall(stem)),
    )


def plain(markdown: str) -> str:
    """Return a lesson's Markdown as plain text: one line per paragraph or list item, each with a final full stop."""
    blocks: list[str] = []
    joins = False
    for line in markdown.splitlines():
        if not line.strip():
            joins = False
            continue
        starts = bool(LIST_ITEM.match(line) or BLOCK_MARK.match(line))
        text = INLINE_MARK.sub("", BLOCK_MARK.sub("", LIST_ITEM.sub("", line))).strip()
        if joins and not starts:
            blocks[-1] += " " + text
        else:
            blocks.append(text)
        joins = True
    return "\n".join(block if block.endswith((".", "!", "?", ":")) else block + "." for block in blocks)


def sentences(text: str) -> list[str]:
    """Return the sentences of a plain text. A line end also ends a sentence: Flesch counts each complete thought."""
    pieces = (piece for line in text.splitlines() for piece in SENTENCE_END.split(line))
    return [piece.strip() for piece in pieces if WORD.search(piece)]


def words(text: str) -> list[str]:
    """Return the words of a text. Text between spaces or dashes is one word (Flesch 1948): "don't", "T-cell", "911"."""
    return WORD.findall(text)


def grade(text: str, *, mask: Iterable[str] = ()) -> float:
    """Return the Flesch-Kincaid grade (US school grade) of a plain text; 0 if it has no words.

    Kincaid, Fishburne, Rogers and Chissom, Research Branch Report 8-75 (1975). Each word of `mask` (a medicine's name,
    a term that the text teaches) counts as two syllables at most. Show the grade without a mask next to it.
    """
    masked = {word.lower() for term in mask for word in words(term)}
    found, ends = words(text), sentences(text)
    if not found:
        return 0.0
    counted = [(syllables(word), word.lower() in masked) for word in found]
    total = sum(min(count, MASKED_SYLLABLES) if is_masked else count for count, is_masked in counted)
    return 0.39 * len(found) / len(ends) + 11.8 * total / len(found) - 15.59


def hard_words(text: str, *, mask: Iterable[str] = ()) -> list[str]:
    """Return the words of three or more syllables that are not masked: the hard words of SMOG (McLaughlin 1969)."""
    masked = {word.lower() for term in mask for word in words(term)}
    return [word for word in words(text) if word.lower() not in masked and syllables(word) >= HARD_SYLLABLES]


def smog(text: str, *, mask: Iterable[str] = ()) -> float:
    """Return the SMOG grade of a plain text; 0 if it has no sentences.

    McLaughlin, Journal of Reading 12 (1969). The formula is made for 30 sentences or more, and gives a higher grade
    than Flesch-Kincaid.
    """
    ends = sentences(text)
    return 1.0430 * (len(hard_words(text, mask=mask)) * 30 / len(ends)) ** 0.5 + 3.1291 if ends else 0.0


def longest_sentence(text: str) -> int:
    """Return the number of words of the longest sentence; 0 if there is none. Content may have 20 at most."""
    return max((len(words(sentence)) for sentence in sentences(text)), default=0)


def mean_sentence(text: str) -> float:
    """Return the mean number of words per sentence, the first term of the Flesch-Kincaid formula; 0 without text."""
    ends = sentences(text)
    return sum(len(words(sentence)) for sentence in ends) / len(ends) if ends else 0.0

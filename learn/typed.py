"""Read what people type as they mean it: codes, names, passwords, searches. Plain Python, the only place for it.

The same word can come in other characters. A Mac writes é as two characters, a phone as one. A word processor turns
quotes and dashes, a web page puts invisible characters between letters, an Arabic or Japanese keyboard has digits and
letters of its own. Each function here brings the spellings of one thing to one form:

- `spelling`, `name`: a sign-in name.   - `label`, `turns`: a name to show.   - `password`: a password.
- `letters`, `digits`, `token`: an access code, an emailed code, the end of a card's link.
- `plain`, `fold`: two texts to be compared, or sorted, without regard to case, accents, quotes and dashes.

None of them raises, whatever the text is. The time grows with its length, so the caller limits the length.
"""

from __future__ import annotations

import re
import unicodedata

# Change the reading direction of the text that follows, so that a name can look like another one.
TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Join letters in Persian and in Indian scripts, and the parts of an emoji. They belong to a name that is shown.
JOINERS = frozenset("\u200c\u200d")
# Fill a place and show nothing, though Unicode counts them as letters, marks or symbols.
BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0" + "".join(map(chr, range(0xFE00, 0xFE10))))
QUOTES = str.maketrans("", "", "\0'’‘‚‛`´ʹʻʼʽˈˊˋ′‵＇׳ꞌ")
# Letters with a stroke or two letters in one, which Unicode does not take apart.
LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"}
)
# Cyrillic and Greek capitals that look like the letters of an access code.
ALIKE = str.maketrans("ВСНКМРТХЅЈԌԚԜԛԝΒΗΚΜΝΡΤΧΖ", "BCHKMPTXSJGQWQWBHKMNPTXZ")


def label(text: str) -> str:
    """Return a name or a reference to show: composed, without invisible characters and space around it.

    It is empty if nothing of it can be seen. A joiner stays between two letters.
    """
    bare = "".join(char for char in text if char in JOINERS or char in TURNS or not _is_invisible(char))
    return unicodedata.normalize("NFC", bare).strip("".join(JOINERS) + " \t\r\n\f\v\u00a0\u3000")


def turns(text: str) -> bool:
    """Return whether the text has characters that change its reading direction."""
    return not TURNS.isdisjoint(text)


def spelling(text: str) -> str:
    """Return a sign-in name in its one spelling (NFKC), without invisible characters. Upper and lower case stay."""
    return unicodedata.normalize("NFKC", _visible(text)).strip()


def name(text: str) -> str:
    """Return the form in which a sign-in name is stored: its spelling, in lower case."""
    return unicodedata.normalize("NFKC", spelling(text).lower())


def password(text: str) -> str:
    """Return a password with composed letters (NFC). Everything else in it counts, also spaces and case."""
    return unicodedata.normalize("NFC", text)


def letters(text: str, alphabet: str, count: int) -> str:
    """Return the `count` letters of an access code in upper case, or "" if the text has no such code.

    What stands between the letters does not matter. With other words around it ("my code is …") the code is found too.
    """
    typed = unicodedata.normalize("NFKC", _visible(text)).upper().translate(ALIKE)
    return _code(typed, f"[{alphabet}]", count)


def digits(text: str, count: int) -> str:
    """Return the `count` digits of a code as ASCII digits, or "". As `letters`; digits of any script are read."""
    return _code(_western(unicodedata.normalize("NFKC", _visible(text))), "[0-9]", count)


def token(text: str) -> str:
    """Return the last part of a card's link without what a message or a printer put into it."""
    typed = _dashes(unicodedata.normalize("NFKC", _visible(text)))
    return re.sub(r"[^A-Za-z0-9_-]", "", typed)


def plain(text: str) -> str:
    """Return the text in small letters, without accents, quotes and invisible characters, with "-" for every dash."""
    apart = unicodedata.normalize("NFKD", _visible(text.translate(QUOTES))).translate(QUOTES)
    bare = "".join(char for char in apart if not unicodedata.combining(char))
    return _western(_dashes(bare)).casefold().translate(LETTERS)


def fold(text: str) -> str:
    """Return the words of a text as `plain` writes them, with one space between two. It serves to compare and sort."""
    return re.sub(r"[\W_]+", " ", plain(text)).strip()


def _code(typed: str, sign: str, count: int) -> str:
    """Return the signs of the one code in the text, or "". Between two signs, all but letters and digits is ignored."""
    whole = re.sub(r"[\W_]+", "", typed)
    if re.fullmatch(f"{sign}{{{count}}}", whole):
        return whole
    one = rf"(?<![^\W_]){sign}(?:[\W_]*{sign}){{{count - 1}}}(?![^\W_])"
    found = {re.sub(r"[\W_]+", "", code) for code in re.findall(one, typed)}
    return found.pop() if len(found) == 1 else ""


def _is_invisible(char: str) -> bool:
    return char in BLANK or unicodedata.category(char) == "Cf"


def _visible(text: str) -> str:
    return text if text.isascii() else "".join(char for char in text if not _is_invisible(char))


def _dashes(text: str) -> str:
    if text.isascii():
        return text
    return "".join("-" if char == "\u2212" or unicodedata.category(char) == "Pd" else char for char in text)


def _western(text: str) -> str:
    if text.isascii():
        return text
    return "".join(str(unicodedata.decimal(char)) if char.isdecimal() else char for char in text)

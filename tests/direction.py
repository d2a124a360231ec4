"""What people type from right to left, and how a page keeps it apart from the words around it."""

from __future__ import annotations

from html.parser import HTMLParser

from learn.people import names

# Each is typed by somebody. The letters of the first part run from right to left.
TEAM, NURSE, LABEL, REFERENCE, NAME = "צוות 1-team", "נועה-nurse", "שרה 2-label", "מס 3-reference", "אנה-name"
ASKED, CONTACT, TALK, LANGUAGE, QUESTION = "הערה-asked", "שיחה-contact", "חזרה-talk", "עברית-language", "שאלה-question"
TYPED = (TEAM, NURSE, LABEL, REFERENCE, NAME, ASKED, CONTACT, TALK, LANGUAGE, QUESTION)
# Elements that hold one text, and can hold no other element.
ALONE = {"title", "option", "textarea", "pre"}
VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "path", "rect", "circle"}


class Walk(HTMLParser):
    """Collects each text with something typed, and whether it is kept apart from the words around it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.within: list[tuple[str, bool]] = []
        self.seen: set[str] = set()
        self.loose: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.within.append((tag, tag in ALONE or tag == "bdi" or dict(attrs).get("dir") == "auto"))

    def handle_endtag(self, tag: str) -> None:
        while self.within and self.within.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        found = [typed for typed in TYPED if typed in data]
        self.seen.update(found)
        # In a sentence that Python makes, the typed words stand between two marks.
        if not any(apart for _, apart in self.within):
            self.loose += [data.strip() for typed in found if names.isolated(typed) not in data]

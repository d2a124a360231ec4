"""Each file of a QTI 2.2 package that we write keeps the rules of the standard, and the check of them sees faults."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from quizzes import interchange
from quizzes.authoring import with_ids
from quizzes.formats import Document, Item
from quizzes.formats.package import Package, pack
from quizzes.formats.qti_write import write_2
from quizzes.models import Question, Revision
from tests.quizzes.formats.made import ITEMS
from tests.quizzes.formats.qti22_rules import ITEMS as RULES
from tests.quizzes.formats.qti22_rules import PACKAGE, faults

pytestmark = pytest.mark.one_database

SHIPPED = Path(__file__).resolve().parents[3] / "fixtures" / "quizzes"

# What an author may write as a reason or feedback. Not all of it is shown, and nothing of it may break a file.
AWKWARD = """# A heading, and **bold _and slanted_ words** with `code` & <b>tags</b>, “quotes”, 5 < 6 > 4, ]]>

- one [link **in bold**](https://a.org/a%20b?c=1&d=2#e)\\
  with a second line
  1. first
  2. second
     - third
       - fourth
         - fifth, which is too deep

![A picture](a.png) > no quotation

> A quotation, $$x^2$$ and \\\\(y\\\\)

```python
print("<p>code</p>")
```

***

1) [call](tel:+1-555-0100) [nowhere](javascript:alert) [twice](https://a.org/#a#b) [part](https://a.org/100%)
2) é ’ 💥 \u200b \u00a0"""
LONG = " ".join(["Call your team now, **day or night**."] * 300)


def _named(spec: dict[str, Any]) -> dict[str, Any]:
    """Return the spec with an id of eight signs for each choice, row and card."""
    lists = {key: things for key, things in spec.items() if isinstance(things, list)}
    return spec | {key: [{"id": f"{key[0]}{n:07}"} | one for n, one in enumerate(lists[key])] for key in lists}


def _choices(*right: bool, told: str = "Yes.") -> dict[str, Any]:
    texts = ["<b>&amp;</b> \"quoted\" 'words'", "]]> <!-- c -->", "1 < 2", "Ünï → 💥"]
    choices = [{"text": text, "right": is_, "feedback": told} for text, is_ in zip(texts, right, strict=True)]
    return {"version": 1, "choose": sum(right), "choices": choices}


def _truth(yes: str, no: str) -> dict[str, Any]:
    return {"version": 1, "answer": False, "feedback": {"true": yes, "false": no}}


def _rows(told: str) -> dict[str, Any]:
    rows = [{"text": text, "card": card, "feedback": told} for text, card in (("a & b", 1), ("c", 0), ("<d/>", 1))]
    return {"version": 1, "cards": [{"text": "one"}, {"text": '"two"'}], "rows": rows}


def _order(told: str) -> dict[str, Any]:
    return {"version": 1, "cards": [{"text": text} for text in ("one", "<two>", "three & four")], "feedback": told}


MADE = [  # every kind: with ids and without, with and without each feedback, the why and the mark of safety
    Item("choice", "Which? <p> & \"it\"", _named(_choices(True, False, False, False, told=AWKWARD)), AWKWARD,
         'A "topic" & <more>', critical=True, key="one-choice"),
    Item("choice", "Which two?", _choices(True, False, True, False), LONG, key="2.with_all.signs-A"),
    Item("choice", "Which?", _choices(False, True, False, False, told=""), key="a key that is no name"),
    Item("truth", "It is so.", _truth(AWKWARD, ""), "Because.", key="1truth", critical=True),
    Item("truth", "It is not so.", _truth("", ""), ""),
    Item("matching", "What goes with what?", _named(_rows(AWKWARD)), AWKWARD, "Pairs", key="pairs"),
    Item("matching", "What goes with what?", _rows(""), ""),
    Item("ordering", "What comes first?", _named(_order(AWKWARD)), LONG, "Order", key="order", critical=True),
    Item("ordering", "What comes first?", _order(""), ""),
]  # fmt: skip
WHOLE = write_2(Document("A “title” & <more>", "es-MX", MADE))


class TestWhatWeWriteKeepsTheRules:
    def test_of_awkward_questions_of_every_kind(self) -> None:
        assert faults(WHOLE) == []
        assert len(Package(WHOLE).names) == 2 + len(MADE)

    def test_by_the_schema_in_which_a_link_may_have_text(self) -> None:
        package = Package(WHOLE)
        items = [package.read(name).decode() for name in package.names if name.startswith("items/")]
        assert all("http://www.imsglobal.org/xsd/imsqti_v2p2 https:" in item for item in items)
        assert all("/imsqti_v2p2p4.xsd" in item for item in items)

    def test_of_no_question_and_no_title(self) -> None:
        assert faults(write_2(Document())) == []

    @settings(
        max_examples=int(os.environ.get("ROUND_TRIPS", "15")), phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )  # fmt: skip
    @given(items=st.lists(ITEMS, min_size=1, max_size=4, unique_by=lambda item: item.key or id(item)))
    def test_of_made_up_questions(self, items: list[Item]) -> None:
        assert faults(write_2(Document(title="A quiz", items=items))) == []

    @pytest.mark.skipif(not apps.is_installed("learn.lessons"), reason="The engine alone ships no questions.")
    def test_of_every_shipped_question(self) -> None:
        from learn.lessons import content, texts

        quizzes, questions, files = sorted(SHIPPED.glob("*.yaml")), 0, 0
        for path in quizzes:
            quiz, items = texts.read(path), []
            for row in quiz["questions"]:
                words = content.words_of(row, path.stem)
                words["spec"] = with_ids(words["spec"])
                items.append(interchange.as_item(Revision(question=Question(slug=row["slug"]), **words)))
            data = write_2(Document(quiz["title"], "en", items))
            assert faults(data) == []
            questions += len(items)
            files += len(Package(data).names)
        assert questions > 100
        assert files == 2 * len(quizzes) + questions  # each package has a manifest and a test

    def test_with_every_element_that_has_a_rule(self) -> None:
        """A rule of an element that is not written would only seem to be tested."""
        package = Package(WHOLE)
        written = "".join(package.read(name).decode() for name in package.names)
        assert [name for name in RULES | PACKAGE if not re.search(f"<{name}[ />]", written)] == []


def with_changed(file: str, old: str, new: str) -> list[str]:
    """Return the faults of the whole package with a change of one file."""
    package = Package(WHOLE)
    files = {name: package.read(name) for name in package.names}
    assert old.encode() in files[file]
    files[file] = files[file].replace(old.encode(), new.encode(), 1)
    return faults(pack(files))


ITEM, PAIRS, TEST, MANIFEST = "items/i-2.with_all.signs-A.xml", "items/i-pairs.xml", "test.xml", "imsmanifest.xml"
FAULTS = {
    "an unknown attribute": (ITEM, "<itemBody", '<itemBody lang="en"', "itemBody: may not have the attribute lang"),
    "a missing attribute": (ITEM, ' timeDependent="false"', "", "assessmentItem: lacks the attribute timeDependent"),
    "a value that is no boolean": (ITEM, 'shuffle="true"', 'shuffle="yes"', "choiceInteraction: shuffle may not be"),
    "a value that is no number": (ITEM, 'maxChoices="2"', 'maxChoices="two"', "maxChoices may not be 'two'"),
    "a value of no list": (ITEM, 'cardinality="multiple"', 'cardinality="several"', "cardinality may not be"),
    "a name that begins with a digit": (ITEM, 'simpleChoice identifier="n-2"', 'simpleChoice identifier="2"',
                                        "simpleChoice: identifier may not be '2'"),
    "an address that is none": (PAIRS, "https://a.org/a%20b", "https://a.org/a%b", "a: href may not be"),
    "an unknown element": (ITEM, "<p>", "<p/><div/><p>", "div: there is no rule for this element"),
    "a child in another order": (ITEM, "<responseProcessing>", "<modalFeedback/><responseProcessing>",
                                 "assessmentItem: may not hold responseDeclaration"),
    "a missing child": (ITEM, "<value>n-1</value><value>n-3</value>", "", "correctResponse: may not hold nothing"),
    "a child too many": (PAIRS, "</matchInteraction>", "<simpleMatchSet/></matchInteraction>",
                         "matchInteraction: may not hold prompt, simpleMatchSet, simpleMatchSet, simpleMatchSet"),
    "a block in a line": (ITEM, "<strong>", "<strong><ul/>", "strong: may not hold ul"),
    "text between elements": (ITEM, "<itemBody>", "<itemBody>Which?", "itemBody: may not hold text: 'Which?'"),
    "an element of no namespace": (ITEM, "<prompt>", '<prompt xmlns="">', "prompt: not in the namespace"),
    "no XML": (TEST, "</assessmentTest>", "", "not XML"),
    "an ID twice": (ITEM, "<itemBody>", '<itemBody id="RESPONSE">', "assessmentItem: the ID RESPONSE stands 2 times"),
    "a choice twice": (ITEM, 'simpleChoice identifier="n-2"', 'simpleChoice identifier="n-1"',
                       "2 of its choices have the identifier n-1"),
    "a response that is not declared": (ITEM, 'responseIdentifier="RESPONSE"', 'responseIdentifier="OTHER"',
                                        "choiceInteraction: there is no variable OTHER"),
    "an outcome that is not declared": (ITEM, 'outcomeIdentifier="FEEDBACK"', 'outcomeIdentifier="OTHER"',
                                        "modalFeedback: there is no variable OTHER"),
    "a response as an outcome": (ITEM, 'setOutcomeValue identifier="SCORE"', 'setOutcomeValue identifier="RESPONSE"',
                                 "setOutcomeValue: there is no variable RESPONSE"),
    "a variable twice": (ITEM, 'outcomeDeclaration identifier="SCORE"', 'outcomeDeclaration identifier="GENERAL"',
                         "two variables have one identifier"),
    "a variable of another type": (ITEM, 'cardinality="multiple"', 'cardinality="ordered"',
                                   "choiceInteraction: its variable may not be ordered identifier"),
    "two values of one": (ITEM, 'cardinality="multiple"', 'cardinality="single"', "has 2 values, and is single"),
    "a right answer that is no choice": (ITEM, "<value>n-3</value>", "<value>n-9</value>",
                                         "correctResponse: n-9 is no choice of choiceInteraction"),
    "a right pair the wrong way round": (PAIRS, "<value>c-r0000000 c-c0000001", "<value>c-c0000001 c-r0000000",
                                         "correctResponse: c-c0000001 c-r0000000 is no choice of matchInteraction"),
    "a value that is not of its type": (ITEM, '<baseValue baseType="float">1', '<baseValue baseType="float">one',
                                        "baseValue: the float may not be 'one'"),
    "an identifier of a test twice": (TEST, 'identifier="p-all"', 'identifier="s-all"', "s-all names 2 of its parts"),
    "an item that is not there": (TEST, "items/i-pairs.xml", "items/pairs.xml",
                                  "assessmentItemRef: items/pairs.xml is not in the package"),
    "a file that is not there": (MANIFEST, '<file href="test.xml"', '<file href="tests.xml"',
                                 "file: tests.xml is not in the package"),
    "a dependency of nothing": (MANIFEST, 'identifierref="i-pairs"', 'identifierref="i-pair"',
                                "dependency: there is no resource i-pair"),
    "a resource twice": (MANIFEST, 'resource identifier="i-pairs"', 'resource identifier="i-order"',
                         "manifest: the ID i-order stands 2 times"),
    "a manifest without its resources": (MANIFEST, "<organizations/>", "",
                                         "manifest: may not hold metadata, resources"),
}  # fmt: skip


class TestTheCheck:
    @pytest.mark.parametrize("name", FAULTS)
    def test_sees(self, name: str) -> None:
        file, old, new, says = FAULTS[name]
        found = with_changed(file, old, new)
        assert any(one.startswith(f"{file}: ") and says in one for one in found), found

    def test_sees_a_file_of_another_sort(self) -> None:
        says = "manifest: may not be the outermost element of this file"
        assert faults(pack({"items/one.xml": b"<manifest/>"})) == [f"items/one.xml: {says}"]

"""What of other systems' files becomes which question here, and what is refused: one small file for each row."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from html import unescape
from typing import Any

import pytest

from quizzes.formats import BadFile, Document, gift, rich
from quizzes.formats.known import read

pytestmark = pytest.mark.one_database


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("https://a.org/b?c=1&d=%C3%A9#e", "https://a.org/b?c=1&d=%C3%A9#e"),
        ("tel:+1-555-0100", "tel:+1-555-0100"),
        ("https://a.org/#a#b", "https://a.org/#a%23b"),
        ("https://a.org/100%", "https://a.org/100%25"),
        ("http://a.org", ""),
        ("javascript:alert", ""),
        ("https://a.org/(b)", ""),
    ],
)
def test_an_address_is_kept_as_a_uri_or_not_at_all(address: str, kept: str) -> None:
    found = rich.to_html(rich.from_html(f'<p><a href="{address.replace("&", "&amp;")}">here</a></p>').blocks)
    assert unescape(found) == (f'<p><a href="{kept}">here</a></p>' if kept else "<p>here</p>")


def only(document: Document) -> Any:
    """Return the only question, which was taken in as it is."""
    assert document.refused == []
    (item,) = document.items
    return item


def refusal(data: str | bytes) -> str:
    document = read(data if isinstance(data, bytes) else data.encode())
    assert document.items == []
    (note,) = document.refused
    return note.says


def losses(data: str) -> list[str]:
    document = read(data.encode())
    assert document.refused == []
    return [note.says for note in document.changed]


def picks(item: Any) -> list[tuple[str, bool, str]]:
    return [(c["text"], c["right"], c["feedback"]) for c in item.spec["choices"]]


def moodle(kind: str, inside: str, *, about: str = "") -> str:
    return (
        f'<quiz><question type="{kind}"><name><text>Topic</text></name>'
        f'<questiontext format="html"><text><![CDATA[<p>What is <b>it</b>?</p>]]></text></questiontext>{about}'
        f"{inside}</question></quiz>"
    )


def answer(text: str, fraction: float, feedback: str = "") -> str:
    return (
        f'<answer fraction="{fraction}" format="html"><text><![CDATA[{text}]]></text>'
        f"<feedback><text><![CDATA[{feedback}]]></text></feedback></answer>"
    )


class TestGift:
    def test_one_right_answer_with_its_feedback_and_the_reason(self) -> None:
        text = (
            "// [id:sky] [tag:safety]\n::Sky::What color\\: now?{=Blue#<b>Yes</b> it is ~Red#No ####Air scatters it.}"
        )
        item = only(read(text.encode()))
        assert (item.kind, item.stem, item.why, item.objective) == (
            "choice", "What color: now?", "Air scatters it.", "Sky"
        )  # fmt: skip
        assert (item.key, item.critical, item.spec["choose"]) == ("sky", True, 1)
        assert picks(item) == [("Blue", True, "**Yes** it is"), ("Red", False, "No")]

    def test_only_weights_are_several_to_choose(self) -> None:
        item = only(read(b"Which?{~%50%A ~%50%B ~%-100%C}"))
        assert (item.spec["choose"], [right for _, right, _ in picks(item)]) == (2, [True, True, False])
        assert losses("Which?{~%50%A ~%50%B ~%-100%C}") == []

    @pytest.mark.parametrize(
        ("text", "says"),
        [
            ("Which?{=A ~%50%B ~C}", "partly right"),
            ("Which?{=A ~%-50%B ~C}", "Points off"),
            ("Which?{~%60%A ~%20%B ~C}", "do not add up"),
            ("Which?{=a -> b =c -> d =-> e}", "goes with no line"),
        ],
    )
    def test_says_what_is_not_kept(self, text: str, says: str) -> None:
        (said,) = losses(text)
        assert says in said

    def test_a_statement_says_the_first_feedback_to_the_wrong_answer(self) -> None:
        item = only(read(b"The sky is green.{F#Look up.#It is blue.}"))
        assert item.spec == {"version": 1, "answer": False, "feedback": {"true": "Look up.", "false": "It is blue."}}

    def test_pairs_share_a_card(self) -> None:
        item = only(read(b"Match{=a -> 1 =b -> 2 =c -> 1}"))
        assert [row["card"] for row in item.spec["rows"]] == [0, 1, 0]

    def test_an_order_with_and_without_its_settings(self) -> None:
        for head in (">3 ALL VERTICAL ALL_OR_NOTHING HIDE none", ">3", ">"):
            item = only(read(f"Order{{{head}\none\ntwo\nthree\n}}".encode()))
            assert [card["text"] for card in item.spec["cards"]] == ["one", "two", "three"]

    def test_a_line_that_begins_like_a_comment_is_written_and_read_as_a_line(self) -> None:
        item = only(read(b"Order{>3\n[plain]\\\\// one\ntwo\nthree\n}"))
        cards = [{"text": text} for text in ("// one", "two", "%5% three")]
        item = replace(item, spec={"version": 1, "cards": cards, "feedback": ""})
        assert only(gift.read(gift.write(Document(items=[item])))).spec["cards"] == cards

    def test_a_missing_word_is_a_line(self) -> None:
        assert only(read(b"The sky is {=blue ~red} by day.")).stem == "The sky is _____ by day."

    def test_each_text_may_have_a_markup_of_its_own(self) -> None:
        item = only(read(b"[markdown]*What*?{=[html]<i>A</i>#[markdown]*a* ~[plain]*B*#[plain]*b*}"))
        assert item.stem == "What?"
        assert picks(item) == [("A", True, "*a*"), ("*B*", False, "\\*b\\*")]

    @pytest.mark.parametrize(
        ("text", "says"),
        [
            ("Write.{}", "a text of one’s own"),
            ("How many?{#3:1}", "a number"),
            ("Who?{=Ana =ana}", "a word to be typed"),
            ("Just a text.", "a text without answers"),
            ("Which?{=A =B ~C}", "Any one of several"),
            ("Which?{~A ~B}", "None of its choices is right"),
            ("Which?{=A}", "a word to be typed"),
            ("Which?{=A ~B", "no closing"),
            ("Which?{=A ~a}", "the same words"),
            ("Which?{=A ~%bad%}", "x"),
            (f"{'x' * 300}?{{=A ~B}}", "301 letters"),
            (f"Which?{{=A ~{'x' * 201}}}", "201 letters"),
            ("Which?{=A ~1 ~2 ~3 ~4 ~5 ~6}", "It has 7 choices; two to six can be asked."),
            ("Which?{~%20%A ~%20%B ~%20%C ~%20%D ~%20%E ~F}", "5 of its choices"),
            ("Which?{~%50%A ~%50%B}", "All of its choices are right"),
            ("Match{=a -> 1 =b}", "no “->”"),
            ("Match{=a -> 1 =b ->}", "no partner"),
            ("Match{=a -> 1 =b -> 2 =c -> 3 =d -> 4 =e -> 5}", "It has 5 lines"),
            ("Order{>2\none\ntwo\n}", "It has 2 lines; three to five"),
            ('See <img src="a.png"> this?{=A ~B}', "a picture in the question"),
            ("See?{=A ~<table><tr><td>B</table>}", "a table in a choice"),
            ("See $$x^2$$?{=A ~B}", "a formula in the question"),
        ],
    )
    def test_refuses(self, text: str, says: str) -> None:
        if says == "x":
            assert only(read(text.encode())).spec["choices"][1]["text"] == "%bad%"
        else:
            assert says in refusal(text)

    def test_leaves_a_picture_out_of_feedback(self) -> None:
        assert losses('Which?{=A#<img src\\="x.png">Yes ~B}') == ["A picture in its feedback is left out."]

    def test_one_refused_question_stops_no_other(self) -> None:
        document = read(b"One?{=A ~B}\n\nTwo {}\n\nThree?{=A ~B}")
        assert [item.stem for item in document.items] == ["One?", "Three?"]
        assert [(note.where, note.title) for note in document.refused] == [("line 3", "Two")]


class TestMoodle:
    def test_one_right_answer(self) -> None:
        about = (
            "<generalfeedback><text>Because.</text></generalfeedback><idnumber>it</idnumber>"
            "<tags><tag><text>Safety</text></tag></tags>"
        )
        item = only(read(moodle("multichoice", answer("<p>A</p>", 100, "Yes") + answer("B", 0), about=about).encode()))
        assert (item.stem, item.why, item.key, item.critical) == ("What is it?", "Because.", "it", True)
        assert picks(item) == [("A", True, "Yes"), ("B", False, "")]

    def test_several_right_answers(self) -> None:
        inside = "<single>false</single>" + answer("A", 50) + answer("B", 50) + answer("C", -100)
        assert only(read(moodle("multichoice", inside).encode())).spec["choose"] == 2

    def test_an_order_by_its_places(self) -> None:
        inside = answer("two", 2) + answer("one", 1) + answer("three", 3)
        inside += "<incorrectfeedback><text>One first.</text></incorrectfeedback>"
        item = only(read(moodle("ordering", inside).encode()))
        assert [card["text"] for card in item.spec["cards"]] == ["one", "two", "three"]
        assert item.spec["feedback"] == "One first."

    def test_a_match_without_its_spare_words(self) -> None:
        pair = "<subquestion><text>{}</text><answer><text>{}</text></answer></subquestion>"
        inside = pair.format("a", "1") + pair.format("b", "2") + pair.format("", "3")
        assert losses(moodle("matching", inside)) == ["A word that goes with no line is left out."]

    def test_hints_and_combined_feedback_are_left_out(self) -> None:
        inside = answer("A", 100) + answer("B", 0) + "<hint><text>Think.</text></hint>"
        inside += "<correctfeedback><text>Well done, Ana.</text></correctfeedback>"
        assert sorted(losses(moodle("multichoice", inside))) == [
            "Feedback for the whole answer is left out; each choice has its own here.", "Hints are left out."
        ]  # fmt: skip

    def test_what_moodle_says_by_itself_is_no_loss(self) -> None:
        inside = answer("A", 100) + answer("B", 0)
        inside += "<correctfeedback><text>Your answer is correct.</text></correctfeedback>"
        assert losses(moodle("multichoice", inside)) == []

    @pytest.mark.parametrize(
        ("kind", "says"),
        [
            ("essay", "a text of one’s own"), ("shortanswer", "a word to be typed"), ("numerical", "a number"),
            ("cloze", "gaps"), ("description", "without answers"), ("ddmarker", "on a picture"), ("new", "“new”"),
        ],
    )  # fmt: skip
    def test_refuses(self, kind: str, says: str) -> None:
        assert says in refusal(moodle(kind, answer("A", 100)))

    def test_two_right_answers_of_which_one_would_do_are_refused(self) -> None:
        assert "Any one of several" in refusal(moodle("multichoice", answer("A", 100) + answer("B", 100)))

    def test_a_picture_beside_the_question_is_refused(self) -> None:
        text = moodle("multichoice", answer("A", 100) + answer("B", 0))
        text = text.replace("</questiontext>", '<file name="a.png" encoding="base64">AA==</file></questiontext>')
        assert "a picture in the question" in refusal(text)


QTI = """<assessmentItem xmlns="http://www.imsglobal.org/xsd/imsqti_v2p1" identifier="q" title="Topic"
 adaptive="{adaptive}"><responseDeclaration identifier="R" cardinality="{cardinality}" baseType="identifier">
 <correctResponse>{right}</correctResponse></responseDeclaration>
 <outcomeDeclaration identifier="F" cardinality="single" baseType="identifier"/>
 <itemBody><p>Look.</p>{body}</itemBody>
 <responseProcessing>{rules}</responseProcessing>{feedback}</assessmentItem>"""
ABC = '<simpleChoice identifier="A">a</simpleChoice><simpleChoice identifier="B">b</simpleChoice>'
CHOICES = f'<choiceInteraction responseIdentifier="R" maxChoices="1"><prompt>Which?</prompt>{ABC}</choiceInteraction>'


def qti(body: str = CHOICES, right: str = "A", **over: str) -> str:
    values = "".join(f"<value>{one}</value>" for one in right.split(","))
    parts = {"adaptive": "false", "cardinality": "single", "rules": "", "feedback": ""}
    return QTI.format(**(parts | over), body=body, right=values)


FEEDBACK = "".join(
    f'<modalFeedback outcomeIdentifier="F" identifier="{name}" showHide="show"><p>{text}</p></modalFeedback>'
    for name, text in (("right", "Yes."), ("wrong", "No."))
)
RIGHT_OR_WRONG = """<responseCondition><responseIf><match><variable identifier="R"/><correct identifier="R"/></match>
 <setOutcomeValue identifier="F"><baseValue>right</baseValue></setOutcomeValue></responseIf>
 <responseElse><setOutcomeValue identifier="F"><baseValue>wrong</baseValue></setOutcomeValue></responseElse>
 </responseCondition>"""


class TestQti:
    def test_one_right_answer(self) -> None:
        item = only(read(qti().encode()))
        assert (item.stem, item.objective, item.key) == ("Look. Which?", "Topic", "q")
        assert picks(item) == [("a", True, ""), ("b", False, "")]

    def test_keeps_ids_of_our_own_files_that_can_be_written_again(self) -> None:
        text = qti().replace('title="Topic"', 'title="Topic" toolName="quizzes"')
        ours = only(
            read(text.replace('identifier="A"', 'identifier="c-a1"').replace("<value>A", "<value>c-a1").encode())
        )
        assert [choice.get("id") for choice in ours.spec["choices"]] == ["a1", None]
        odd = only(read(text.replace('identifier="A"', 'identifier="c-²"').replace("<value>A", "<value>c-²").encode()))
        assert [choice.get("id") for choice in odd.spec["choices"]] == [None, None]

    def test_feedback_is_found_by_running_the_response_processing(self) -> None:
        item = only(read(qti(rules=RIGHT_OR_WRONG, feedback=FEEDBACK).encode()))
        assert picks(item) == [("a", True, "Yes."), ("b", False, "No.")]

    def test_what_every_answer_shows_is_the_reason(self) -> None:
        rules = '<setOutcomeValue identifier="F"><baseValue>right</baseValue></setOutcomeValue>'
        item = only(read(qti(rules=rules, feedback=FEEDBACK).encode()))
        assert (item.why, picks(item)) == ("Yes.", [("a", True, ""), ("b", False, "")])

    def test_feedback_that_hangs_on_an_unknown_operator_is_left_out(self) -> None:
        rules = RIGHT_OR_WRONG.replace("match>", "stringMatch>")
        assert losses(qti(rules=rules, feedback=FEEDBACK)) == [
            "Its feedback is left out: which answer it belongs to cannot be told."
        ]

    def test_points_alone_need_no_operators(self) -> None:
        rules = '<setOutcomeValue identifier="SCORE"><mapResponse identifier="R"/></setOutcomeValue>' + RIGHT_OR_WRONG
        assert losses(qti(rules=rules, feedback=FEEDBACK)) == []

    def test_an_order(self) -> None:
        body = CHOICES.replace("choiceInteraction", "orderInteraction").replace(
            "</orderInteraction>", '<simpleChoice identifier="C">c</simpleChoice></orderInteraction>'
        )
        item = only(read(qti(body, "C,A,B", cardinality="ordered").encode()))
        assert [card["text"] for card in item.spec["cards"]] == ["c", "a", "b"]

    @pytest.mark.parametrize("right", ["A X,B Y", "X A,Y B"])
    def test_a_match_whichever_set_stands_first(self, right: str) -> None:
        sets = "".join(
            "<simpleMatchSet>"
            + "".join(f'<simpleAssociableChoice identifier="{i}">{i}</simpleAssociableChoice>' for i in one)
            + "</simpleMatchSet>"
            for one in ("AB", "XY")
        )
        body = f'<matchInteraction responseIdentifier="R"><prompt>Match</prompt>{sets}</matchInteraction>'
        if right.startswith("X"):
            assert "no partner" in refusal(qti(body, "A X,A Y,B X", cardinality="multiple"))
        else:
            item = only(read(qti(body, right, cardinality="multiple").encode()))
            assert [(row["text"], item.spec["cards"][row["card"]]["text"]) for row in item.spec["rows"]] == [
                ("A", "X"), ("B", "Y")
            ]  # fmt: skip

    @pytest.mark.parametrize(
        ("text", "says"),
        [
            (qti(adaptive="true"), "several steps"),
            (qti(CHOICES + CHOICES), "several things at once"),
            (qti("<p>x</p>"), "without answers"),
            (qti('<extendedTextInteraction responseIdentifier="R"/>'), "a text of one’s own"),
            (qti('<hotspotInteraction responseIdentifier="R"/>'), "on a picture"),
            (qti('<newInteraction responseIdentifier="R"/>'), "cannot be asked"),
            (qti(right="A,B"), "Any one of several"),
            (qti(CHOICES.replace("Which?", '<img src="x.png"/>')), "a picture in the question"),
            (qti().replace("<itemBody>", "<templateDeclaration/><itemBody>"), "drawn anew"),
        ],
    )
    def test_refuses(self, text: str, says: str) -> None:
        assert says in refusal(text)

    def test_a_package_comes_in_the_order_of_its_test_and_says_which_file_is_missing(self) -> None:
        document = read(
            zipped(
                {
                    "imsmanifest.xml": '<manifest><resources><resource type="imsqti_test_xmlv2p1" href="t.xml"/>'
                    '<resource type="imsqti_item_xmlv2p1" href="a.xml"/>'
                    '<resource type="imsqti_item_xmlv2p1" href="b.xml"/></resources></manifest>',
                    "t.xml": '<assessmentTest title="T"><assessmentItemRef href="b.xml"/>'
                    '<assessmentItemRef href="gone.xml"/></assessmentTest>',
                    "a.xml": qti().replace("Which?", "First?"),
                    "b.xml": qti().replace("Which?", "Second?"),
                    "__MACOSX/a.xml": "junk",
                }
            )
        )
        assert (document.title, [item.stem for item in document.items]) == ("T", ["Look. Second?", "Look. First?"])
        assert [note.says for note in document.refused] == ["The package names this file, but does not have it."]


def zipped(files: dict[str, str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name, text in files.items():
            made.writestr(name, text)
    return out.getvalue()


CANVAS = """<questestinterop xmlns="http://www.imsglobal.org/xsd/ims_qtiasiv1p2"><assessment title="Week 1"><section>
<item ident="g1" title="Question"><itemmetadata><qtimetadata><qtimetadatafield><fieldlabel>question_type</fieldlabel>
<fieldentry>{kind}</fieldentry></qtimetadatafield></qtimetadata></itemmetadata>
<presentation><material><mattext texttype="text/html">&lt;p&gt;What is it?&lt;/p&gt;</mattext></material>{asked}
</presentation><resprocessing>{rules}</resprocessing>{feedback}</item></section></assessment></questestinterop>"""
LABELS = "".join(
    f'<response_label ident="{n}"><material><mattext texttype="text/plain">{text}</mattext></material></response_label>'
    for n, text in ((1, "A"), (2, "B"))
)
ONE = f'<response_lid ident="r1" rcardinality="Single"><render_choice>{LABELS}</render_choice></response_lid>'
RULES = """<respcondition continue="Yes"><conditionvar><other/></conditionvar><displayfeedback linkrefid="general_fb"/>
</respcondition><respcondition continue="Yes"><conditionvar><varequal respident="r1">2</varequal></conditionvar>
<displayfeedback linkrefid="2_fb"/></respcondition><respcondition continue="No"><conditionvar>
<varequal respident="r1">1</varequal></conditionvar><setvar action="Set">100</setvar></respcondition>"""
SAID = "".join(
    f'<itemfeedback ident="{name}"><flow_mat><material><mattext texttype="text/plain">{text}</mattext></material>'
    "</flow_mat></itemfeedback>"
    for name, text in (("general_fb", "Because."), ("2_fb", "Not B."))
)


class TestQti12:
    def canvas(self, kind: str = "multiple_choice_question", asked: str = ONE, rules: str = RULES) -> str:
        return CANVAS.format(kind=kind, asked=asked, rules=rules, feedback=SAID)

    def test_a_choice_as_canvas_gives_it_out(self) -> None:
        document = read(self.canvas().encode())
        item = only(document)
        assert (document.title, item.stem, item.objective, item.why) == (
            "Week 1", "What is it?", "What is it?", "Because."
        )  # fmt: skip
        assert picks(item) == [("A", True, ""), ("B", False, "Not B.")]

    def test_several_right_answers(self) -> None:
        rules = """<respcondition><conditionvar><and><varequal respident="r1">1</varequal>
        <varequal respident="r1">2</varequal><not><varequal respident="r1">3</varequal></not></and></conditionvar>
        <setvar>100</setvar></respcondition>"""
        third = LABELS.replace('ident="1"', 'ident="3"').replace(">A<", ">C<").partition('<response_label ident="2"')[0]
        asked = ONE.replace("Single", "Multiple").replace("</render_choice>", f"{third}</render_choice>")
        item = only(read(self.canvas("multiple_answers_question", asked, rules).encode()))
        assert [(text, right) for text, right, _ in picks(item)] == [("A", True), ("B", True), ("C", False)]

    def test_a_match(self) -> None:
        asked = "".join(
            f'<response_lid ident="r{n}"><material><mattext>line {n}</mattext></material>'
            f"<render_choice>{LABELS}</render_choice></response_lid>"
            for n in (1, 2)
        )
        rules = "".join(
            f'<respcondition><conditionvar><varequal respident="r{n}">{n}</varequal></conditionvar>'
            '<setvar action="Add">50</setvar></respcondition>'
            for n in (1, 2)
        )
        item = only(read(self.canvas("matching_question", asked, rules).encode()))
        assert [row["text"] for row in item.spec["rows"]] == ["line 1", "line 2"]
        assert [card["text"] for card in item.spec["cards"]] == ["A", "B"]

    def test_refuses_what_cannot_be_asked(self) -> None:
        assert "a text of one’s own" in refusal(self.canvas("essay_question"))

    def test_stands_in_a_common_cartridge(self) -> None:
        manifest = (
            '<manifest><resources><resource type="imsqti_xmlv1p2/imscc_xmlv1p1/assessment">'
            '<file href="a/q.xml"/></resource></resources></manifest>'
        )
        document = read(zipped({"imsmanifest.xml": manifest, "a/q.xml": self.canvas()}))
        assert only(document).where == "a/q.xml, question 1"


class TestAiken:
    def test_a_question(self) -> None:
        item = only(read(b"What is\nit?\nA. This\nB) That\nANSWER: B\n"))
        assert (item.stem, picks(item)) == ("What is it?", [("This", False, ""), ("That", True, "")])

    def test_true_and_false_make_a_statement(self) -> None:
        assert only(read(b"The sky is blue.\nA. True\nB. False\nANSWER: A")).kind == "truth"

    def test_refuses_an_answer_that_is_no_choice(self) -> None:
        assert "names no choice" in refusal("What?\nA. This\nB. That\nANSWER: C")


class TestSheet:
    def test_semicolons_and_windows_letters(self) -> None:
        text = "question;text 1;answer 1;text 2\nOù?;Là;x;Ici\n"
        document = read(text.encode("cp1252"))
        assert picks(only(document)) == [("Là", True, ""), ("Ici", False, "")]
        assert "Windows letters" in document.changed[0].says
        assert read(text.encode("utf-16")).changed == []

    def test_columns_in_any_order_and_unknown_ones(self) -> None:
        item = only(read(b"text 1,text 2,colour,answer 2,Question\nA,B,red,X,Which?\n"))
        assert [right for _, right, _ in picks(item)] == [False, True]

    def test_refuses_places_that_are_none(self) -> None:
        text = "kind,question,text 1,answer 1,text 2,answer 2,text 3,answer 3\norder,Order,a,1,b,1,c,2\n"
        assert "its places" in refusal(text)

    def test_first_row_has_to_name_the_columns(self) -> None:
        from quizzes.formats.sheet import read_csv

        with pytest.raises(BadFile, match="first row"):
            read_csv(b"a,b\n1,2\n")


@pytest.mark.parametrize(
    "text", ["", "   \n", "<?xml version='1.0'?><a/>", "<assessment/>", "<manifest/>", "<assessmentTest/>"]
)
def test_a_file_without_questions_says_so(text: str) -> None:
    with pytest.raises(BadFile):
        read(text.encode())

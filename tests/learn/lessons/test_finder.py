"""The finder finds the medicine for a misspelled name, and never an immunotherapy for a medicine of another kind."""

import random
import re
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.test import SimpleTestCase
from rapidfuzz import fuzz
from rapidfuzz.fuzz import ratio

from learn.lessons import finder, texts
from learn.lessons.finder import LONGEST, LOOK_ALIKE, Found, Named, find
from quizzes.readability import longest_sentence
from tests.cast import FIXTURES
from tests.shipped import FEVER_T_CELLS as F1
from tests.shipped import LESSONS, UNKIND

pytestmark = pytest.mark.one_database

MEDICINES: list[dict[str, Any]] = texts.read(FIXTURES / "medicines.yaml")
TYPED: dict[str, Any] = texts.read(Path(__file__).parent / "misspellings.yaml")
OTHER_KINDS = {"a different kind of medicine", "unclear"}
SENTENCE_END = "Ask your team what it is for in your case."
TABLES = Path(__file__).parent / "finder"
MISSPELT: dict[str, dict[str, list[str]]] = texts.read(TABLES / "misspelt.yaml")
OTHERS: dict[str, list[str]] = texts.read(TABLES / "others.yaml")
NOT_KNOWN: dict[str, list[str]] = texts.read(TABLES / "not_known.yaml")


def named(row: dict[str, Any]) -> Named:
    names = (row["generic"], *row["brands"], *row.get("aliases", ()))
    return Named(row["slug"], names, ours=bool(row.get("lesson")))


NAMES = [named(row) for row in MEDICINES]
OURS = {name.slug for name in NAMES if name.ours}


def without(slug: str) -> list[Named]:
    return [name for name in NAMES if name.slug != slug]


def slugs(query: str, names: list[Named] = NAMES) -> list[str]:
    return [hit.slug for hit in find(query, names).hits]


def missed(typed: dict[str, list[str]], top: int) -> list[str]:
    """Return the queries for which the right medicine is not among the first `top` hits."""
    return [query for slug, queries in typed.items() for query in queries if slug not in slugs(query)[:top]]


def count(typed: dict[str, list[str]]) -> int:
    return sum(map(len, typed.values()))


def immunotherapy_first(queries: list[str], names: list[Named] = NAMES) -> list[str]:
    return [query for query in queries if OURS & set(slugs(query, names)[:1])]


class TestAMisspelledImmunotherapy(SimpleTestCase):
    def test_has_many_examples_and_some_for_every_medicine(self) -> None:
        assert count(TYPED["tuned"]) >= 150
        assert count(TYPED["held_out"]) >= 40
        groups = {row["slug"] for row in MEDICINES if row["kind"] == "A group of treatments"}
        assert TYPED["tuned"].keys() == OURS - groups

    def test_is_really_misspelled(self) -> None:
        """A few examples are spelled right, but have words around them or are only one word of the name."""
        typed = [query for part in ("tuned", "held_out") for queries in TYPED[part].values() for query in queries]
        known = {name.casefold() for medicine in NAMES for name in medicine.names}
        assert len(typed) == len(set(typed))
        assert len(known & {query.casefold() for query in typed}) <= 10

    def test_is_the_first_hit(self) -> None:
        for part in ("tuned", "held_out"):
            assert len(missed(TYPED[part], 1)) <= 0.05 * count(TYPED[part]), missed(TYPED[part], 1)

    def test_is_among_the_first_three_hits(self) -> None:
        for part in ("tuned", "held_out"):
            assert len(missed(TYPED[part], 3)) <= 0.02 * count(TYPED[part]), missed(TYPED[part], 3)

    def test_is_never_called_exact(self) -> None:
        assert not find("pembrolizomab", NAMES).hits[0].exact
        assert not find("keytrud", NAMES).hits[0].exact

    def test_with_one_changed_letter_is_among_the_first_three_hits(self) -> None:
        dice = random.Random(4)
        for medicine in NAMES:
            for name in medicine.names if medicine.ours else ():
                if len(name) > 7:
                    at = dice.randrange(1, len(name) - 1)
                    for typed in (
                        name[:at] + name[at + 1 :],
                        name[:at] + name[at] + name[at:],
                        name[:at] + "o" + name[at + 1 :],
                    ):
                        assert medicine.slug in slugs(typed), typed


class TestAMedicineOfAnotherKind(SimpleTestCase):
    def test_is_the_first_hit_for_each_of_its_names(self) -> None:
        for medicine in NAMES:
            for name in () if medicine.ours else medicine.names:
                assert slugs(name)[0] == medicine.slug, name

    def test_is_never_found_as_an_immunotherapy_when_misspelled(self) -> None:
        queries = [query for queries in TYPED["others"].values() for query in queries]
        assert len(queries) >= 60
        assert immunotherapy_first(queries) == []

    def test_is_found_in_95_of_100_misspellings(self) -> None:
        assert len(missed(TYPED["others"], 1)) <= 0.05 * count(TYPED["others"]), missed(TYPED["others"], 1)

    def test_that_is_not_in_the_list_is_never_found_as_an_immunotherapy(self) -> None:
        known = {name for medicine in NAMES for name in medicine.names}
        assert len(TYPED["unlisted"]) >= 60
        assert not known & set(TYPED["unlisted"])
        assert immunotherapy_first(TYPED["unlisted"]) == []

    def test_adalimumab_is_not_ipilimumab_even_when_it_is_not_in_the_list(self) -> None:
        for query in ("adalimumab", "adalimumad", "adilimumab", "Humira"):
            assert "ipilimumab" not in slugs(query)
            assert "ipilimumab" not in slugs(query, without("adalimumab"))

    def test_comes_first_when_two_names_match_equally(self) -> None:
        names = [Named("ours", ("abcdefgh",)), Named("other", ("abcdefgk",), ours=False)]
        assert slugs("abcdefgx", names) == ["other", "ours"]
        assert slugs("abcdefgh", names) == ["ours"]


class TestAnImmunotherapy(SimpleTestCase):
    def test_is_found_by_each_of_its_names(self) -> None:
        for medicine in NAMES:
            for name in medicine.names:
                hits = {hit.slug: hit for hit in find(name, NAMES).hits}
                assert hits[medicine.slug].exact, name

    def test_is_found_by_the_name_that_was_typed(self) -> None:
        assert find("opdivo", NAMES).hits[0].name == "Opdivo"
        assert find("NIVOLUMAB", NAMES).hits[0].name == "nivolumab"

    def test_is_found_with_any_four_letter_suffix(self) -> None:
        for row in MEDICINES:
            if "ending" in row and " and " not in row["generic"]:
                hit = find(f"{row['generic']}-{row['ending']}", NAMES).hits[0]
                assert (hit.slug, hit.exact) == (row["slug"], True)
        assert find("cemiplimab-abcd", NAMES).hits[0].exact
        assert slugs("interferon-alfa") == ["interferon-alfa-2a", "interferon-alfa-2b"]
        assert slugs("nivolumab and relatlimab-rmbw") == ["nivolumab-and-relatlimab"]

    def test_is_found_with_or_without_accents(self) -> None:
        for query in ("bacillus Calmette-Guérin", "BACILLUS CALMETTE GUERIN", "bacilo de Calmette-Gue\u0301rin"):
            assert slugs(query) == ["bcg"], query
        assert slugs("interferón alfa") == ["interferon-alfa-2a", "interferon-alfa-2b"]

    def test_is_found_between_other_words(self) -> None:
        for query, slug in {
            "my Keytruda infusion": "pembrolizumab", "the Opdivo drip 240 mg": "nivolumab",
            "200mg keytruda iv": "pembrolizumab", "Imfinzi 1,500 mg every 4 weeks": "durvalumab",
            "mi suero de yervoy": "ipilimumab", "la inyección de T-VEC": "talimogene-laherparepvec",
            "IL-2 treatment": "aldesleukin", "CAR-T therapy": "car-t-cell-therapy",
            "I'm starting pembrolizumab next Tuesday at the hospital": "pembrolizumab", "shots of BCG": "bcg",
            "vacuna contra la hepatitis B": "hepatitis-b-vaccine",
        }.items():  # fmt: skip
            assert slugs(query)[:1] == [slug], query

    def test_is_found_by_the_misspellings_of_the_article(self) -> None:
        assert slugs("Dostarlizumab") == ["dostarlimab"]
        assert slugs("spuleucel") == ["sipuleucel-t"]

    def test_is_found_by_its_first_letters(self) -> None:
        for query, slug in {
            "pembro": "pembrolizumab", "nivo": "nivolumab", "ipi": "ipilimumab", "atezo": "atezolizumab",
            "durva": "durvalumab", "keyt": "pembrolizumab", "kym": "tisagenlecleucel",
            "yesc": "axicabtagene-ciloleucel", "sipu": "sipuleucel-t",
        }.items():  # fmt: skip
            assert slugs(query)[0] == slug, query
        assert {"interferon-alfa-2a", "interferon-alfa-2b"} < set(slugs("inter"))

    def test_is_among_the_first_three_hits_by_five_letters_of_any_name(self) -> None:
        for medicine in NAMES:
            for name in medicine.names if medicine.ours else ():
                letters = re.sub(r"\W", "", name)
                if len(letters) > 6 and not letters.startswith(
                    (
                        "interferon",
                        "interferón",
                        "vacuna",
                        "linfo",
                        "terapia",
                        "peginterferon",
                        "nivolumaband",
                        "bispec",
                    )
                ):
                    assert medicine.slug in slugs(letters[:5]), name


class TestTwoMedicines(SimpleTestCase):
    def test_are_both_found_in_the_order_of_the_query(self) -> None:
        for query in (
            "nivolumab and ipilimumab", "opdivo + yervoy", "opdivo/yervoy", "Opdivo, Yervoy", "opdivo & yervoy",
            "opdivo with yervoy", "opdivo y yervoy", "opdivo yervoy", "my opdivo drip and then yervoy",
            "opdevo and yervoi",
            "nivo/ipi", "nivo ipi",
        ):  # fmt: skip
            found = find(query, NAMES)
            assert (found.two, [hit.slug for hit in found.hits][:2]) == (True, ["nivolumab", "ipilimumab"]), query

    def test_may_be_of_different_kinds(self) -> None:
        assert slugs("BCG Anktiva") == ["bcg", "nogapendekin-alfa-inbakicept"]
        assert slugs("carboplatin and keytruda") == ["carboplatin", "pembrolizumab"]
        assert slugs("imfinzi + imjudo + cisplatin") == ["durvalumab", "tremelimumab", "cisplatin"]

    def test_in_one_product_are_one_medicine(self) -> None:
        for query in (
            "nivolumab and relatlimab",
            "nivolumab + relatlimab",
            "nivolumab/relatlimab",
            "nivolumab relatlimb",
        ):
            found = find(query, NAMES)
            assert (found.two, found.hits[0].slug) == (False, "nivolumab-and-relatlimab"), query

    def test_are_not_found_in_two_names_of_one_medicine_or_in_a_name_of_two_words(self) -> None:
        for query, slug in {
            "nivolumab (Opdivo)": "nivolumab", "keytruda / pembrolizumab": "pembrolizumab",
            "Opdivo Qvantig": "nivolumab", "axicabtagene cilolucel": "axicabtagene-ciloleucel",
            "keytruda and stuff": "pembrolizumab",
        }.items():  # fmt: skip
            found = find(query, NAMES)
            assert (found.two, found.hits[0].slug) == (False, slug), query


class TestBadInput(SimpleTestCase):
    def test_finds_nothing_and_gives_the_reason(self) -> None:
        for query, why in {
            "": "empty", "   \n\t": "empty", "\0": "empty", "😀😀": "empty", "12345": "empty", "...": "empty",
            "200 mg": "empty", "k": "short", "il": "short", "ab\0": "short", "my shot": "filler",
            "the drip infusion": "filler", "mi inyección": "filler", "vaccine": "filler", "a" * 10_000: "long",
            "keytruda " * 100: "long", "'; DROP TABLE medicine; --": "unknown", "' OR 1=1 --": "short",
            "SELECT * FROM lessons_medicine": "unknown", "<script>alert(1)</script>": "unknown",
            "<img src=x onerror=alert(1)>": "unknown", "кейтруда": "unknown", "可瑞达免疫": "unknown",
            "zzzzzzzz": "unknown", "..%2F..%2Fetc/passwd": "unknown", "{{ 7*7 }} abc": "unknown",
            "guna il 2 drops": "unknown", "\ud800\udfff abc": "unknown", "x" * LONGEST: "unknown",
        }.items():  # fmt: skip
            found = find(query, NAMES)
            assert (found.hits, found.two, found.nothing) == ((), False, why), query[:40]

    def test_around_a_name_is_ignored(self) -> None:
        for query in (
            "key\0truda",
            "😀 keytruda 😀",
            "<b>keytruda</b>",
            "KEYTRUDA!!!",
            "\u202ekeytruda",
            "ｋｅｙｔｒｕｄａ",
        ):
            assert slugs(query)[:1] == ["pembrolizumab"], query

    def test_of_any_length_is_compared_with_each_name_only_a_few_times(self) -> None:
        compared = []

        def counted(*args: Any, **options: Any) -> float:
            compared.append(args)
            return ratio(*args, **options)

        names = sum(len(name.names) for name in NAMES)
        for query in (
            "a" * 10_000, "pembrolizumab " * 700, "ﷺ" * LONGEST, "tislelizumac " * 15, "a and " * 33,
            " ".join("qwertyuiop"[i:] for i in range(7)) * 3, ("tislelizumac and " * 12)[:LONGEST],
        ):  # fmt: skip
            compared.clear()
            with patch.object(fuzz, "ratio", counted):
                find(query, NAMES)
            assert len(compared) <= 2 * names * (1 + finder.MOST_PARTS + finder.MOST_WORDS), query[:40]
            assert len(query) <= LONGEST or not compared, query[:40]
        assert compared, "the last one is compared, so the counting works"

    def test_with_any_characters_raises_no_error(self) -> None:
        dice = random.Random(4)
        for _ in range(300):
            query = "".join(chr(dice.randrange(0x3000)) for _ in range(dice.randrange(40)))
            assert len(find(query, NAMES).hits) <= 3


class TestEveryAnswer(SimpleTestCase):
    queries = ("keytruda", "optivo", "interferon", "tec", "mab", "cel", "opdivo + yervoy", "hepatitis", "zz", "umab")

    def test_has_at_most_three_different_hits(self) -> None:
        for query in self.queries:
            found = slugs(query)
            assert len(found) == len(set(found)) <= 3, query

    def test_does_not_depend_on_the_order_of_the_list(self) -> None:
        for query in self.queries:
            assert find(query, NAMES) == find(query, NAMES) == find(query, NAMES[::-1]), query

    def test_has_either_hits_or_a_reason(self) -> None:
        for query in (*self.queries, "", "x", "my shot"):
            found = find(query, NAMES)
            assert bool(found.hits) == (found.nothing is None), query

    def test_is_unknown_with_an_empty_list(self) -> None:
        assert find("keytruda", []) == Found(nothing="unknown")
        assert find("keytruda", [Named("nameless", ()), Named("wordless", ("?",))]) == Found(nothing="unknown")


class TestTheMedicines(SimpleTestCase):
    keys = {
        "slug", "generic", "ending", "brands", "aliases", "kind", "therapy", "lesson", "given", "say", "say_checked",
        "sentence", "note", "source", "hold",
    }  # fmt: skip

    def ours(self) -> list[dict[str, Any]]:
        return [row for row in MEDICINES if row["kind"] not in OTHER_KINDS]

    def test_have_unique_slugs(self) -> None:
        assert len({row["slug"] for row in MEDICINES}) == len(MEDICINES)
        assert not [row["slug"] for row in MEDICINES if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", row["slug"])]

    def test_have_the_agreed_parts_and_no_others(self) -> None:
        for row in MEDICINES:
            assert {"slug", "generic", "brands", "kind"} <= set(row) <= self.keys, row["slug"]
            assert all(isinstance(name, str) for name in named(row).names), row["slug"]

    def test_share_no_name_but_interferon(self) -> None:
        held: dict[str, set[str]] = {}
        for medicine in NAMES:
            for name in medicine.names:
                held.setdefault(name.casefold(), set()).add(medicine.slug)
        assert {n for n, of in held.items() if len(of) > 1} == {
            "interferon", "interferon alfa", "interferon alpha", "interferón alfa", "peginterferon", "peg interferon"
        }  # fmt: skip

    def test_lead_to_a_lesson_of_their_therapy_type(self) -> None:
        for row in self.ours():
            if row["lesson"]:
                assert LESSONS[row["lesson"]]["therapy"] == row["therapy"], row["slug"]

    def test_say_in_one_sentence_what_they_are_and_to_ask_the_team(self) -> None:
        for row in self.ours():
            if row["lesson"]:
                what, end = row["sentence"].removesuffix(SENTENCE_END).strip(), SENTENCE_END
                assert row["sentence"] == f"{what} {end}", row["slug"]
                assert what.count(".") == 1, row["slug"]

    def test_have_plain_and_kind_texts(self) -> None:
        for row in self.ours():
            for text in (row["kind"], row.get("given", ""), row.get("sentence", ""), row.get("note", "")):
                assert not UNKIND.search(text), text
                assert not text or longest_sentence(text) <= 20, text

    def test_that_are_checkpoint_inhibitors_name_no_cancer(self) -> None:
        cancers = re.compile(
            r"melanoma|lung|kidney|liver|bladder|skin cancer|blood cancer|lymphoma|leukemia", re.IGNORECASE
        )
        for row in self.ours():
            if "heckpoint" in row["kind"]:
                assert not cancers.search(" ".join(map(str, row.values()))), row["slug"]

    def test_are_on_hold_until_somebody_confirms_them(self) -> None:
        assert {row["slug"] for row in MEDICINES if row.get("hold")} == {
            "vusolimogene-oderparepvec",  # 1: its label
            "interferon-alfa-2a", "interferon-alfa-2b",  # 2: still sold?
            "pembrolizumab", "dostarlimab",  # 3: current uses
            "atezolizumab",  # 4: Hybreza has one source
            "avelumab", "bcg",  # 7, 8: listings and the bladder label
            "blinatumomab", "teclistamab", "talquetamab", "elranatamab", "epcoritamab", "glofitamab", "mosunetuzumab",
            "tarlatamab", "tebentafusp", "linvoseltamab", "t-cell-engager",  # not yet reviewed by a clinician
            "peginterferon-alfa-2a", "ropeginterferon-alfa-2b",
            "ivonescimab", "odronextamab", "camrelizumab", "cretostimogene-grenadenorepvec",
            "anitocabtagene-autoleucel", "intismeran-autogene",  # approved now?
        }  # fmt: skip

    def test_correct_the_errors_of_the_article(self) -> None:
        row = {row["slug"]: row for row in MEDICINES}
        assert not row["interferon-alfa-n3"]["lesson"]
        assert row["interferon-alfa-n3"]["kind"] == "Name in the article; see note"
        for slug in ("interferon-alfa-2a", "interferon-alfa-2b"):
            assert "may no longer be sold" in row[slug]["note"]
        assert "Gardasil 9" in row["hpv-vaccine"]["brands"]
        assert "discontinued" not in str(MEDICINES)
        assert "guna" not in str(MEDICINES).casefold()

    def test_that_are_new_or_studied_have_no_lesson_and_two_say_what_a_fever_means(self) -> None:
        rows = {row["slug"]: row for row in MEDICINES if row["kind"] == "being studied or very new"}
        assert len(rows) == 6
        assert not any(row["lesson"] or row["therapy"] for row in rows.values())
        assert {slug for slug, row in rows.items() if row.get("note") == F1} == {
            "odronextamab", "anitocabtagene-autoleucel"
        }  # fmt: skip

    def test_of_other_kinds_have_only_names(self) -> None:
        rows = [row for row in MEDICINES if row["kind"] in OTHER_KINDS]
        assert len(rows) >= 100
        for row in rows:
            assert set(row) <= {"slug", "generic", "brands", "aliases", "kind"}, row["slug"]

    def test_that_are_other_cancer_antibodies_are_called_unclear(self) -> None:
        kind = {row["slug"]: row["kind"] for row in MEDICINES}
        for slug in (
            "rituximab",
            "trastuzumab",
            "bevacizumab",
            "cetuximab",
            "amivantamab",
            "zanidatamab",
            "zenocutuzumab",
            "lenalidomide",
            "imiquimod",
        ):
            assert kind[slug] == "unclear", slug


# Answers with the verdict "sure" are offered as "your medicine", with a button to the lessons.


def sure(query: str) -> list[str]:
    return [answer.hits[0].slug for answer in find(query, NAMES).answers if answer.verdict == "sure"]


def verdicts(query: str) -> list[str]:
    return [answer.verdict for answer in find(query, NAMES).answers]


@pytest.mark.parametrize("part", ["tuned", "held_out"])
def test_a_mistyped_or_misheard_name_is_among_three_hits_and_never_surely_another(part: str) -> None:
    typed = MISSPELT[part]
    assert sum(count(each) for each in MISSPELT.values()) >= 250
    assert typed.keys() == {name.slug for name in NAMES if name.ours} - {
        row["slug"] for row in MEDICINES if row["kind"] == "A group of treatments"
    }
    assert len(missed(typed, 3)) <= 0.02 * count(typed), missed(typed, 3)
    assert [q for slug, queries in typed.items() for q in queries if set(sure(q)) - {slug}] == []
    offered = sum(slug in sure(q) for slug, queries in typed.items() for q in queries)
    assert offered >= 0.75 * count(typed), "the others need one more tap"


@pytest.mark.parametrize("part", OTHERS)
def test_a_medicine_of_another_kind_is_never_offered_as_an_immunotherapy(part: str) -> None:
    assert sum(map(len, OTHERS.values())) >= 400
    assert [q for q in OTHERS[part] if OURS & set(sure(q))] == []


@pytest.mark.parametrize("part", NOT_KNOWN)
def test_an_unknown_name_is_never_offered_as_a_medicine(part: str) -> None:
    assert sum(map(len, NOT_KNOWN.values())) >= 60
    assert [q for q in NOT_KNOWN[part] if sure(q)] == []


@pytest.mark.parametrize(
    ("query", "slug"),
    {
        "Ruxience": "rituximab", "Inlexzo": "gemcitabine-intravesical-system", "linvoseltamab": "linvoseltamab",
        "T-cell engager": "t-cell-engager", "TAR-200": "gemcitabine-intravesical-system",
        "tar 200": "gemcitabine-intravesical-system", "Herzuma": "trastuzumab", "Zynlonta": "loncastuximab-tesirine",
        "Jobevne": "bevacizumab", "telisotuzumab": "telisotuzumab-vedotin", "kitruda": "pembrolizumab",
        "Keytruda Qlex": "pembrolizumab", "Besremi": "ropeginterferon-alfa-2b", "Engerix-B": "hepatitis-b-vaccine",
        "Lunsumio Velo": "mosunetuzumab", "Imjudo": "tremelimumab", "Tecelra": "afamitresgene-autoleucel",
    }.items(),
)  # fmt: skip
def test_a_name_that_was_once_confused_is_found_alone(query: str, slug: str) -> None:
    assert (slugs(query), verdicts(query)) == ([slug], ["sure"])


def test_every_generic_and_brand_name_is_sure() -> None:
    for row in MEDICINES:
        for name in (row["generic"], *row["brands"]):
            assert sure(name) == [row["slug"]], name


@pytest.mark.parametrize("query", ["checkpoint", "autoleucel", "deruxtecan", "keyt", "tar", "hepatitis", "vedotin"])
def test_a_part_of_a_longer_name_is_a_guess(query: str) -> None:
    assert set(verdicts(query)) <= {"guess"}
    assert "tirzepatide" not in slugs(query)


@pytest.mark.parametrize(
    ("query", "both"),
    {
        "kimtrak": {"tebentafusp", "tisagenlecleucel"}, "kymria": {"tebentafusp", "tisagenlecleucel"},
        "tecvali": {"teclistamab", "brexucabtagene-autoleucel", "afamitresgene-autoleucel"},
        "tecartis": {"teclistamab", "brexucabtagene-autoleucel", "afamitresgene-autoleucel"},
        "imfinzy": {"durvalumab", "tremelimumab"}, "imjudu": {"durvalumab", "tremelimumab"},
        "zyniz": {"retifanlimab", "loncastuximab-tesirine"}, "avelumub": {"avelumab", "durvalumab"},
        "interferon": {"interferon-alfa-2a", "interferon-alfa-2b"},
    }.items(),
)  # fmt: skip
def test_two_similar_names_are_asked_about(query: str, both: set[str]) -> None:
    assert (set(slugs(query)), verdicts(query)) == (both, ["which"])


def test_an_exact_name_is_sure_and_warns_of_a_similar_name() -> None:
    answer = find("Kimmtrak", NAMES).answers[0]
    assert (answer.verdict, [hit.name for hit in answer.alike]) == ("sure", ["Kymriah"])
    assert {name for group in LOOK_ALIKE for name in group} <= {name for named in NAMES for name in named.names}


@pytest.mark.parametrize(
    ("near", "verdict"), [("abcdefgh", "sure"), ("abcdefgx", "which")], ids=["ten behind", "within ten"]
)
def test_two_names_within_ten_points_are_asked_about(near: str, verdict: str) -> None:
    """The answer is "sure" only when the second name is ten points or more behind."""
    names = [Named("a", ("abcdefghij",)), Named("b", ("mnopqrstuv" if near == "abcdefgh" else "abcdefgxkj",))]
    assert find("abcdefghxj", names).answers[0].verdict == verdict


def test_each_of_several_names_gets_its_own_answer() -> None:
    found = find("Opdivo and kimtrak", NAMES)
    assert [(answer.verdict, answer.hits[0].slug) for answer in found.answers] == [
        ("sure", "nivolumab"),
        ("which", "tebentafusp"),
    ]
    assert verdicts("Opdivo, Yervoy and xyzzyqwert") == ["sure", "sure", "unknown"]
    assert verdicts("opdivo, nivolumab, yervoy") == ["sure", "sure"], "each medicine once"

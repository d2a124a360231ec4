"""The drawn pictures: each file holds to the rules of the house, and fixtures/pictures.yaml says what it says."""

import re
from collections import Counter
from typing import Any
from xml.etree.ElementTree import Element, fromstring

from django.conf import settings
from django.test import SimpleTestCase

from quizzes.readability import longest_sentence, words
from tests.shipped import LESSONS, UNKIND, load

FOLDER = settings.BASE_DIR / "learn" / "static" / "learn" / "pictures"
SVG = "{http://www.w3.org/2000/svg}"
INK, PAPER, WHITE = "#17212B", "#FFFDF8", "#FFFFFF"
NEUTRAL = {INK, PAPER, WHITE, "#D9DEE2", "#9AA5AE"}  # the two greys are "switched off"
COLORS = {
    "#BFE3DC", "#5FA89B",  # immune cells: on
    "#DCCBEA", "#8E6BB0",  # cancer cells
    "#F2B233",  # medicine, antibodies, messages
    "#EFD9BE", "#CB9A70", "#9A6744",  # people; the first is that of healthy cells, too
    "#9CC3E6",  # virus, antigen, fluid
    "#C3CB78",  # germs
}  # fmt: skip
SKINS = ["#EFD9BE", "#CB9A70", "#9A6744"]
SHAPES = {"svg", "title", "g", "rect", "circle", "ellipse", "path", "text"}
ATTRIBUTES = {
    "viewBox", "role", "aria-labelledby", "id", "fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-linecap",
    "stroke-linejoin", "transform", "x", "y", "width", "height", "rx", "ry", "cx", "cy", "r", "d",
    "font-family", "font-size", "font-weight", "text-anchor",
}  # fmt: skip
PICTURES: list[Any] = load("pictures.yaml")
TAUGHT = {slug: [c for step in lesson["steps"] for c in step["claims"]] for slug, lesson in LESSONS.items()}


def files() -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(FOLDER.iterdir())}


DRAWN = {name: fromstring(text) for name, text in files().items()}  # noqa: S314 - our own files


def found(root: Element, shape: str) -> list[Element]:
    return root.findall(f".//{SVG}{shape}")


def light(color: str) -> float:
    """The relative luminance of WCAG 2: 0 is black, 1 is white."""
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def badges(root: Element) -> list[str]:
    """The numbers, each of which stands in the middle of a circle of 13."""
    rings = {(ring.get("cx"), ring.get("cy")) for ring in found(root, "circle") if ring.get("r") == "13"}
    said = found(root, "text")
    assert {(text.get("x"), str(int(text.get("y", "")) - 6)) for text in said} <= rings
    return [text.text or "" for text in said]


class TestAPicture(SimpleTestCase):
    def test_is_in_the_list_and_each_of_the_list_is_drawn(self) -> None:
        assert len(PICTURES) >= 52
        assert Counter(picture["file"] for picture in PICTURES) == Counter(list(files()))

    def test_has_four_kilobytes_at_most(self) -> None:
        assert [name for name, text in files().items() if len(text.encode()) > 4096] == []

    def test_has_a_size_of_its_own_and_its_own_paper(self) -> None:
        for name, root in DRAWN.items():
            assert (root.tag, root.get("viewBox")) == (f"{SVG}svg", "0 0 320 220"), name
            paper = {"width": "320", "height": "220", "rx": "12", "fill": PAPER}
            assert (root[1].tag, root[1].attrib) == (f"{SVG}rect", paper), name

    def test_is_made_of_plain_shapes_with_plain_attributes(self) -> None:
        """No style, script, link, font, filter, gradient or picture from elsewhere."""
        for name, root in DRAWN.items():
            for part in root.iter():
                assert part.tag.removeprefix(SVG) in SHAPES, (name, part.tag)
                assert part.attrib.keys() <= ATTRIBUTES, (name, part.attrib)
                assert not any("url" in value or ":" in value for value in part.attrib.values()), name
        for name, text in files().items():
            assert not re.search(r"<[!?]|&(?!amp;)", text), name
            assert text.count("http") == 1, name

    def test_is_drawn_in_ink_with_round_joins(self) -> None:
        for name, root in DRAWN.items():
            pen = {"stroke": INK, "stroke-width": "3", "stroke-linejoin": "round", "stroke-linecap": "round"}
            assert root[2].attrib == {"fill": "none", **pen}, name

    def test_has_six_flat_colors_at_most(self) -> None:
        """Beyond ink, paper, white and the two greys; the same ones in every picture."""
        for name, root in DRAWN.items():
            used = {part.get(key) for part in root.iter() for key in ("fill", "stroke")} - {None, "none"}
            assert used <= NEUTRAL | COLORS, (name, used - NEUTRAL - COLORS)
            assert len(used - NEUTRAL) <= 6, name

    def test_is_outlined_so_that_each_color_can_be_told_from_the_ink(self) -> None:
        """3:1 at least (WCAG 1.4.11), so that the lines inside a shape are seen."""
        for color in COLORS | NEUTRAL - {INK}:
            assert (light(color) + 0.05) / (light(INK) + 0.05) >= 3, color

    def test_shows_people_of_several_skins(self) -> None:
        """Each is in five drawings at least, and a drawing with two people or more shows two skins at least."""
        heads = {
            name: [
                part.get("fill")
                for part in found(root, "circle")
                if part.get("fill") in SKINS and float(part.get("r", "")) >= 13
            ]
            for name, root in DRAWN.items()
        }
        assert all(sum(skin in skins for skins in heads.values()) >= 5 for skin in SKINS), heads
        assert [name for name, skins in heads.items() if len(skins) > 1 and len(set(skins)) == 1] == []

    def test_has_names_that_no_other_picture_has(self) -> None:
        for name, root in DRAWN.items():
            for part in root.iter():
                assert part.get("id", name).startswith(name.removesuffix(".svg")), (name, part.get("id"))

    def test_says_in_its_title_what_its_alt_says(self) -> None:
        for picture in PICTURES:
            root = DRAWN[picture["file"]]
            assert (root.get("role"), root[0].tag) == ("img", f"{SVG}title"), picture["file"]
            assert root.get("aria-labelledby") == root[0].get("id") is not None, picture["file"]
            assert root[0].text == picture["alt"], picture["file"]

    def test_has_numbers_in_place_of_words(self) -> None:
        for name, root in DRAWN.items():
            texts = [part for part in root.iter() if part.tag != f"{SVG}title" and (part.text or "").strip()]
            assert [part.text for part in texts] == badges(root), name
            assert not any((part.tail or "").strip() for part in root.iter()), name

    def test_has_a_line_in_its_key_for_each_badge(self) -> None:
        for picture in PICTURES:
            numbers = [str(number) for number in range(1, len(picture["key"]) + 1)]
            assert badges(DRAWN[picture["file"]]) == numbers, picture["file"]

    def test_has_badges_that_are_whole_and_apart(self) -> None:
        for name, root in DRAWN.items():
            at = [(float(text.get("x", "")), float(text.get("y", "")) - 6) for text in found(root, "text")]
            assert all(14 <= x <= 306 and 14 <= y <= 206 for x, y in at), name
            assert all(abs(complex(*a) - complex(*b)) >= 28 for i, a in enumerate(at) for b in at[:i]), name
            for text in found(root, "g"):
                assert text.get("font-size", "17") == "17", name


class TestTheListOfPictures(SimpleTestCase):
    def test_has_the_agreed_parts_and_no_others(self) -> None:
        for picture in PICTURES:
            assert set(picture) == {"file", "lesson", "step", "claims", "alt", "key"}, picture["file"]
            assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*\.svg", picture["file"]), picture["file"]

    def test_says_it_in_forty_words_at_most(self) -> None:
        for picture in PICTURES:
            assert 5 <= len(words(picture["alt"])) <= 40, picture["file"]
            assert all(len(words(line)) <= 12 for line in picture["key"]), picture["file"]

    def test_is_calm_and_plain(self) -> None:
        for picture in PICTURES:
            for text in (picture["alt"], *picture["key"]):
                assert not UNKIND.search(text), text
                assert longest_sentence(text) <= 20, text

    def test_gives_a_step_one_picture_at_most(self) -> None:
        taken = Counter((picture["lesson"], claim) for picture in PICTURES for claim in picture["claims"])
        assert [place for place, times in taken.items() if times > 1] == []

    def test_shows_what_its_lesson_teaches(self) -> None:
        for picture in PICTURES:
            assert set(picture["claims"]) <= set(TAUGHT[picture["lesson"]]), picture["file"]

    def test_names_the_step_that_teaches_it(self) -> None:
        for picture in PICTURES:
            steps = {step["slug"]: step["claims"] for step in LESSONS[picture["lesson"]]["steps"]}
            assert steps[picture["step"]] == picture["claims"], picture["file"]

    def test_has_a_picture_for_every_lesson(self) -> None:
        missing = TAUGHT.keys() - {picture["lesson"] for picture in PICTURES}
        assert missing == set()

"""The pictures: each file follows the drawing rules and agrees with fixtures/pictures.yaml."""

import re
from collections import Counter
from typing import Any
from xml.etree.ElementTree import Element, fromstring

import pytest
from django.conf import settings
from django.test import SimpleTestCase

from quizzes.readability import longest_sentence, words
from tests.shipped import LESSONS, UNKIND, load

pytestmark = pytest.mark.one_database  # without a database

FOLDER = settings.BASE_DIR / "learn" / "static" / "learn" / "pictures"
SVG = "{http://www.w3.org/2000/svg}"
INK, PAPER, WHITE = "#17212B", "#FFFDF8", "#FFFFFF"
NEUTRAL = {INK, PAPER, WHITE, "#D9DEE2", "#9AA5AE"}  # the two grays mean "switched off"
COLORS = {
    "#BFE3DC", "#5FA89B",  # immune cells: on
    "#DCCBEA", "#8E6BB0",  # cancer cells
    "#F2B233",  # medicine, antibodies, messages
    "#EFD9BE", "#CB9A70", "#9A6744",  # people; the first color also means healthy cells
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
    """Return the relative luminance of WCAG 2: 0 is black, 1 is white."""
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def badges(root: Element) -> list[str]:
    """Return the numbers that are in the middle of a circle of radius 13."""
    rings = {(ring.get("cx"), ring.get("cy")) for ring in found(root, "circle") if ring.get("r") == "13"}
    said = found(root, "text")
    assert {(text.get("x"), str(int(text.get("y", "")) - 6)) for text in said} <= rings
    return [text.text or "" for text in said]


class TestAPicture(SimpleTestCase):
    def test_is_in_the_list_and_every_listed_picture_exists(self) -> None:
        assert len(PICTURES) >= 52
        assert Counter(picture["file"] for picture in PICTURES) == Counter(list(files()))

    def test_has_four_kilobytes_at_most(self) -> None:
        assert [name for name, text in files().items() if len(text.encode()) > 4096] == []

    def test_has_the_agreed_size_and_background(self) -> None:
        for name, root in DRAWN.items():
            assert (root.tag, root.get("viewBox")) == (f"{SVG}svg", "0 0 320 220"), name
            paper = {"width": "320", "height": "220", "rx": "12", "fill": PAPER}
            assert (root[1].tag, root[1].attrib) == (f"{SVG}rect", paper), name

    def test_has_only_simple_shapes_and_attributes(self) -> None:
        """No style, script, link, font, filter, gradient or external picture."""
        for name, root in DRAWN.items():
            for part in root.iter():
                assert part.tag.removeprefix(SVG) in SHAPES, (name, part.tag)
                assert part.attrib.keys() <= ATTRIBUTES, (name, part.attrib)
                assert not any("url" in value or ":" in value for value in part.attrib.values()), name
        for name, text in files().items():
            assert not re.search(r"<[!?]|&(?!amp;)", text), name
            assert text.count("http") == 1, name

    def test_is_drawn_in_ink_color_with_round_joins(self) -> None:
        for name, root in DRAWN.items():
            pen = {"stroke": INK, "stroke-width": "3", "stroke-linejoin": "round", "stroke-linecap": "round"}
            assert root[2].attrib == {"fill": "none", **pen}, name

    def test_has_at_most_six_flat_colors(self) -> None:
        """Not counting ink, paper, white and the two grays. All pictures use the same palette."""
        for name, root in DRAWN.items():
            used = {part.get(key) for part in root.iter() for key in ("fill", "stroke")} - {None, "none"}
            assert used <= NEUTRAL | COLORS, (name, used - NEUTRAL - COLORS)
            assert len(used - NEUTRAL) <= 6, name

    def test_has_enough_contrast_between_each_color_and_the_ink(self) -> None:
        """At least 3:1 (WCAG 1.4.11), so that lines inside a shape are visible."""
        for color in COLORS | NEUTRAL - {INK}:
            assert (light(color) + 0.05) / (light(INK) + 0.05) >= 3, color

    def test_shows_people_with_different_skin_colors(self) -> None:
        """Each color is in at least five pictures; a picture with several people has at least two of them."""
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

    def test_has_unique_ids(self) -> None:
        for name, root in DRAWN.items():
            for part in root.iter():
                assert part.get("id", name).startswith(name.removesuffix(".svg")), (name, part.get("id"))

    def test_has_the_alternative_text_as_its_title(self) -> None:
        for picture in PICTURES:
            root = DRAWN[picture["file"]]
            assert (root.get("role"), root[0].tag) == ("img", f"{SVG}title"), picture["file"]
            assert root.get("aria-labelledby") == root[0].get("id") is not None, picture["file"]
            assert root[0].text == picture["alt"], picture["file"]

    def test_has_numbers_instead_of_words(self) -> None:
        for name, root in DRAWN.items():
            texts = [part for part in root.iter() if part.tag != f"{SVG}title" and (part.text or "").strip()]
            assert [part.text for part in texts] == badges(root), name
            assert not any((part.tail or "").strip() for part in root.iter()), name

    def test_has_a_line_in_its_legend_for_each_number(self) -> None:
        for picture in PICTURES:
            numbers = [str(number) for number in range(1, len(picture["key"]) + 1)]
            assert badges(DRAWN[picture["file"]]) == numbers, picture["file"]

    def test_has_numbers_that_are_not_cut_off_and_do_not_overlap(self) -> None:
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

    def test_has_descriptions_of_at_most_forty_words(self) -> None:
        for picture in PICTURES:
            assert 5 <= len(words(picture["alt"])) <= 40, picture["file"]
            assert all(len(words(line)) <= 12 for line in picture["key"]), picture["file"]

    def test_is_calm_and_plain(self) -> None:
        for picture in PICTURES:
            for text in (picture["alt"], *picture["key"]):
                assert not UNKIND.search(text), text
                assert longest_sentence(text) <= 20, text

    def test_gives_a_step_at_most_one_picture(self) -> None:
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

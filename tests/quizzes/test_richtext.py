"""Markdown becomes safe HTML."""

from django.test import SimpleTestCase

from quizzes.templatetags.richtext import richtext


class TestRichText(SimpleTestCase):
    def test_renders_paragraphs_lists_and_bold(self) -> None:
        assert richtext("One **two**.\n\n- three") == "<p>One <strong>two</strong>.</p>\n<ul>\n<li>three</li>\n</ul>\n"

    def test_removes_scripts_and_anything_from_other_hosts(self) -> None:
        for evil in (
            "<script>alert(1)</script>",
            "<img src=x onerror=alert(1)>",
            "![x](https://evil.example/x.png)",
            "[x](javascript:alert(1))",
            "[x](data:text/html,hi)",
            '<p style="color:red">x</p>',
            "<iframe src=//evil.example></iframe>",
        ):
            html = richtext(evil)
            assert "<" not in html.replace("<p>", "").replace("</p>", "").replace("<a", "").replace("</a>", ""), html

    def test_keeps_only_the_tags_of_an_allow_list(self) -> None:
        assert richtext("# Heading") == "Heading\n"
        assert richtext("> quote") == "\n<p>quote</p>\n\n"
        assert richtext("[a](http://plain.example)") == '<p><a rel="noopener">a</a></p>\n'

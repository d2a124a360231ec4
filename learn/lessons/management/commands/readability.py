"""Show how hard the shipped texts are to read: `manage.py readability`."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from learn.lessons import reference, texts
from quizzes.readability import grade, longest_sentence, plain, smog, words


class Command(BaseCommand):
    """Print the reading grade of each lesson, step and question, with and without masked terms.

    A formula only counts syllables and words. A person must still read the text.
    """

    help = "Show the reading grade of every lesson, step and question in fixtures/ (medicines and taught terms masked)."

    def add_arguments(self, parser: CommandParser) -> None:
        """Accept the slug of one lesson; the default is all lessons."""
        parser.add_argument("lesson", nargs="?", default="*")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the table."""
        folder = Path(settings.BASE_DIR) / "fixtures"
        self.stdout.write(f"{'':48}{'grade':>7}{'unmasked':>10}{'SMOG':>7}{'words':>7}{'longest':>9}")
        for path in sorted((folder / "lessons").glob(f"{options['lesson']}.yaml")):
            lesson = texts.read(path)
            quiz = texts.read(folder / "quizzes" / path.name)
            mask = reference.mask([step["body"] for step in lesson["steps"]])
            steps = {step["slug"]: plain(f"{step['body']}\n\n{step['key_point']}") for step in lesson["steps"]}
            whole = "\n".join([lesson["main_message"], *lesson["remember"], *steps.values()])
            self._row(lesson["slug"], whole, mask, with_smog=True)
            for slug, text in steps.items():
                self._row(f"  step {slug}", text, mask)
            for question in quiz["questions"]:
                self._row(f"  question {question['slug']}", "\n".join(_texts(question)), mask)

    def _row(self, name: str, text: str, mask: list[str], *, with_smog: bool = False) -> None:
        smog_grade = f"{smog(text, mask=mask):7.1f}" if with_smog else " " * 7
        self.stdout.write(
            f"{name:48}{grade(text, mask=mask):7.1f}{grade(text):10.1f}{smog_grade}"
            f"{len(words(text)):7}{longest_sentence(text):9}"
        )


def _texts(node: Any, key: str = "") -> list[str]:
    """Return all texts of a question that learners read."""
    if isinstance(node, dict):
        return [text for name, value in node.items() for text in _texts(value, name)]
    if isinstance(node, list):
        return [text for value in node for text in _texts(value, key)]
    read = {"stem", "why", "text", "feedback", "match", "cards", "if_true", "if_false", "if_wrong"}
    return [plain(node)] if key in read and isinstance(node, str) else []

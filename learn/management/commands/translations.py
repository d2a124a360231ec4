"""List the translations that are missing or of an older text, and mark those that are up to date again."""

from pathlib import Path
from typing import Any

import yaml
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from learn.languages import SOURCE, name_in_english
from learn.lessons import overlays
from learn.lessons.overlays import State


def languages(folder: Path) -> list[str]:
    """Return the languages that have a folder of translations here, and those that are on."""
    there = {name for name in dict(settings.LANGUAGES) if name != SOURCE}
    known = [
        path.name for path in folder.iterdir() if (path / "lessons").is_dir() or (path / "call_card.yaml").exists()
    ]
    return sorted(there | set(known))


class Command(BaseCommand):
    """`manage.py translations`: what is missing or stale. With `--stamp`, write into files what text they are of."""

    help = "List the translations of fixtures/ that are missing or of an older text."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Accept --folder, and --stamp with the names of files (or "all")."""
        parser.add_argument("--folder", type=Path, default=Path(settings.BASE_DIR) / "fixtures")
        parser.add_argument(
            "--stamp", nargs="+", metavar="FILE", default=[],
            help="files whose translation was compared with the source, like lessons/il-2.yaml; or all",
        )  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        """Stamp, then list. Raises CommandError if a translation has other parts than its source."""
        folder, wanted = options["folder"], options["stamp"]
        names = overlays.names(folder)
        if unknown := set(wanted) - {*names, "all"}:
            raise CommandError(f"There is no {', '.join(sorted(unknown))}.")
        for language in languages(folder):
            found = {name: self._state(folder, name, language) for name in names}
            for name, state in found.items():
                if state is not State.MISSING and ("all" in wanted or name in wanted):
                    overlays.stamp(folder, name, language)
                    found[name] = State.FRESH
            self._tell(language, found)

    def _state(self, folder: Path, name: str, language: str) -> State:
        try:
            return overlays.state(folder, name, language)
        except (overlays.Unlike, OSError, ValueError, yaml.YAMLError) as error:
            raise CommandError(f"{language}/{name}: {error}") from error

    def _tell(self, language: str, found: dict[str, State]) -> None:
        rest = {name: state for name, state in found.items() if state is not State.FRESH}
        self.stdout.write(
            f"{name_in_english(language)}: {len(found) - len(rest)} of {len(found)} files are up to date."
        )
        for name, state in rest.items():
            self.stdout.write(f"  {name} {state.value}")

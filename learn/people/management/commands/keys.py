"""See how far a change of keys is, and finish it: `manage.py keys`."""

from typing import Any

from allauth.mfa.models import Authenticator
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from learn.people import known_keys, sealing
from learn.people.marks import KeyMark
from learn.people.models import AccessCode


class Command(BaseCommand):
    """Note the keys in use, seal the secrets of second steps with the newest one, and say when fallbacks can go."""

    help = "After a change of SECRET_KEY or CODE_KEY: seal again what the old key sealed, and say what still needs it."

    def add_arguments(self, parser: CommandParser) -> None:
        """Accept --lost."""
        parser.add_argument(
            "--lost", action="store_true", help="the earlier key is lost: go on with the present one, and say what ends"
        )

    def handle(self, *args: Any, lost: bool = False, **options: Any) -> None:
        """Do it, and print it. Raises CommandError if the database knows another key, unless it is said to be lost."""
        for name in known_keys.unknown():
            if not lost:
                raise CommandError(known_keys.problems()[0])
            self.stdout.write(f"The earlier {name} is given up. {known_keys.ENDS[name]}")
        known_keys.note(now=timezone.now())
        self._seal_again()
        self._say_what_is_left()

    def _seal_again(self) -> None:
        done = gone = 0
        with transaction.atomic():
            for row in Authenticator.objects.select_for_update().order_by("pk"):
                for name in {"secret", "seed"} & set(row.data):
                    try:
                        row.data[name] = sealing.seal(sealing.unseal(row.data[name]))
                        done += 1
                    except sealing.Unreadable:
                        gone += 1
                row.save(update_fields=["data"])
        self.stdout.write(f"Secrets of second steps: {done} are sealed with the CODE_KEY in use.")
        if gone:
            self.stdout.write(f"{gone} cannot be read with any key: these people need a reset (docs/hospital-it.md).")

    def _say_what_is_left(self) -> None:
        for known in KeyMark.objects.order_by("-name"):
            self.stdout.write(f"{known.name}: in use since {known.since:%Y-%m-%d %H:%M} UTC.")
        since = KeyMark.objects.get(name="CODE_KEY").since
        old = AccessCode.objects.living(at=timezone.now()).filter(made__lt=since).order_by("-expires")
        if last := old.first():
            self.stdout.write(
                f"Cards and codes that were made before: {len(old)}. They need the CODE_KEY of then; leave it in the "
                f"fallbacks until {last.expires:%Y-%m-%d}, or longer if they are used."
            )

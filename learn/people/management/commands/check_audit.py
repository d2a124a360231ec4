"""Check that no row of the audit log was changed or is missing: `manage.py check_audit`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from learn.people import chain
from learn.people.chain import Seal


class Command(BaseCommand):
    """Compute the chain of seals again. It ends with exit code 1 and one line for each fault."""

    help = "Check that no row of the audit log was changed or is missing. Write the last line down elsewhere."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add --known, an earlier result, and --seal."""
        parser.add_argument("--known", metavar="NUMBER:HASH", help="The last line of an earlier check.")
        parser.add_argument("--seal", action="store_true", help="Seal rows that a crash has left without a seal.")

    def handle(self, *args: Any, known: str | None = None, seal: bool = False, **options: Any) -> None:
        """Check, and print the last seal. Raises CommandError if anything is wrong."""
        found = chain.check(known=_read(known) if known else None)
        for fault in found.faults:
            self.stderr.write(fault)
        if found.unsealed and not seal:
            some = ", ".join(map(str, found.unsealed[:10]))
            self.stderr.write(
                f"{len(found.unsealed)} rows have no seal, the first of them: {some}. A crash may have left them; "
                "then run this with --seal. Or somebody has inserted them by hand."
            )
        if found.faults or (found.unsealed and not seal):
            raise CommandError("The audit log is not complete, or was changed.")
        if seal:
            self.stdout.write(f"Sealed now: {chain.seal_rest()}.")
        self.stdout.write(f"The audit log is complete. Its last seal, to write down elsewhere:\n{chain.last()}")


def _read(text: str) -> Seal:
    place, _, hash_ = text.strip().partition(":")
    if not (place.isascii() and place.isdigit() and len(place) < 19 and len(hash_) == 64):
        raise CommandError("--known is not the last line of an earlier check: NUMBER:HASH.")
    return Seal(int(place), hash_)

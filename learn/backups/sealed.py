"""Encrypts backups to a recipient's public key, in the format of age (age-encryption.org), and decrypts them.

The private key, an identity file as `age-keygen` writes it, is needed for a restore only. It belongs on another machine
than the backups. pyrage is imported where it is used, because only these commands need it.
"""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from django.conf import settings

from learn.backups.files import SEALED, Backup, BackupError

if TYPE_CHECKING:
    from pyrage import x25519


class _Enough(Exception):
    """The first bytes could be decrypted."""


class _First:
    """A writer that takes nothing: it shows only whether there is something to write."""

    def write(self, data: bytes) -> int:
        """Stop at the first bytes."""
        raise _Enough

    def flush(self) -> None:
        """Have nothing to flush."""


def is_sealed(path: Path) -> bool:
    """Return whether this is an encrypted backup, by its name."""
    return path.suffix == SEALED


def recipients() -> list[x25519.Recipient]:
    """Return the public keys in BACKUP_RECIPIENT; none: backups are not encrypted. Raises BackupError."""
    from pyrage import RecipientError, x25519

    found = []
    for key in settings.BACKUP_RECIPIENT:
        try:
            found.append(x25519.Recipient.from_str(key))
        except RecipientError as error:
            raise BackupError(f"BACKUP_RECIPIENT has a key that was not copied completely: {key}.") from error
    return found


def seal(plain: IO[bytes], to: Path) -> None:
    """Encrypt what can be read from `plain` into this file."""
    import pyrage

    with to.open("wb") as file:
        pyrage.encrypt_io(plain, file, recipients())


def unpack(backup: Backup, to: IO[bytes]) -> None:
    """Write the plain contents of this backup into `to`, whether it is encrypted or not. Raises BackupError."""
    if is_sealed(backup.path):
        unseal(backup.path, to, backup.keys)
    else:
        with backup.path.open("rb") as file:
            shutil.copyfileobj(file, to)
    to.flush()


def unseal(path: Path, to: IO[bytes], keys: tuple[Any, ...]) -> None:
    """Decrypt this file into `to`. Raises BackupError if none of the keys opens it, or if it is not complete."""
    import pyrage

    with path.open("rb") as file:
        try:
            pyrage.decrypt_io(file, to, list(keys))
        except pyrage.DecryptError as error:
            raise BackupError(f"The key in the identity file does not open {path.name}.") from error


def keys_for(path: Path, identity: Path | None) -> tuple[Any, ...]:
    """Return the private keys in the identity file. Raises BackupError if there are none or they do not open `path`."""
    import pyrage

    if identity is None:
        raise BackupError(
            f"{path.name} is encrypted: name the file with its key (--identity FILE, or make: IDENTITY=)."
        )
    if not identity.is_file():
        raise BackupError(f"There is no file {identity}.")
    lines = [line.strip() for line in identity.read_text(errors="replace").splitlines()]
    try:
        keys = tuple(pyrage.x25519.Identity.from_str(line) for line in lines if line and not line.startswith("#"))
    except pyrage.IdentityError:
        keys = ()
    if not keys:
        raise BackupError(f"{identity.name} is no identity file: its key is a line that begins with AGE-SECRET-KEY-1.")
    with suppress(_Enough):
        unseal(path, _First(), keys)  # type: ignore[arg-type]
    return keys


def make_key(path: Path) -> str:
    """Write a new identity file that only its owner can read, and return its public key. Raises BackupError."""
    from pyrage import x25519

    identity = x25519.Identity.generate()
    public = str(identity.to_public())
    try:
        path.touch(mode=0o600, exist_ok=False)
    except FileExistsError as error:
        raise BackupError(f"There is a file {path} already.") from error
    path.write_text(f"# public key: {public}\n{identity}\n")
    return public

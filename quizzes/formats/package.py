"""A zip of many files, read within limits. Names are looked up; nothing is written to a disk."""

from __future__ import annotations

import io
import posixpath
import zipfile
import zlib
from urllib.parse import unquote

from quizzes.formats.text import BadFile

MOST_MEMBERS, MOST_A_MEMBER, MOST_IN_ALL = 2000, 1_000_000, 20_000_000


class Package:
    """An opened zip. Raises BadFile if it cannot be opened or is too large."""

    def __init__(self, data: bytes) -> None:
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError, OSError, IndexError) as error:
            raise BadFile("This zip is broken. Save it again, and choose it again.") from error
        if len(self._zip.infolist()) > MOST_MEMBERS:
            raise BadFile(f"This zip has more than {MOST_MEMBERS} files.")
        self.names = [n for n in self._zip.namelist() if not n.endswith("/") and not n.startswith("__MACOSX/")]
        self._read: dict[str, bytes] = {}
        self._total = 0

    def __contains__(self, name: str) -> bool:
        return name in self.names

    def read(self, name: str) -> bytes:
        """Return one file. What counts is what is read, since a zip may lie about sizes. Raises BadFile."""
        if name in self._read:
            return self._read[name]
        try:
            with self._zip.open(name) as member:
                data = member.read(MOST_A_MEMBER + 1)
        except RuntimeError as error:  # encrypted
            raise BadFile("This zip has a password. Save it without one.") from error
        except NotImplementedError as error:
            raise BadFile("This zip is packed in a way that is not known here. Pack it again.") from error
        except (zipfile.BadZipFile, zlib.error, KeyError, EOFError, OSError, ValueError) as error:
            raise BadFile(f"The file {_short(name)} in this zip is broken.") from error
        self._total += len(data)
        if len(data) > MOST_A_MEMBER:
            raise BadFile(f"The file {_short(name)} in this zip has more than 1 MB.")
        if self._total > MOST_IN_ALL:
            raise BadFile("This zip has more than 20 MB.")
        self._read[name] = data
        return data

    def beside(self, name: str, href: str) -> str:
        """Return the name of the file that `href` in file `name` means."""
        return posixpath.normpath(posixpath.join(posixpath.dirname(name), unquote(href.partition("#")[0])))


def _short(name: str) -> str:
    return f"“{name[-60:]}”"


def pack(files: dict[str, bytes]) -> bytes:
    """Return a zip of these files. The same files give the same bytes: all have one fixed date."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in files.items():
            made.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()

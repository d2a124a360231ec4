"""Questions in the file formats of other systems. Plain Python: bytes to a Document, and a Document to bytes.

`known.read` guesses the format from the file itself, never from its name. A file that cannot be read raises BadFile
with one sentence; a question that cannot be asked here is refused with a note, and the others are read. Pages import
`known` inside their functions: it loads all formats, and only two pages need them.
"""

from quizzes.formats.document import MOST_BYTES, Document, Format, Item, Note, Refused, dumps, finish, loads
from quizzes.formats.text import BadFile

__all__ = ["MOST_BYTES", "BadFile", "Document", "Format", "Item", "Note", "Refused", "dumps", "finish", "loads"]

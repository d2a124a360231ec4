"""The note for the chart as an HL7 v2.5.1 message MDM^T02, the form that most integration engines take.

It is the same text as the note, one OBX segment for each line. Nothing is sent; somebody takes the file.
"""

from __future__ import annotations

import uuid
from datetime import datetime

from django.conf import settings

from learn.handouts import chart
from learn.people.models import CareTeam, Patient, User
from learn.progress.record import Record

NOTE_TYPE = "34895-3^Education note^LN"
# HL7's own escapes. The escape character comes first, so that it is not escaped twice.
ESCAPES = {"\\": "\\E\\", "|": "\\F\\", "^": "\\S\\", "&": "\\T\\", "~": "\\R\\", "\r\n": "\\.br\\", "\n": "\\.br\\"}
ESCAPES |= {"\r": "\\.br\\"}


def message(*, patient: Patient, record: Record, by: User, now: datetime) -> str:
    """Return the message, its segments ended by a carriage return. The same arguments give the same message."""
    team = patient.care_team
    at = _time(now, team)
    site = uuid.uuid5(uuid.NAMESPACE_URL, settings.PUBLIC_URL)
    document = str(uuid.uuid5(site, f"document/{patient.pk}/{now.isoformat()}"))
    # PID-3, the identifier, is required: the hospital's own reference, or else the number of this site.
    reference = _text(patient.reference) or str(patient.pk)
    system = _text(settings.PUBLIC_URL.partition("://")[2])
    writer = f"{by.pk}^{_text(str(by))}"
    note = chart.note(patient=patient, record=record, by=by, now=now)
    segments = [
        ["MSH", "^~\\&", "LEARN", system, "", "", at, "", "MDM^T02^MDM_T02", document, "P", "2.5.1", *[""] * 5,
         "UNICODE UTF-8"],
        ["EVN", "", at],
        ["PID", "1", "", f"{reference}^^^{system}", "", f"{_text(patient.label)}^^^^^^D"],
        ["PV1", "1", "U", _text(str(team))],
        ["TXA", "1", NOTE_TYPE, "TX", at, writer, at, *[""] * 2, writer, *[""] * 2, document, *[""] * 4, "AU"],
        *(["OBX", str(n), "TX", NOTE_TYPE, "1", _text(line), *[""] * 5, "F"]
          for n, line in enumerate(note.rstrip("\n").split("\n"), 1)),
    ]  # fmt: skip
    return "".join("|".join(segment) + "\r" for segment in segments)


def _time(at: datetime, team: CareTeam) -> str:
    return team.local(at).strftime("%Y%m%d%H%M%S%z")


def _text(text: str) -> str:
    """Return the text with HL7's delimiters and line ends escaped, and without other control characters."""
    escaped = text
    for plain, escape in ESCAPES.items():
        escaped = escaped.replace(plain, escape)
    return "".join(sign for sign in escaped if sign.isprintable() or sign == " ")

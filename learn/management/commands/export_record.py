"""Write the note for one patient's chart as a file: `manage.py export_record PATIENT --by NAME`."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.http import Http404
from django.utils import timezone

from learn.handouts import fhir, hl7
from learn.people import permissions
from learn.people.models import User
from learn.progress import record as records


class Command(BaseCommand):
    """Write the note for the chart, for an integration engine that takes files."""

    help = "Write the note for one patient's chart to standard output, as a FHIR R4 document or an HL7 v2 message."

    def add_arguments(self, parser: CommandParser) -> None:
        """Accept the patient's number on the Desk, the nurse who writes the note, and the format."""
        parser.add_argument("patient", type=int, help="the number of the patient, as in the address of their page")
        parser.add_argument("--by", required=True, help="the sign-in name of a nurse who has this patient")
        parser.add_argument("--format", choices=["fhir", "hl7"], default="fhir")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the file; the audit log names the nurse. Raises CommandError if she does not have this patient."""
        now = timezone.now()
        by = User.objects.filter(username=options["by"], is_active=True).first()
        try:
            if by is None or not by.has_perm("people.view_patient"):
                raise Http404
            patient = permissions.patient(by, options["patient"], now=now, what="chart.exported")
        except (Http404, OverflowError) as error:
            raise CommandError("There is no nurse with this name who has this patient.") from error
        record = records.of_patient(patient)
        if options["format"] == "hl7":
            self.stdout.write(hl7.message(patient=patient, record=record, by=by, now=now), ending="")
        else:
            document = fhir.bundle(patient=patient, record=record, by=by, now=now)
            self.stdout.write(json.dumps(document, ensure_ascii=False, indent=1))

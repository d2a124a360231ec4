"""My patients: the home of the Desk."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from learn.progress.admin.patients import all_patients


def worklist(request: HttpRequest) -> HttpResponse:
    """Show all patients, until this is the list of who needs me."""
    return all_patients(request, title="My patients")

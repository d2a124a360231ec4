"""Progress: the grid of patients by lessons as a page with its picture, and as a file."""

from __future__ import annotations

from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from learn.desk.admin import drawn, picture
from learn.desk.admin.export import as_csv, as_xlsx
from learn.desk.admin.grid import ALL, filtered, sheet, table
from learn.people import audit
from learn.people.again import asked_again
from learn.people.requests import StaffRequest

PAGE = 100  # patients per page


@require_safe
@permission_required("people.view_patient", raise_exception=True)
def matrix(request: StaffRequest) -> HttpResponse:
    """Show the status of this nurse's patients in every lesson that one of them was asked for."""
    now = timezone.now()
    form, rows = filtered(request, now)
    after = request.GET.get("after", "")
    begin = next((n for n, row in enumerate(rows, 1) if str(row.patient.pk) == after), 0)
    page = rows[begin : begin + PAGE]
    audit.note_list(by=request.user, what="list.seen", patients=[row.patient for row in page], now=now)
    context = {
        "title": "Progress",
        "form": form,
        "lines": table(page, rows)[1],
        "patients": len(rows),
        "several_teams": "team" in form.fields,
        "export": form.address(),
        "export_xlsx": form.address(file="xlsx"),
        "kinds": picture.KINDS.items(),
        "bars": picture.bars(rows),
        "all": form.address(team=ALL, therapy=ALL, due=ALL, status=ALL),
        "begin": form.address() if begin else "",
        "more": form.address(after=str(page[-1].patient.pk)) if begin + PAGE < len(rows) else "",
    }
    return render(request, "admin/matrix.html", context)


@require_safe
@permission_required("people.view_patient", raise_exception=True)
@asked_again(back="admin:people_patient_matrix")
def export(request: StaffRequest) -> HttpResponse:
    """Return the list that `matrix` shows with this filter as a file, with days: CSV, or XLSX with `?file=xlsx`."""
    now = timezone.now()
    _, rows = filtered(request, now)
    audit.note_list(by=request.user, what="list.exported", patients=[row.patient for row in rows], now=now)
    titles = drawn.treatments(cell.standing for cell in rows[0].cells) if rows else {}
    write = as_xlsx if request.GET.get("file") == "xlsx" else as_csv
    return write(sheet(rows, titles), f"progress-{timezone.localdate(now)}")

"""Progress: the grid of patients by lessons as a page with a bar chart, and as a CSV file."""

from __future__ import annotations

import csv

from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from learn.desk.admin import picture
from learn.desk.admin.grid import ALL, filtered, table
from learn.desk.admin.patients import PAGE
from learn.people import audit
from learn.people.again import asked_again
from learn.people.requests import StaffRequest

# A spreadsheet runs a cell that starts with one of these as a formula. Excel treats the full-width forms the same way.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
BOM = "\ufeff"  # without it, Excel does not read the file as UTF-8


def safe(text: str) -> str:
    """Return the text so that a spreadsheet shows it and never runs it as a formula.

    See https://owasp.org/www-community/attacks/CSV_Injection.
    """
    return f"'{text}" if text.startswith(FORMULA) or text.lstrip().startswith(FORMULA) else text


@require_safe
@permission_required("people.view_patient", raise_exception=True)
def matrix(request: StaffRequest) -> HttpResponse:
    """Show the status of this nurse's patients in every lesson, fifty patients per page."""
    now = timezone.now()
    form, rows = filtered(request, now)
    after = request.GET.get("after", "")
    begin = next((n for n, row in enumerate(rows, 1) if str(row.patient.pk) == after), 0)
    page = rows[begin : begin + PAGE]
    audit.note_list(by=request.user, what="list.seen", patients=[row.patient for row in page], now=now)
    lessons, lines = table(page)
    context = {
        "title": "Progress",
        "form": form,
        "lessons": lessons,
        "lines": lines,
        "several_teams": "team" in form.fields,
        "export": form.address(),
        "statuses": picture.STATUS,
        "bars": picture.bars(rows),
        "all": form.address(team=ALL, due=ALL, status=ALL),
        "begin": form.address() if begin else "",
        "more": form.address(after=str(page[-1].patient.pk)) if begin + PAGE < len(rows) else "",
    }
    return render(request, "admin/matrix.html", context)


@require_safe
@permission_required("people.view_patient", raise_exception=True)
@asked_again(back="admin:people_patient_matrix")
def export(request: StaffRequest) -> HttpResponse:
    """Return the list that `matrix` shows with this filter as CSV, with the same status words."""
    now = timezone.now()
    _, rows = filtered(request, now)
    lessons, lines = table(rows)
    audit.note_list(by=request.user, what="list.exported", patients=[row.patient for row in rows], now=now)
    response = HttpResponse(BOM, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="progress-{timezone.localdate(now)}.csv"'
    out = csv.writer(response)
    out.writerow(["Patient", "Reference", "Care team", *(safe(lesson.title) for lesson in lessons)])
    for row, cells in lines:
        who = (row.patient.label, row.patient.reference, row.patient.care_team.name)
        out.writerow([*map(safe, who), *(cell.words for cell in cells)])
    return response

"""Progress: the grid of patients by lessons as a page, with its picture, and as a file for a spreadsheet."""

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
from learn.people.requests import StaffRequest

# A cell that begins so would be run as a formula. The wide forms are those that Excel takes for the narrow ones.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
BOM = "\ufeff"  # without it Excel takes the file for one in an older code


def safe(text: str) -> str:
    """Return a cell that a spreadsheet shows and never runs (https://owasp.org/www-community/attacks/CSV_Injection)."""
    return f"'{text}" if text.startswith(FORMULA) or text.lstrip().startswith(FORMULA) else text


@require_safe
@permission_required("people.view_patient", raise_exception=True)
def matrix(request: StaffRequest) -> HttpResponse:
    """Show how my patients stand in every lesson, fifty patients a page: who comes after the last one seen."""
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
def export(request: StaffRequest) -> HttpResponse:
    """Give the list that `matrix` shows with this filter as CSV, each status in the words of the page."""
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

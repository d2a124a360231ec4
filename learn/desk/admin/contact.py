"""Mark a patient as contacted."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from learn.desk.forms import ContactForm
from learn.people import permissions
from learn.people.names import stopped
from learn.people.requests import StaffRequest
from learn.progress import actions
from learn.progress.attention import CONTACT_QUIETS
from learn.progress.models import Contact
from quizzes.numbers import number

OTHER_FORM = "You saved another one in the meantime. Look through this one, then save it again"


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(["people.view_patient", "progress.add_contact"], raise_exception=True)
def contact(request: StaffRequest, pk: int) -> HttpResponse:
    """Show a form for an optional note; POST records that the nurse spoke with the patient."""
    now = timezone.now()
    patient = permissions.patient(request.user, pk, now=now)
    form = ContactForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.contacted(
                patient=patient,
                by=request.user,
                **form.cleaned_data,
                number=number(request.POST.get("number", "")) or 0,
                now=now,
            )
        except actions.OtherForm:
            form.add_error(None, OTHER_FORM)
        else:
            messages.success(request, stopped(f"Noted: you were in contact with {patient.name}"))
            return redirect("admin:index")
    context = {
        "title": f"Mark {patient.name} as contacted",
        "patient": patient,
        "form": form,
        "number": Contact.objects.filter(patient=patient, nurse=request.user.pk).next_number(),
        "days": CONTACT_QUIETS,
    }
    return render(request, "admin/contact.html", context)

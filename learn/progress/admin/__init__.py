"""The nurse's screens on the Desk, one file a noun; the addresses of patients stand here, of teams in team.py."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import path

from learn.people.models import CareTeam, Patient
from learn.progress.admin import (
    assign,
    cards,
    contact,
    end,
    find,
    invite,
    matrix,
    patient,
    patients,
    questions,
    remind,
    teach_back,
    team,
    worklist,
)

# address below /admin/people/patient/, view, name after "admin:people_patient_"
SCREENS = [
    ("", patients.all_patients, "changelist"),
    ("progress/", matrix.matrix, "matrix"),
    ("progress/export/", matrix.export, "export"),
    ("find/", find.find, "find"),
    ("assign/", assign.assign_lessons, "assign"),
    ("undo/<int:act>/", assign.undo, "undo"),
    ("invite/", invite.invite, "invite"),
    ("invite/many/", invite.invite_many, "invite_many"),
    ("cards/", cards.cards, "cards"),
    ("<int:pk>/card/", cards.new_card, "card"),
    ("<int:pk>/card/cancel/", cards.cancel, "cancel_card"),
    ("<int:pk>/label/", end.label, "label"),
    ("<int:pk>/end/", end.end, "end"),
    ("<int:pk>/back/", end.take_back, "take_back"),
    ("<int:pk>/change/", patient.overview, "change"),
    ("<int:pk>/contact/", contact.contact, "contact"),
    ("<int:pk>/teach-back/", teach_back.teach_back, "teach_back"),
    ("<int:pk>/teach-back/<int:first>/", teach_back.add, "teach_back_add"),
    ("<int:pk>/questions/", questions.talked, "questions"),
    ("<int:pk>/remind/", remind.remind, "remind"),
    ("<int:pk>/assignments/<int:assignment>/", assign.change, "assignment"),
    ("<int:pk>/assignments/<int:assignment>/withdraw/", assign.withdraw, "withdraw"),
]
# What hangs in a patient's page beside its own: a function (by, patient, now) -> context of a part of its template.
patient.PARTS += [questions.part, remind.part, cards.part]


@admin.register(Patient)
class PatientAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Nothing of the stock pages: every screen is a function that starts from the patients this nurse may see."""

    def get_urls(self) -> list[Any]:
        """Return the screens, each behind the Desk's door."""
        wrap = self.admin_site.admin_view
        return [path(route, wrap(view), name=f"people_patient_{name}") for route, view, name in SCREENS]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show the Desk's home."""
        return worklist.worklist(request)


@admin.register(CareTeam)
class CareTeamAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """The same for care teams: every screen starts from the teams that this person leads."""

    def get_urls(self) -> list[Any]:
        """Return the screens, each behind the Desk's door."""
        wrap = self.admin_site.admin_view
        return [path(route, wrap(view), name=f"people_careteam_{name}") for route, view, name in team.SCREENS]

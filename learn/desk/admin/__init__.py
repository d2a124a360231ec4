"""The staff's screens, one file a screen. Their addresses stand here; learn/admin.py hangs them in the Desk.

A screen is a function that starts from the patients, or from the care teams, that this nurse may see.
"""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpResponse

from learn.desk.admin import (
    assign,
    audit,
    chart,
    close,
    codes,
    contact,
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

Screen = tuple[str, Callable[..., HttpResponse], str]  # address, view, name

HOME: Callable[..., HttpResponse] = worklist.worklist
PATIENTS: list[Screen] = [  # below /admin/people/patient/, named "admin:people_patient_…"
    ("", patients.all_patients, "changelist"),
    ("progress/", matrix.matrix, "matrix"),
    ("progress/export/", matrix.export, "export"),
    ("find/", find.find, "find"),
    ("assign/", assign.assign_lessons, "assign"),
    ("undo/<int:act>/", assign.undo, "undo"),
    ("invite/", invite.invite, "invite"),
    ("invite/many/", invite.invite_many, "invite_many"),
    ("cards/", codes.invitations, "cards"),
    ("<int:pk>/card/", codes.make, "card"),
    ("<int:pk>/card/cancel/", codes.cancel, "cancel_card"),
    ("<int:pk>/label/", close.label, "label"),
    ("<int:pk>/end/", close.close, "end"),
    ("<int:pk>/back/", close.reopen, "take_back"),
    ("<int:pk>/change/", patient.overview, "change"),
    ("<int:pk>/chart/", chart.chart_note, "chart"),
    ("<int:pk>/contact/", contact.contact, "contact"),
    ("<int:pk>/teach-back/", teach_back.teach_back, "teach_back"),
    ("<int:pk>/teach-back/<int:first>/", teach_back.add, "teach_back_add"),
    ("<int:pk>/questions/", questions.talked, "questions"),
    ("<int:pk>/remind/", remind.remind, "remind"),
    ("<int:pk>/assignments/<int:assignment>/", assign.change, "assignment"),
    ("<int:pk>/assignments/<int:assignment>/withdraw/", assign.withdraw, "withdraw"),
]
CARE_TEAMS: list[Screen] = [  # below /admin/people/careteam/, named "admin:people_careteam_…"
    ("", team.all_teams, "changelist"),
    ("<int:pk>/change/", team.team, "change"),
    ("<int:pk>/add/", team.add, "add"),
    ("<int:pk>/members/<int:membership>/", team.member, "member"),
    ("<int:pk>/move/", team.move, "move"),
    ("<int:pk>/audit/", audit.who_saw_what, "audit"),
]

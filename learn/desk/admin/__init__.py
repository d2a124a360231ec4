"""The screens for staff, one file per screen. This module has their URLs; learn/admin.py adds them to the Desk.

Each screen is a view function. It reads only the patients, or the care teams, that the nurse has permission to see.
"""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpResponse
from django.http.response import HttpResponseBase

from learn.desk.admin import (
    assign,
    audit,
    care_teams,
    changed,
    chart,
    close,
    codes,
    contact,
    digest,
    find,
    invite,
    lead,
    lesson,
    lesson_pack,
    lesson_preview,
    lesson_review,
    lessons,
    lost,
    matrix,
    merge,
    on_paper,
    password,
    patient,
    patients,
    people,
    questions,
    remind,
    research,
    review,
    staff,
    teach_back,
    team,
    text,
    texts,
    ticked,
    translation,
    two_step,
    worklist,
)

Screen = tuple[str, Callable[..., HttpResponseBase], str]  # address, view, name

HOME: Callable[..., HttpResponse] = worklist.worklist
DIGEST: Callable[..., HttpResponse] = digest.digest
DIGEST_ON: Callable[..., HttpResponse] = digest.turn_on
PASSWORD: Callable[..., HttpResponse] = password.password
PATIENTS: list[Screen] = [  # below /admin/people/patient/, named "admin:people_patient_…"
    ("", patients.all_patients, "changelist"),
    ("progress/", matrix.matrix, "matrix"),
    ("progress/export/", matrix.export, "export"),
    ("how-it-goes/", lead.how_it_goes, "lead"),
    ("how-it-goes/file/", lead.file, "lead_file"),
    ("find/", find.find, "find"),
    ("changed/", changed.changed, "changed"),
    ("assign/", assign.assign_lessons, "assign"),
    ("undo/<number:act>/", assign.undo, "undo"),
    ("invite/", invite.invite, "invite"),
    ("invite/many/", invite.invite_many, "invite_many"),
    ("invite/names/", invite.invite_names, "invite_names"),
    ("cards/", codes.invitations, "cards"),
    ("cards/new/", ticked.new_cards, "new_cards"),
    ("<number:pk>/card/", codes.make, "card"),
    ("<number:pk>/card/cancel/", codes.cancel, "cancel_card"),
    ("<number:pk>/card/lost/", lost.lost, "lost"),
    ("<number:pk>/merge/", merge.choose, "merge"),
    ("<number:pk>/merge/<number:other>/", merge.preview, "merge_preview"),
    ("<number:pk>/merge/undo/<number:merge>/", merge.undo, "merge_undo"),
    ("<number:pk>/label/", close.label, "label"),
    ("<number:pk>/end/", close.close, "end"),
    ("<number:pk>/back/", close.reopen, "take_back"),
    ("<number:pk>/change/", patient.overview, "change"),
    ("<number:pk>/chart/", chart.chart_note, "chart"),
    ("<number:pk>/chart/fhir/", chart.fhir_file, "chart_fhir"),
    ("<number:pk>/chart/hl7/", chart.hl7_file, "chart_hl7"),
    ("<number:pk>/print/", on_paper.choose, "print"),
    ("<number:pk>/contact/", contact.contact, "contact"),
    ("<number:pk>/teach-back/", teach_back.teach_back, "teach_back"),
    ("<number:pk>/teach-back/<number:first>/", teach_back.add, "teach_back_add"),
    ("<number:pk>/questions/", questions.talked, "questions"),
    ("<number:pk>/remind/", remind.remind, "remind"),
    ("<number:pk>/assignments/<number:assignment>/", assign.change, "assignment"),
    ("<number:pk>/assignments/<number:assignment>/withdraw/", assign.withdraw, "withdraw"),
    ("<number:pk>/assignments/<number:assignment>/in-person/", assign.in_person, "in_person"),
]
CARE_TEAMS: list[Screen] = [  # below /admin/people/careteam/, named "admin:people_careteam_…"
    ("", team.all_teams, "changelist"),
    ("<number:pk>/change/", team.team, "change"),
    ("<number:pk>/add/", team.add, "add"),
    ("<number:pk>/members/<number:membership>/", team.member, "member"),
    ("<number:pk>/move/", team.move, "move"),
    ("<number:pk>/audit/", audit.who_saw_what, "audit"),
    ("<number:pk>/audit/file/", audit.team_file, "audit_file"),
    ("<number:pk>/research/", research.research_file, "research"),
    ("<number:pk>/settings/", care_teams.settings, "settings"),
    # For IT.
    ("all/", care_teams.all_teams, "all"),
    ("new/", care_teams.new, "new"),
    ("<number:pk>/close/", care_teams.close, "close"),
]
STAFF: list[Screen] = [  # below /admin/people/user/, named "admin:people_user_…"
    ("", staff.all_staff, "changelist"),
    ("changes/", staff.changes, "changes"),
    ("add/", people.add, "add"),
    ("<number:pk>/change/", people.person, "change"),
    ("<number:pk>/disable/", people.disable, "disable"),
    ("<number:pk>/password/", people.new_password, "password"),
    ("<number:pk>/slip/", people.slip, "slip"),
    ("<number:pk>/two-step/", two_step.reset, "two_step"),
]
LESSONS: list[Screen] = [  # below /admin/lessons/lesson/, named "admin:lessons_lesson_…"
    ("", lessons.all_lessons, "changelist"),
    ("new/", lessons.new, "new"),
    ("new/therapy/", lessons.new_therapy, "new_therapy"),
    ("order/", lessons.order, "order"),
    ("review/", review.home, "review"),
    ("review/holds/", review.holds, "holds"),
    ("review/in/<slug:language>/<slug:name>/", translation.words, "shared_words"),
    ("pack/", lesson_pack.take_in, "take_in"),
    ("pack/<number:pk>/", lesson_pack.download, "pack"),
    ("<number:pk>/change/", lesson.change, "change"),
    ("<number:pk>/send/", lesson.send, "send"),
    ("<number:pk>/publish/", lesson.publish_typo, "publish_typo"),
    ("<number:pk>/discard/", lesson.discard, "discard"),
    ("<number:pk>/retire/", lesson.retire, "retire"),
    ("<number:pk>/newer/", lesson_pack.newer, "newer"),
    ("<number:pk>/preview/<number:n>/", lesson_preview.preview, "preview"),
    ("<number:pk>/as-patients/<number:n>/", lesson_preview.frames, "frames"),
    ("<number:pk>/review/", lesson_review.read, "read"),
    ("<number:pk>/review/<slug:language>/", translation.lesson, "translation"),
    ("<number:pk>/remark/", lesson_review.remark, "remark"),
    ("<number:pk>/remark/<number:remark>/done/", lesson.remark_done, "remark_done"),
]
TEXTS: list[Screen] = [  # below /admin/lessons/text/, named "admin:lessons_text_…"
    ("", texts.all_texts, "changelist"),
    ("<slug:kind>/new/", texts.new, "new"),
    ("<slug:kind>/<slug:slug>/change/", text.change, "change"),
    ("<slug:kind>/<slug:slug>/send/", text.send, "send"),
    ("<slug:kind>/<slug:slug>/discard/", text.discard, "discard"),
    ("<slug:kind>/<slug:slug>/retire/", text.retire, "retire"),
    ("<slug:kind>/<slug:slug>/review/", text.read, "read"),
    ("<slug:kind>/<slug:slug>/newer/", texts.newer, "newer"),
]
AUDIT: list[Screen] = [("file/", audit.whole_file, "file")]  # below /admin/people/auditevent/

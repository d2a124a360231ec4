"""Assign lessons to patients, change the due date, withdraw an assignment, and undo."""

from __future__ import annotations

from collections.abc import Collection

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from learn.assignments import actions
from learn.assignments.forms import ONCE_MORE, AgainForm, AssignForm, DueForm, InPersonForm
from learn.assignments.models import Act, Assignment
from learn.desk.admin.ticked import ticked
from learn.languages import SOURCE
from learn.lessons.models import Edition
from learn.people import audit, seen
from learn.people.models import Patient
from learn.people.names import stopped
from learn.people.requests import StaffRequest
from learn.progress import standing
from learn.progress.standing import Standing
from quizzes.models import State
from quizzes.templatetags.days import weekday

MAY = ("people.view_patient", "assignments.add_assignment")


def _say(request: StaffRequest, act: Act | None, words: str) -> None:
    """Show a message about the action, with a button to undo it; say so when the action changed nothing."""
    if act is None:
        messages.info(request, "Nothing has changed: all of this was asked for already.")
    else:
        messages.success(request, words, extra_tags=str(act.pk))


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(MAY, raise_exception=True)
def assign_lessons(request: StaffRequest) -> HttpResponse:
    """Choose lessons and a due date for the ticked patients; POST assigns them."""
    patients, left_out = ticked(request)
    if not patients:
        messages.warning(request, f"{left_out}Tick at least one patient, then choose “Assign lessons”.")
        return redirect("admin:people_patient_changelist")
    now = timezone.now()
    # The patients may be in time zones with different dates: use the earliest, so that no valid due date is refused.
    today = min(patient.care_team.today(now) for patient in patients)
    form = AssignForm(request.POST or None, today=today)
    if request.method == "POST" and form.is_valid() and form.settles(_in_words(done := _done(patients, form))):
        again = form.cleaned_data.pop("again") == ONCE_MORE
        pairs = [(patient.pk, stand.taught.lesson) for patient, stand in done]
        act = actions.assign(patients=patients, by=request.user, now=now, done=pairs, again=again, **form.cleaned_data)
        who = patients[0].name if len(patients) == 1 else f"{len(patients)} patients"
        n = len(form.cleaned_data["lessons"])
        _say(request, act, left_out + stopped(f"Assigned {n} lesson{'s' if n > 1 else ''} to {who}"))
        return redirect("admin:index")
    audit.note_list(by=request.user, what="list.seen", patients=patients, now=now)
    context = {"title": "Assign lessons", "patients": patients, "left_out": left_out, "form": form}
    return render(request, "admin/assign.html", context)


def _done(patients: Collection[Patient], form: AssignForm) -> list[tuple[Patient, Standing]]:
    """Return which of the chosen lessons these patients have done, of those that have questions to do again."""
    chosen = {lesson.pk for lesson in form.cleaned_data["lessons"]}
    stands = standing.standings([patient.user_id for patient in patients])
    return [
        (patient, stand)
        for patient in patients
        for stand in stands[patient.user_id]
        if stand.is_done and stand.taught.quiz and stand.taught.lesson in chosen
    ]


def _in_words(done: Collection[tuple[Patient, Standing]]) -> list[str]:
    return [
        f"{patient.name}, “{stand.taught.title}”, {weekday(patient.care_team.today(stand.done_at), 'MONTH_DAY_FORMAT')}"
        for patient, stand in done
        if stand.done_at
    ]


@require_POST
@permission_required(MAY, raise_exception=True)
def undo(request: StaffRequest, act: int) -> HttpResponse:
    """Undo one of the nurse's own actions, within ten minutes after it."""
    mine = get_object_or_404(Act.objects.filter(by=request.user), pk=act)
    try:
        undone = actions.undo(act=mine, by=request.user, now=timezone.now())
    except actions.TooLate:
        messages.warning(request, "The ten minutes are over. You can change or withdraw each one on a patient’s page.")
    else:
        stay = {0: "", 1: " One stays as it is: it was changed since."}.get(
            undone.left, f" {undone.left} stay as they are: they were changed since."
        )
        messages.success(request, ("Undone." if undone.back else "Nothing was undone.") + stay)
    patients = set(mine.changes.values_list("assignment__patient", flat=True))
    only = Patient.objects.visible_to(request.user).filter(pk__in=patients).first() if len(patients) == 1 else None
    return redirect("admin:people_patient_change", only.pk) if only else redirect("admin:index")


def _assignment(request: StaffRequest, pk: int, assignment: int) -> Assignment:
    """Return an assignment of one of this nurse's patients, withdrawn or not; 404 for any other patient."""
    found = Assignment.objects.filter(patient__in=Patient.objects.visible_to(request.user), patient=pk)
    return get_object_or_404(found.select_related("patient__care_team", "lesson"), pk=assignment)


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(MAY, raise_exception=True)
def change(request: StaffRequest, pk: int, assignment: int) -> HttpResponse:
    """Show one assignment with its due date and note; POST changes them for this patient only."""
    found, now = _assignment(request, pk, assignment), timezone.now()
    if found.withdrawn:
        messages.warning(request, "This lesson is not asked for any more. You can assign it again.")
        return redirect("admin:people_patient_change", pk)
    stand = next((s for s in standing.standings([found.patient.user_id])[found.patient.user_id] if _is(s, found)), None)
    held = {"due": found.due, "note": found.note, "drawn_from": actions.fingerprint(found)}
    today = found.patient.care_team.today(now)
    form_class = AgainForm if stand and stand.is_done and stand.taught.quiz else DueForm
    form = form_class(request.POST or None, today=today, initial=held)
    if request.method == "POST" and form.is_valid():
        said = {"again": False} | form.cleaned_data
        try:
            act = actions.change(assignment=found, by=request.user, now=now, **said)
        except seen.Stale as stale:
            form = _drawn_again(form, stale.now)
        else:
            _say(request, act, "Changed.")
            return redirect("admin:people_patient_change", pk)
    audit.note(by=request.user, what="patient.seen", patient=found.patient, now=now)
    context = {"title": "Change the day", "patient": found.patient, "assignment": found, "form": form, "stand": stand}
    context |= {
        "lesson": _titles([found])[found.lesson_id],
        "in_person": InPersonForm(today=today, initial={"on": today}),
    }
    return render(request, "admin/assignment.html", context)


def _is(stand: Standing, assignment: Assignment) -> bool:
    return stand.taught.lesson == assignment.lesson_id


def _drawn_again(form: DueForm, now: Assignment) -> DueForm:
    """Say on the form what somebody else has saved meanwhile, and draw it from that. What was typed stays."""
    if now.withdrawn:
        text = "Somebody has withdrawn this lesson meanwhile. Nothing is saved. You can assign it again"
    else:
        note = f", with the words “{now.note}”" if now.note else ", without a note"
        text = f"{now.by} saved something else meanwhile: by {weekday(now.due)}{note}. Nothing of yours is saved yet"
        text += ". What you typed is still here: look at both, then save again"
    form.add_error(None, text)
    form.redraw(actions.fingerprint(now))
    return form


@require_POST
@permission_required(MAY, raise_exception=True)
def in_person(request: StaffRequest, pk: int, assignment: int) -> HttpResponse:
    """Record on which day this lesson was taught in person; an empty day takes it back."""
    found, now = _assignment(request, pk, assignment), timezone.now()
    form = InPersonForm(request.POST, today=found.patient.care_team.today(now))
    if not form.is_valid():
        for text in form.errors["on"]:
            messages.warning(request, f"Nothing is saved. {text}.")
        return redirect("admin:people_patient_assignment", pk, assignment)
    on = form.cleaned_data["on"]
    if not actions.taught_in_person(assignment=found, on=on, by=request.user, now=now):
        messages.info(request, "Nothing has changed.")
    elif on:
        messages.success(request, f"Noted: taught in person, {weekday(on)}. It is not late any more.")
    else:
        messages.success(request, "Taken back: it does not count as taught in person.")
    return redirect("admin:people_patient_change", pk)


@require_POST
@permission_required(MAY, raise_exception=True)
def withdraw(request: StaffRequest, pk: int, assignment: int) -> HttpResponse:
    """Withdraw the assignment of this lesson."""
    found = _assignment(request, pk, assignment)
    actions.withdraw(assignment=found, by=request.user, now=timezone.now())
    messages.success(request, "Withdrawn. What was done of the lesson stays as it is.")
    return redirect("admin:people_patient_change", pk)


def _titles(assignments: Collection[Assignment]) -> dict[int, str]:
    """Return the lesson title of each assignment, also when the lesson is no longer published. One query."""
    of = {a.lesson_id for a in assignments}
    shown = Edition.objects.exclude(state=State.DRAFT).filter(language=SOURCE, lesson__in=of)
    return dict(shown.order_by("number").values_list("lesson", "title"))

"""Take questions in from a file, and give a quiz out as a file."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.views.decorators.http import require_http_methods, require_safe

from quizzes import formats, interchange
from quizzes.admin.requests import LANGUAGE, StaffRequest
from quizzes.formats import MOST_BYTES, BadFile
from quizzes.models import Quiz

TOO_LARGE = "This file has more than 2 MB. Take the pictures out, or make two files of it."


class FileForm(forms.Form):
    """Which quiz, and which file. `clean` reads the file: `document` is what it holds."""

    use_required_attribute = False
    quiz = forms.ModelChoiceField(
        Quiz.objects.order_by("title"),
        label="Lesson",
        help_text="Its questions come after those that this lesson has.",
        to_field_name="slug",
        empty_label=None,
        error_messages={"required": "Choose a lesson.", "invalid_choice": "Choose a lesson from the list."},
    )
    file = forms.FileField(
        label="File",
        help_text="GIFT, Moodle XML, a sheet (CSV or Excel), QTI, Common Cartridge or Aiken. 2 MB at most.",
        error_messages={"required": "Choose a file.", "empty": "This file is empty.", "invalid": "Choose a file."},
    )
    document: formats.Document

    def clean_file(self) -> Any:
        """Read the file. Adds an error if it cannot be read."""
        from quizzes.formats import known

        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise forms.ValidationError(TOO_LARGE)
        try:
            self.document = known.read(file.read())
            if len(formats.dumps(self.document).encode()) > MOST_BYTES:
                raise BadFile(TOO_LARGE)
        except BadFile as error:
            raise forms.ValidationError(str(error)) from error
        return file


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("quizzes.add_question", raise_exception=True)
def take_in(request: StaffRequest) -> HttpResponse:
    """Choose a file; POST shows what it would change; POST of that page ("document") saves the drafts."""
    if request.method == "POST" and "document" in request.POST:
        return _take_in(request)
    chosen = Quiz.objects.filter(slug=request.GET.get("quiz", "").replace("\0", "")).first()
    data, files = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = FileForm(data, files, initial={"quiz": chosen.slug if chosen else None})
    if form.is_bound and form.is_valid():
        return _planned(request, interchange.plan(form.document, form.cleaned_data["quiz"], language=LANGUAGE))
    return render(request, "quizzes/admin/take_in.html", {"title": "Take in from a file", "form": form})


def _planned(request: StaffRequest, plan: interchange.Plan, note: str = "") -> HttpResponse:
    """Show what a file would change. The document travels in the page, and is checked again in full."""
    context = {
        "title": "What the file would change",
        "plan": plan,
        "note": note,
        "document": formats.dumps(plan.document),
        "refused": interchange.grouped(plan.refused),
        "altered": interchange.grouped(plan.document.changed),
    }
    return render(request, "quizzes/admin/plan.html", context)


def _take_in(request: StaffRequest) -> HttpResponse:
    quiz = Quiz.objects.filter(slug=request.POST.get("quiz", "").replace("\0", "")).first()
    again = redirect("admin:quizzes_question_take_in")
    if quiz is None:
        messages.warning(request, "Choose a lesson from the list.")
        return again
    try:
        document = formats.loads(request.POST["document"])
        plan = interchange.plan(document, quiz, language=LANGUAGE)
        count = interchange.take_in(plan, by=request.user, now=timezone.now(), seen=request.POST.get("seen", ""))
    except BadFile as error:
        messages.warning(request, str(error))
        return again
    except interchange.Changed as changed:
        return _planned(request, changed.now, str(changed))
    one = "1 draft" if count == 1 else f"{count} drafts"
    messages.success(request, f"Taken in: {one}. Nobody is asked them until they are published.")
    return redirect(f"{reverse('admin:quizzes_question_changelist')}?quiz={quiz.slug}&show=drafts")


@require_safe
@permission_required("quizzes.view_question", raise_exception=True)
def give_out(request: StaffRequest) -> HttpResponse:
    """Choose a quiz (`?quiz=`) and a format, with what each format cannot carry."""
    from quizzes.formats import known

    quizzes = list(Quiz.objects.order_by("title"))
    quiz = next((one for one in quizzes if one.slug == request.GET.get("quiz")), None)
    context: dict[str, Any] = {"title": "Give out as a file", "quizzes": quizzes, "chosen": quiz}
    if quiz:
        document = interchange.give_out(quiz, language=LANGUAGE)
        context |= {
            "count": len(document.items),
            "formats": [(form, interchange.losses(document, form)) for form in known.FORMATS.values()],
        }
    return render(request, "quizzes/admin/give_out.html", context)


@require_safe
@permission_required("quizzes.view_question", raise_exception=True)
def file(request: StaffRequest) -> HttpResponse:
    """Return a quiz (`?quiz=`) as a file of this format (`?format=`)."""
    from quizzes.formats import known

    quiz = Quiz.objects.filter(slug=request.GET.get("quiz", "").replace("\0", "")).first()
    form = known.FORMATS.get(request.GET.get("format", ""))
    if quiz is None or form is None or form.write is None:
        raise Http404("No such file")
    data = form.write(interchange.give_out(quiz, language=LANGUAGE))
    interchange.moved.send(sender=None, by=request.user, what="out", now=timezone.now())
    name = f"{slugify(quiz.slug)}.{form.ending}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return HttpResponse(data, content_type=form.content_type, headers=headers)

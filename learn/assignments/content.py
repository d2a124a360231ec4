"""Load the shipped pathways. A pathway that the hospital has changed is left alone, even if it is no longer shipped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.db import transaction

from learn.assignments.models import Pathway, Place
from learn.lessons import bodies, shapes
from learn.lessons.content import ContentError, find, named, read
from learn.lessons.left_alone import Report, Theirs
from learn.lessons.models import Lesson, Therapy
from learn.lessons.parts import PATHWAY as KIND
from learn.lessons.texts import digest

PATHWAY = {"slug": "slug", "name": "text", "therapy": "slug", "lessons": ["slug"]}


def load(folder: Path) -> Report:
    """Load pathways.yaml from this folder, all or nothing. The lessons that it names must have been loaded before.

    Raises ContentError if the file breaks a rule or names a lesson or therapy type that does not exist.
    """
    report = Report()
    with transaction.atomic(), named("pathways.yaml"):
        rows = read(folder / "pathways.yaml")
        shapes.fit(rows, [PATHWAY], "pathways")
        theirs = Theirs(KIND, bodies.of(KIND, rows))
        for data in rows:
            _load_pathway(data, theirs, report)
        for pathway in Pathway.objects.exclude(slug__in=[data["slug"] for data in rows]).exclude(shipped=""):
            # Deleting is safe: assignments refer to lessons, not to pathways, so assigned lessons stay assigned.
            if digest(_words(pathway)) == pathway.shipped and pathway.slug not in theirs.slugs:
                pathway.delete()
                report.added.append(f"pathway {pathway.slug}: offered no more")
            else:
                report.left_alone.append(f"pathway {pathway.slug}: is shipped no more; yours was left as it is.")
    return report


def _words(pathway: Pathway) -> dict[str, Any]:
    """Return the data that the hash of a shipped pathway is made from."""
    return {"name": pathway.name, "lessons": [place.lesson.slug for place in pathway.places.select_related("lesson")]}


def _load_pathway(data: dict[str, Any], theirs: Theirs, report: Report) -> None:
    wanted = {"name": data["name"], "lessons": data["lessons"]}
    pathway = Pathway.objects.filter(slug=data["slug"]).first()
    now = _words(pathway) if pathway else {}
    if now == wanted:
        theirs.same(data["slug"])
        return
    body = now | {"therapy": pathway.therapy.slug} if pathway else {}
    # One that the hospital does not use has no row.
    if theirs.has(data["slug"], body, changed=pathway is not None and digest(now) != pathway.shipped):
        if theirs.unheard(data["slug"]):
            report.left_alone.append(f"pathway {data['slug']}: a newer one is available; yours was left as it is.")
        return
    lessons = [find(Lesson, slug) for slug in data["lessons"]]
    if not lessons or len(set(lessons)) != len(lessons):
        raise ContentError(f"{data['slug']}: must name each of its lessons once")
    pathway = pathway or Pathway(slug=data["slug"], therapy=find(Therapy, data["therapy"]))
    pathway.name, pathway.shipped = data["name"], digest(wanted)
    pathway.full_clean()
    pathway.save()
    pathway.places.all().delete()
    Place.objects.bulk_create(Place(pathway=pathway, lesson=one, position=n) for n, one in enumerate(lessons, 1))
    report.added.append(f"pathway {pathway.slug}")

"""The kind of a therapy type is a part of its text: of what was shipped, of what was dealt with, and of drafts."""

import hashlib
import json

from django.db import migrations


def _digest(words):
    return hashlib.sha256(json.dumps(words, sort_keys=True, ensure_ascii=False, default=str).encode()).hexdigest()


def _words(therapy):
    words = {"title": therapy.title, "summary": therapy.summary}
    return words, words | {"kind": therapy.kind}


def _rehash(apps, backward):
    kinds = {}
    references = apps.get_model("lessons", "Reference").objects.filter(kind="therapy")
    for therapy in apps.get_model("lessons", "Therapy").objects.all():
        kinds[therapy.slug] = therapy.kind
        old, new = (_digest(words) for words in _words(therapy)[:: -1 if backward else 1])
        if therapy.shipped == old:
            therapy.shipped = new
            therapy.save(update_fields=["shipped"])
        references.filter(slug=therapy.slug, dealt_with=old).update(dealt_with=new)
    return kinds


def forward(apps, schema_editor):
    kinds = _rehash(apps, backward=False)
    drafts = apps.get_model("lessons", "ReferenceText").objects.filter(reference__kind="therapy", state="draft")
    for draft in drafts.select_related("reference"):
        draft.body = {"kind": kinds.get(draft.reference.slug, "therapy")} | draft.body
        draft.save(update_fields=["body"])


def backward(apps, schema_editor):
    _rehash(apps, backward=True)


class Migration(migrations.Migration):

    dependencies = [
        ('lessons', '0011_signatures'),
    ]

    operations = [migrations.RunPython(forward, backward)]

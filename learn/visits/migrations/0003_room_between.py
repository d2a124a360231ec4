"""There is room between the positions of shipped questions, for those that the hospital puts between them."""

import hashlib
import json

from django.db import migrations

ROOM = 100
FIELDS = ("position", "group", "text", "extra", "safety")


def _digest(row, lessons, position):
    values = {name: getattr(row, name) for name in FIELDS} | {"lessons": lessons, "position": position}
    return hashlib.sha256(json.dumps(values, sort_keys=True, ensure_ascii=False, default=str).encode()).hexdigest()


def _rows(apps):
    """Return each question with its lessons, and whether it is as it was shipped; those first at each position."""
    found = []
    for row in apps.get_model("visits", "SuggestedQuestion").objects.prefetch_related("lessons"):
        lessons = sorted(lesson.slug for lesson in row.lessons.all())
        found.append((row, lessons, row.shipped == _digest(row, lessons, row.position)))
    return sorted(found, key=lambda one: (one[0].position, not one[2], one[0].pk))


def _put(row, lessons, is_shipped, position):
    row.shipped = _digest(row, lessons, position) if is_shipped else row.shipped
    row.position = position
    row.save(update_fields=["position", "shipped"])


def forward(apps, schema_editor):
    places = {}
    for row, lessons, is_shipped in _rows(apps):
        places[row.position] = places.get(row.position, -1) + 1
        _put(row, lessons, is_shipped, row.position * ROOM + min(places[row.position], ROOM - 1))


def backward(apps, schema_editor):
    for row, lessons, is_shipped in _rows(apps):
        _put(row, lessons, is_shipped, row.position // ROOM)


class Migration(migrations.Migration):

    dependencies = [
        ('visits', '0002_no_repeated_index'),
        ('lessons', '0011_signatures'),
    ]

    operations = [migrations.RunPython(forward, backward)]

"""Which steps of an edition were shown to a learner.

What was recorded before counts: all steps of a reading that is finished, and otherwise those before the furthest one.
"""

from django.db import migrations, models


def take_over(apps, schema_editor):
    """Fill the new column. One statement for all readings that stand at the same step, however many there are."""
    Reading, Step = apps.get_model('progress', 'Reading'), apps.get_model('lessons', 'Step')
    steps = {}
    for edition, position, slug in Step.objects.order_by('position').values_list('edition', 'position', 'slug'):
        steps.setdefault(edition, []).append((position, slug))
    read, begun = Reading.objects.exclude(finished=None), Reading.objects.filter(finished=None)
    for edition in read.order_by().values_list('edition', flat=True).distinct():
        read.filter(edition=edition).update(seen=[slug for _, slug in steps.get(edition, [])])
    for edition, furthest, upto in begun.order_by().values_list('edition', 'furthest', 'furthest__position').distinct():
        before = [slug for position, slug in steps.get(edition, []) if position < upto]
        begun.filter(edition=edition, furthest=furthest).update(seen=before)


class Migration(migrations.Migration):

    dependencies = [
        ('lessons', '0001_first'),
        ('progress', '0003_no_repeated_index'),
    ]

    operations = [
        migrations.AddField(
            model_name='reading',
            name='seen',
            field=models.JSONField(db_default=[], default=list),
        ),
        migrations.RunPython(take_over, migrations.RunPython.noop),
    ]

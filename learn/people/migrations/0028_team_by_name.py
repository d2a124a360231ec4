"""The list of care teams in the order of an index, closed ones at the end."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0027_no_staff_by_first_name'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='careteam',
            index=models.Index(models.ExpressionWrapper(models.Q(('closed__isnull', False)), output_field=models.BooleanField()), models.F('name'), name='team_by_name'),
        ),
    ]

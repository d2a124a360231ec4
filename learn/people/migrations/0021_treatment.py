"""The type of therapy of a patient, by its slug. Patients from before this column have none."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("people", "0020_marks"),
    ]

    operations = [
        migrations.AddField(
            model_name='patient',
            name='treatment',
            field=models.SlugField(blank=True, db_default='', db_index=False, default='', max_length=80),
        ),
    ]

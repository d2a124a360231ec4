"""The index of a team's patients follows the new order of the lists."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0010_fill_sort_key'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='patient',
            options={'ordering': ['sort_key', 'pk']},
        ),
        migrations.RemoveIndex(
            model_name='patient',
            name='patient_team_label',
        ),
        migrations.AddIndex(
            model_name='patient',
            index=models.Index(models.F('care_team'), models.F('sort_key'), models.F('id'), name='patient_team_sort'),
        ),
    ]

"""Whether an access code was printed ahead, for nobody yet, and when that ended. Until now none was."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("people", "0022_merged_records"),
    ]

    operations = [
        migrations.AddField(
            model_name="accesscode",
            name="ahead",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="accesscode",
            name="given",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]

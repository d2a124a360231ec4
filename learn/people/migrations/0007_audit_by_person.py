"""Finding what a person did, or saw of whom, by an index: My data reads it."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0006_sessions'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='auditevent',
            index=models.Index(models.F('who'), models.OrderBy(models.F('at'), descending=True), name='audit_who_at'),
        ),
    ]

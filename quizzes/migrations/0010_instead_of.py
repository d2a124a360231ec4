"""A question can be written to take the place of another one."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Adds a column that may be empty, so the code before this migration can go on."""

    dependencies = [("quizzes", "0009_newest_checks")]

    operations = [
        migrations.AddField(
            "question",
            "instead_of",
            models.ForeignKey(
                to="quizzes.question",
                on_delete=django.db.models.deletion.PROTECT,
                null=True,
                blank=True,
                related_name="successors",
            ),
        ),
    ]

"""Finding the newest checks of a quiz by an index: how a question does is told from these."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('quizzes', '0008_no_repeated_index'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name='attempt',
            index=models.Index(condition=models.Q(('kind', 'check')), fields=['quiz', '-started'], name='attempt_newest_checks'),
        ),
    ]

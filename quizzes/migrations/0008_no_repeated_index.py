"""Foreign keys that begin a longer index have none of their own: it cost a write a row, and found nothing."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('quizzes', '0007_memories'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        # On PostgreSQL, Django takes this partial unique index for the foreign key's own, and drops both.
        migrations.RemoveConstraint(
            model_name='attempt',
            name='attempt_one_open_review',
        ),
        migrations.AlterField(
            model_name='attempt',
            name='learner',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='attempts', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            model_name='attempt',
            constraint=models.UniqueConstraint(condition=models.Q(('finished', None), ('kind', 'review')), fields=('learner',), name='attempt_one_open_review'),
        ),
        migrations.AlterField(
            model_name='attemptitem',
            name='attempt',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='items', to='quizzes.attempt'),
        ),
        migrations.AlterField(
            model_name='memory',
            name='learner',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='memories', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AlterField(
            model_name='quizitem',
            name='quiz',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='items', to='quizzes.quiz'),
        ),
        migrations.AlterField(
            model_name='response',
            name='item',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='responses', to='quizzes.attemptitem'),
        ),
        migrations.AlterField(
            model_name='revision',
            name='question',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='revisions', to='quizzes.question'),
        ),
    ]

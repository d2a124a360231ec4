"""Card: when to ask a learner a question again. Answers of before get theirs by `manage.py rebuild_cards`."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('quizzes', '0001_first'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Card',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('stability', models.FloatField()),
                ('difficulty', models.FloatField()),
                ('last', models.DateField()),
                ('due', models.DateField()),
                ('in_a_row', models.PositiveSmallIntegerField()),
                ('learner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='cards', to=settings.AUTH_USER_MODEL)),
                ('question', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='cards', to='quizzes.question')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=['learner', 'question'], name='card_once_a_question')],
            },
        ),
    ]

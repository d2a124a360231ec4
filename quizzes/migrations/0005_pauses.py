"""Pause: a learner asked for no review until a day."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('quizzes', '0004_authors'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Pause',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('until', models.DateField()),
                ('learner', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='pause', to=settings.AUTH_USER_MODEL)),
            ],
        ),
    ]

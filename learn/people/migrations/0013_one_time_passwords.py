"""Passwords that IT makes for the first sign-in: who made one, when, and until when it works."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0012_one_spelling_of_names'),
    ]

    operations = [
        migrations.CreateModel(
            name='OneTimePassword',
            fields=[
                ('user', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='one_time', serialize=False, to=settings.AUTH_USER_MODEL)),
                ('made', models.DateTimeField()),
                ('expires', models.DateTimeField()),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.RESTRICT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
    ]

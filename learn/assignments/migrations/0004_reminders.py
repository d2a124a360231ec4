"""A patient's wish for reminders by e-mail."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('assignments', '0003_acts'),
        ('people', '0004_access_codes'),
    ]

    operations = [
        migrations.CreateModel(
            name='Reminder',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('address', models.EmailField(blank=True, max_length=254)),
                ('pending', models.EmailField(blank=True, max_length=254)),
                ('confirmed', models.DateTimeField(null=True)),
                ('paused_until', models.DateField(null=True)),
                ('tried', models.DateField(null=True)),
                ('sent', models.DateField(null=True)),
                ('asked_on', models.DateField(null=True)),
                ('asked', models.PositiveSmallIntegerField(default=0)),
                ('patient', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='reminder', to='people.patient')),
            ],
        ),
    ]

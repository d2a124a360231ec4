"""Seals of the audit log."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0017_session_key'),
    ]

    operations = [
        migrations.CreateModel(
            name='AuditSeal',
            fields=[
                ('place', models.BigIntegerField(primary_key=True, serialize=False)),
                ('event', models.BigIntegerField(unique=True)),
                ('hash', models.CharField(max_length=64)),
            ],
        ),
    ]

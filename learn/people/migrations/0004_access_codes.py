"""Codes that let a person in, and the count of what was tried."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0003_audit'),
    ]

    operations = [
        migrations.CreateModel(
            name='Hit',
            fields=[
                ('whose', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('n', models.PositiveBigIntegerField()),
                ('until', models.BigIntegerField()),
            ],
            options={
                'indexes': [models.Index(models.F('until'), name='hit_until')],
            },
        ),
        migrations.CreateModel(
            name='AccessCode',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('selector', models.CharField(max_length=6, unique=True)),
                ('secret', models.CharField(max_length=64)),
                ('token', models.CharField(max_length=64, unique=True)),
                ('made', models.DateTimeField()),
                ('expires', models.DateTimeField()),
                ('used', models.DateTimeField(blank=True, null=True)),
                ('last_used', models.DateTimeField(blank=True, null=True)),
                ('cancelled', models.DateTimeField(blank=True, null=True)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.RESTRICT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='codes', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('cancelled', None)), fields=('user',), name='accesscode_one_a_person')],
            },
        ),
    ]

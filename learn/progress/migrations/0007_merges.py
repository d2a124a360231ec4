"""Merges of two records of one patient."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0022_merged_records'),
        ('progress', '0006_words_only_for_staff'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Merge',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('moved', models.JSONField(default=dict)),
                ('undone', models.DateTimeField(null=True)),
                ('finished', models.DateTimeField(null=True)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('gone', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='merged', to='people.patient')),
                ('keep', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='merges', to='people.patient')),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('undone', None)), fields=('gone',), name='merge_once_a_record')],
            },
        ),
    ]

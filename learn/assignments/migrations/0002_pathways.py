"""A pathway: the lessons that one type of therapy asks for."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('assignments', '0001_first'),
        ('lessons', '0001_first'),
    ]

    operations = [
        migrations.CreateModel(
            name='Pathway',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.SlugField(max_length=80, unique=True)),
                ('name', models.CharField(max_length=120)),
                ('shipped', models.CharField(blank=True, editable=False, max_length=64)),
                ('therapy', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='pathways', to='lessons.therapy')),
            ],
        ),
        migrations.CreateModel(
            name='Place',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField()),
                ('lesson', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='places', to='lessons.lesson')),
                ('pathway', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='places', to='assignments.pathway')),
            ],
            options={
                'ordering': ['position'],
            },
        ),
        migrations.AddField(
            model_name='pathway',
            name='lessons',
            field=models.ManyToManyField(related_name='pathways', through='assignments.Place', to='lessons.lesson'),
        ),
        migrations.AddConstraint(
            model_name='place',
            constraint=models.UniqueConstraint(fields=('pathway', 'position'), name='pathway_one_a_place'),
        ),
        migrations.AddConstraint(
            model_name='place',
            constraint=models.UniqueConstraint(fields=('pathway', 'lesson'), name='pathway_each_lesson_once'),
        ),
    ]

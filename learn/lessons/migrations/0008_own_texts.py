"""Texts outside of lessons that a hospital changed (call card, medicines, words), and newer shipped questions."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('lessons', '0007_call_card_texts'),
        ('quizzes', '0010_instead_of'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Reference',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('card', 'Call card'), ('medicine', 'Medicine'), ('term', 'Word'), ('question', 'Question')], max_length=10)),
                ('slug', models.SlugField(max_length=80)),
                ('newer', models.CharField(blank=True, db_default='', default='', editable=False, max_length=64)),
                ('dealt_with', models.CharField(blank=True, db_default='', default='', editable=False, max_length=64)),
            ],
        ),
        migrations.CreateModel(
            name='ReferenceText',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('language', models.CharField(db_default='en', default='en', max_length=10)),
                ('number', models.PositiveIntegerField()),
                ('state', models.CharField(choices=[('draft', 'Draft'), ('published', 'Published'), ('retired', 'Retired')], default='draft', max_length=10)),
                ('body', models.JSONField()),
                ('same_meaning', models.BooleanField(db_default=False, default=False)),
                ('written', models.DateTimeField()),
                ('writers', models.JSONField(blank=True, db_default=[], default=list)),
                ('stage', models.CharField(blank=True, choices=[('', 'Draft'), ('sent', 'In review'), ('back', 'Sent back')], db_default='', default='', max_length=10)),
                ('sent', models.DateTimeField(blank=True, null=True)),
                ('asked', models.CharField(blank=True, db_default='', default='', max_length=500)),
                ('published_at', models.DateTimeField(blank=True, null=True)),
                ('retired_at', models.DateTimeField(blank=True, null=True)),
                ('shipped', models.CharField(blank=True, db_default='', default='', editable=False, max_length=64)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name='clinicalreview',
            name='clinicalreview_of_one_text',
        ),
        migrations.AddConstraint(
            model_name='reference',
            constraint=models.UniqueConstraint(fields=('kind', 'slug'), name='reference_once'),
        ),
        migrations.AddField(
            model_name='referencetext',
            name='author',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='referencetext',
            name='published_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='referencetext',
            name='reference',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='texts', to='lessons.reference'),
        ),
        migrations.AddField(
            model_name='referencetext',
            name='retired_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='clinicalreview',
            name='text',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reviews', to='lessons.referencetext'),
        ),
        migrations.AddConstraint(
            model_name='clinicalreview',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('edition__isnull', False), ('revision', None), ('text', None)), models.Q(('edition', None), ('revision__isnull', False), ('text', None)), models.Q(('edition', None), ('revision', None), ('text__isnull', False)), _connector='OR'), name='clinicalreview_of_one_text'),
        ),
        migrations.AddConstraint(
            model_name='referencetext',
            constraint=models.UniqueConstraint(fields=('reference', 'language', 'number'), name='referencetext_number_once'),
        ),
        migrations.AddConstraint(
            model_name='referencetext',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'published')), fields=('reference', 'language'), name='referencetext_one_published'),
        ),
        migrations.AddConstraint(
            model_name='referencetext',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'draft')), fields=('reference', 'language'), name='referencetext_one_draft'),
        ),
    ]

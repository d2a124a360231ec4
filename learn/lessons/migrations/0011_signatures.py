"""Signatures of a translator beside those of clinicians, and of words that many pages share."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('lessons', '0010_more_kinds_of_texts'),
        ('quizzes', '0011_translations'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='SharedWords',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('language', models.CharField(max_length=10)),
                ('name', models.CharField(max_length=80)),
                ('mark', models.CharField(max_length=64)),
                ('pairs', models.JSONField()),
            ],
        ),
        migrations.RemoveConstraint(
            model_name='clinicalreview',
            name='clinicalreview_of_one_text',
        ),
        migrations.AddField(
            model_name='clinicalreview',
            name='kind',
            field=models.CharField(choices=[('clinician', 'Clinician'), ('translator', 'Qualified translator')], db_default='clinician', default='clinician', max_length=10),
        ),
        migrations.AddConstraint(
            model_name='sharedwords',
            constraint=models.UniqueConstraint(fields=('language', 'name', 'mark'), name='sharedwords_once'),
        ),
        migrations.AddField(
            model_name='clinicalreview',
            name='words',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reviews', to='lessons.sharedwords'),
        ),
        migrations.AddConstraint(
            model_name='clinicalreview',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('edition__isnull', False), ('revision__isnull', True), ('text__isnull', True), ('words__isnull', True)), models.Q(('edition__isnull', True), ('revision__isnull', False), ('text__isnull', True), ('words__isnull', True)), models.Q(('edition__isnull', True), ('revision__isnull', True), ('text__isnull', False), ('words__isnull', True)), models.Q(('edition__isnull', True), ('revision__isnull', True), ('text__isnull', True), ('words__isnull', False)), _connector='OR'), name='clinicalreview_of_one_text'),
        ),
    ]

"""Contact and TeachBack; when a reader last moved on."""
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('lessons', '0001_first'),
        ('people', '0003_audit'),
        ('progress', '0001_first'),
        ('quizzes', '0001_first'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='reading',
            name='moved',
            field=models.DateTimeField(null=True),
        ),
        migrations.CreateModel(
            name='Contact',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('note', models.CharField(blank=True, max_length=200)),
                ('number', models.PositiveIntegerField()),
                ('nurse', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='contacts', to='people.patient')),
            ],
            options={
                'indexes': [models.Index(models.F('patient'), models.OrderBy(models.F('at'), descending=True), name='contact_patient_at')],
                'constraints': [models.UniqueConstraint(fields=('patient', 'nurse', 'number'), name='contact_number_once')],
            },
        ),
        migrations.CreateModel(
            name='TeachBack',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('topic', models.CharField(max_length=120)),
                ('outcome', models.CharField(blank=True, choices=[('own-words', 'Explained in own words'), ('prompt', 'Needed a prompt'), ('again', 'Explain again next time')], max_length=10)),
                ('to_whom', models.CharField(blank=True, choices=[('patient', 'The patient'), ('helper', 'A family member or helper'), ('both', 'Both')], max_length=10)),
                ('language', models.CharField(blank=True, max_length=40)),
                ('barriers', models.JSONField(default=list)),
                ('note', models.CharField(blank=True, max_length=500)),
                ('at', models.DateTimeField()),
                ('number', models.PositiveIntegerField()),
                ('place', models.PositiveSmallIntegerField()),
                ('adds_to', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='addenda', to='progress.teachback')),
                ('lesson', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='lessons.lesson')),
                ('nurse', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='teach_backs', to='people.patient')),
                ('question', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='quizzes.question')),
            ],
            options={
                'indexes': [models.Index(models.F('patient'), models.OrderBy(models.F('at'), descending=True), name='teachback_patient_at')],
                'constraints': [models.UniqueConstraint(fields=('patient', 'nurse', 'number', 'place'), name='teachback_form_once'), models.CheckConstraint(condition=models.Q(('question__isnull', False), ('lesson__isnull', False), _connector='OR'), name='teachback_about_something'), models.CheckConstraint(condition=models.Q(('adds_to__isnull', False), models.Q(('outcome', ''), ('to_whom', ''), _connector='OR', _negated=True), _connector='OR'), name='teachback_says_how')],
            },
        ),
    ]

"""Who did or saw what of whom: rows that are only added."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0002_roles'),
    ]

    operations = [
        migrations.CreateModel(
            name='AuditEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('who', models.BigIntegerField()),
                ('what', models.CharField(max_length=40)),
                ('team', models.BigIntegerField(null=True)),
                ('patient', models.BigIntegerField(null=True)),
                ('count', models.PositiveIntegerField(null=True)),
            ],
            options={
                'indexes': [models.Index(models.F('team'), models.OrderBy(models.F('at'), descending=True), name='audit_team_at'), models.Index(models.F('patient'), models.OrderBy(models.F('at'), descending=True), name='audit_patient_at')],
            },
        ),
    ]

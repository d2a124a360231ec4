"""What a large site counted last for every worker."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('quizzes', '0012_newest_asked'),
    ]

    operations = [
        migrations.CreateModel(
            name='ItemAnalysis',
            fields=[
                ('of', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('until', models.DateTimeField()),
                ('sample', models.CharField(max_length=64)),
                ('figures', models.JSONField()),
            ],
            options={
                'verbose_name_plural': 'item analyses',
            },
        ),
    ]

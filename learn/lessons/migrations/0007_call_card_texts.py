"""The wordings that the call card has had, so that a change can be told. The first is kept at the next load_content."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('lessons', '0006_reviews'),
    ]

    operations = [
        migrations.CreateModel(
            name='CardText',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField(unique=True)),
                ('data', models.JSONField()),
                ('same_meaning', models.BooleanField(db_default=False, default=False)),
                ('at', models.DateTimeField()),
            ],
        ),
    ]

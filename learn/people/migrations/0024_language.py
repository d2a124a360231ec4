"""The language in which a person reads."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0023_cards_ahead'),
    ]

    operations = [
        migrations.AddField(
            model_name='user',
            name='language',
            field=models.CharField(blank=True, db_default='', default='', max_length=10),
        ),
    ]

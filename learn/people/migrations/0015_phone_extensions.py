"""A phone number may have an extension. It changes no column, only what a form accepts."""

import django.core.validators
from django.db import migrations, models

NUMBER = django.core.validators.RegexValidator(
    '\\A(?=(?:[^0-9]*[0-9]){3})\\+?[0-9][0-9 ().-]{2,28}(?: ext\\. [0-9]{1,6})?\\Z',
    'Write a phone number with digits, like 555 010 0199 or 555 010 0199 ext. 3.',
)


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0014_team_numbers_called'),
    ]

    operations = [
        migrations.AlterField(
            model_name='careteam',
            name='day_phone',
            field=models.CharField(max_length=30, validators=[NUMBER]),
        ),
        migrations.AlterField(
            model_name='careteam',
            name='night_phone',
            field=models.CharField(max_length=30, validators=[NUMBER]),
        ),
    ]

"""The day on which a mail server refused an address for good, so that no more reminders are tried."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('assignments', '0005_no_repeated_index'),
    ]

    operations = [
        migrations.AddField(
            model_name='reminder',
            name='refused',
            field=models.DateField(null=True),
        ),
    ]

"""The form that invited a patient."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0004_access_codes'),
    ]

    operations = [
        migrations.AddField(
            model_name='patient',
            name='invitation',
            field=models.UUIDField(blank=True, editable=False, null=True, unique=True),
        ),
    ]

"""When both numbers of a care team were last called and by whom; when a team was closed."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0013_one_time_passwords'),
    ]

    operations = [
        migrations.AddField(
            model_name='careteam',
            name='called',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='careteam',
            name='called_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='careteam',
            name='closed',
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]

"""The morning emails of nurses."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('assignments', '0007_again_and_in_person'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Digest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('address', models.EmailField(blank=True, max_length=254)),
                ('pending', models.EmailField(blank=True, max_length=254)),
                ('confirmed', models.DateTimeField(null=True)),
                ('tried', models.DateField(null=True)),
                ('sent', models.DateField(null=True)),
                ('refused', models.DateField(null=True)),
                ('asked_on', models.DateField(null=True)),
                ('asked', models.PositiveSmallIntegerField(default=0)),
                ('nurse', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='digest', to=settings.AUTH_USER_MODEL)),
            ],
        ),
    ]

"""Foreign keys that begin a longer index have none of their own: it cost a write a row, and found nothing."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('lessons', '0002_read_first'),
    ]

    operations = [
        migrations.AlterField(
            model_name='edition',
            name='lesson',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='editions', to='lessons.lesson'),
        ),
        migrations.AlterField(
            model_name='lesson',
            name='therapy',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='lessons', to='lessons.therapy'),
        ),
        migrations.AlterField(
            model_name='step',
            name='edition',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='steps', to='lessons.edition'),
        ),
    ]

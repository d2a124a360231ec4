"""The older index of staff goes: no list was in its order. Apart from the last, so that no lock is raised to a higher one."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0026_staff_by_name'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='user',
            name='user_staff',
        ),
    ]

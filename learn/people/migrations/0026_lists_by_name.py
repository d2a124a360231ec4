"""IT's lists of staff and of teams in the order of an index: at a million learners, both have thousands of rows."""

from django.db import migrations, models
from django.db.models.functions import Coalesce, Concat, Lower, NullIf, Trim


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0025_staff_index'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='user',
            index=models.Index(Lower(Coalesce(NullIf(Trim(Concat('first_name', models.Value(' '), 'last_name')), models.Value('')), 'username')), models.F('id'), condition=models.Q(('is_staff', True)), include=('is_active', 'last_login'), name='staff_by_name'),
        ),
        migrations.RemoveIndex(
            model_name='user',
            name='user_staff',
        ),
        migrations.AddIndex(
            model_name='careteam',
            index=models.Index(models.Case(models.When(closed=None, then=0), default=1), models.F('name'), name='team_by_name'),
        ),
    ]

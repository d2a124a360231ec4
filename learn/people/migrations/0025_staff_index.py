"""An index of the staff alone, who are few among the learners."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0024_language'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='user',
            index=models.Index(models.F('first_name'), models.F('last_name'), condition=models.Q(('is_staff', True)), name='user_staff'),
        ),
    ]

"""The list of staff in the order of an index: at a million learners there are thousands of them."""

from django.db import migrations, models
from django.db.models.functions import Coalesce, Lower


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0025_staff_index'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='user',
            index=models.Index(Lower(Coalesce(models.Func('first_name', 'last_name', arg_joiner=" || ' ' || ", output_field=models.CharField(), template="NULLIF(TRIM(%(expressions)s), '')"), 'username')), models.F('id'), models.F('is_active'), models.F('last_login'), condition=models.Q(('is_staff', True)), name='staff_by_name'),
        ),
    ]

"""Sessions know which key opened them, so that they can end with it. Of those from before, nobody knows."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0016_audit_of_staff'),
    ]

    operations = [
        migrations.AddField(
            model_name='session',
            name='opened_by',
            field=models.CharField(choices=[('', 'In a way that was not noted'), ('guest', 'Without a name'), ('password', 'With a name and password'), ('code', 'With a card or a code'), ('email', 'With a code by email'), ('hospital', 'With a hospital account')], db_default='', default='', max_length=10),
        ),
        migrations.AddField(
            model_name='session',
            name='code_id',
            field=models.BigIntegerField(db_index=True, null=True),
        ),
    ]

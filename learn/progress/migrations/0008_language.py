"""In which language a lesson was read last."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('progress', '0007_merges'),
    ]

    operations = [
        migrations.AddField(
            model_name='reading',
            name='language',
            field=models.CharField(db_default='en', default='en', max_length=10),
        ),
    ]

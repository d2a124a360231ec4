"""A card is called a memory. Names in Python only: the table, its columns and its constraint stay as they are."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('quizzes', '0006_helped'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelTable(name='card', table='quizzes_card'),
        migrations.RenameModel(old_name='Card', new_name='Memory'),
        migrations.AlterModelOptions(name='memory', options={'verbose_name_plural': 'memories'}),
        migrations.AlterField(
            model_name='memory',
            name='learner',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memories', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AlterField(
            model_name='memory',
            name='question',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memories', to='quizzes.question'),
        ),
    ]

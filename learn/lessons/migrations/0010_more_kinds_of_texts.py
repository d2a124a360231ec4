"""Visit questions, pathways and the words of therapy types are texts of the Desk too."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('lessons', '0009_translations'),
    ]

    operations = [
        migrations.AlterField(
            model_name='reference',
            name='kind',
            field=models.CharField(choices=[('card', 'Call card'), ('medicine', 'Medicine'), ('term', 'Word'), ('question', 'Question'), ('visit', 'Visit question'), ('pathway', 'Pathway'), ('therapy', 'Therapy type')], max_length=10),
        ),
    ]

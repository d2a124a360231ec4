"""A lesson, how far somebody is in it, and an answer."""

from django.conf import settings
from django.db import models


class Lesson(models.Model):
    """One page of text."""

    slug = models.SlugField(unique=True)
    title = models.CharField(max_length=120)
    body = models.TextField()

    def __str__(self) -> str:
        return self.slug


class Progress(models.Model):
    """One learner in one lesson."""

    learner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)
    lesson = models.ForeignKey(Lesson, models.CASCADE)
    answered = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["learner", "lesson"], name="progress_once")]

    def __str__(self) -> str:
        return f"{self.learner_id} in {self.lesson_id}"


class Answer(models.Model):
    """One answer."""

    progress = models.ForeignKey(Progress, models.CASCADE)
    question = models.PositiveIntegerField()
    given = models.CharField(max_length=20)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["progress", "question"], name="answer_once")]

    def __str__(self) -> str:
        return self.given

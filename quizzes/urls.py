"""URLs of the engine: a learner's own attempts."""

from django.urls import path

from quizzes import views

app_name = "quizzes"
urlpatterns = [
    path("<uuid:attempt>/<number:n>/", views.question, name="question"),
    path("<uuid:attempt>/<number:n>/feedback/", views.feedback, name="feedback"),
    path("<uuid:attempt>/result/", views.result, name="result"),
]

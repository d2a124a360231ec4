"""Only the engine's own URLs."""

from django.urls import include, path

from quizzes import views

urlpatterns = [path("check/", include("quizzes.urls")), path("review/", views.review, name="review")]

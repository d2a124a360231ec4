"""The engine's addresses, and no others."""

from django.urls import include, path

urlpatterns = [path("check/", include("quizzes.urls"))]

from __future__ import annotations

from django.urls import path

from apps.projects.views import pages

urlpatterns = [
    path("", pages.board, name="projects"),
    path("<int:pk>/", pages.gantt_page, name="project-gantt"),
    path("<int:pk>/cost/", pages.cost_page, name="project-cost"),
    path("<int:pk>/progress/", pages.report, name="project-progress"),
]

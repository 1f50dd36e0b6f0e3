from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ProjectsConfig(AppConfig):
    name = "apps.projects"
    label = "projects"
    verbose_name = _("Projects")
    pages = ((_("Project board"), "projects", "view_timeline", "projects.view_project"),)

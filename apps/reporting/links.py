"""From a figure to the page behind it, for those who may open it."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.urls import NoReverseMatch, reverse

from apps.reporting.measures.registry import Behind
from apps.reporting.queries.readings import Reading
from apps.reporting.queries.scope import Asked
from apps.reporting.steps import Step


def admin_address(model_name: str, page: str, asked: Asked, *arguments: Any) -> str:
    """The admin page of ``<app>.<Model>``; empty when the caller can't see it, or there is none."""
    model: Any = apps.get_model(model_name)
    opts = model._meta
    if model not in admin.site._registry or not asked.user.has_perm(
        f"{opts.app_label}.view_{opts.model_name}"
    ):
        return ""
    return reverse(f"admin:{opts.app_label}_{opts.model_name}_{page}", args=arguments)


def address_behind(reading: Reading, asked: Asked) -> str:
    """The list with exactly the rows of the reading where they are few, else the whole list."""
    behind = reading.measure.behind
    if behind.view:
        return _page(behind)
    if not behind.model or not (address := admin_address(behind.model, "changelist", asked)):
        return ""
    if reading.keys:
        return f"{address}?id__in={','.join(map(str, reading.keys))}"
    query = behind.query.format(today=asked.today, month=asked.month)
    return f"{address}?{query}" if query else address


def _page(behind: Behind) -> str:
    try:
        return reverse(behind.view, args=behind.view_arguments)
    except NoReverseMatch:  # the page's app is not installed
        return ""


def step_address(step: Step, asked: Asked) -> str:
    return admin_address(step.model, step.action, asked)

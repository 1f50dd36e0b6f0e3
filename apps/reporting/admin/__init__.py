"""What people keep of reports, and the home page of the admin."""

from apps.reporting.admin import alerts, reports, roi_cases, schedules

__all__ = ["alerts", "reports", "roi_cases", "schedules"]

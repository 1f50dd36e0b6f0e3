from __future__ import annotations

from django.urls import path

from apps.hr.views import own, roster

urlpatterns = [
    path("me/", own.home, name="me"),
    path("me/clock/", own.clock_now, name="me-clock"),
    path("me/leave/", own.ask, name="me-leave"),
    path("me/leave/<int:pk>/give-up/", own.give_up, name="me-leave-give-up"),
    path("me/payslips/<int:pk>/", own.pay_slip, name="me-payslip"),
    path("roster/", roster.week, name="roster"),
    path("roster/save/", roster.save, name="roster-save"),
]

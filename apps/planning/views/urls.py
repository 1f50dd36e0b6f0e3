from __future__ import annotations

from django.urls import path

from apps.planning.views import board, plan

urlpatterns = [
    path("planning/", plan.overview, name="planning"),
    path("planning/items/<int:pk>/", plan.item_page, name="planning-item"),
    path("planning/orders/<int:pk>/", plan.order_page, name="planning-order"),
    path("planning/messages/", plan.inbox, name="planning-messages"),
    path("planning/messages/<int:pk>/", plan.answer, name="planning-answer"),
    path("planning/load/", plan.load, name="planning-load"),
    path("schedule/", board.board_page, name="schedule"),
    path("schedule/move/<int:pk>/", board.move, name="schedule-move"),
]

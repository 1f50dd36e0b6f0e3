from __future__ import annotations

from django.urls import path

from apps.execution.views import boards, shop, streams, timelines, trace

urlpatterns = [
    path("shop/", shop.home, name="shop"),
    path("shop/machines/", shop.machines, name="shop-machines"),
    path("shop/machines/<int:pk>/", shop.machine_page, name="shop-machine"),
    path("shop/machines/<int:pk>/now/", shop.now_fragment, name="shop-now"),
    path("shop/operations/<int:pk>/", shop.operation_page, name="shop-operation"),
    path("shop/orders/<int:pk>/", shop.order_page, name="shop-order"),
    path("shop/act/", shop.act, name="shop-act"),
    path("shop/leave/", shop.leave, name="shop-leave"),
    path("boards/", boards.choice, name="boards"),
    path("boards/stream/<int:pk>/", streams.floor_stream, name="board-stream"),
    path("boards/machines/<int:pk>/", timelines.machine_day, name="machine-day"),
    path("boards/stops/<int:pk>/", timelines.stop_reason, name="stop-reason"),
    path("boards/<int:pk>/", boards.board_page, name="board"),
    path("boards/<int:pk>/tiles/", boards.tiles_fragment, name="board-tiles"),
    path("trace/", trace.search, name="trace"),
    path("trace/<int:pk>/", trace.lot_page, name="trace-lot"),
    path("trace/<int:pk>/hold/", trace.hold, name="trace-hold"),
]

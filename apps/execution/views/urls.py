from __future__ import annotations

from django.urls import path

from apps.execution.views import (
    boards,
    shop,
    shop_andon,
    shop_handover,
    shop_offline,
    streams,
    timelines,
    trace,
)

urlpatterns = [
    path("shop/", shop.home, name="shop"),
    path("shop/machines/", shop.machines, name="shop-machines"),
    path("shop/machines/<int:pk>/", shop.machine_page, name="shop-machine"),
    path("shop/machines/<int:pk>/now/", shop.now_fragment, name="shop-now"),
    path("shop/operations/<int:pk>/", shop.operation_page, name="shop-operation"),
    path("shop/orders/<int:pk>/", shop.order_page, name="shop-order"),
    path("shop/act/", shop.act, name="shop-act"),
    path("shop/leave/", shop.leave, name="shop-leave"),
    path("shop/andon/", shop_andon.calls, name="shop-andon"),
    path("shop/handover/", shop_handover.handovers, name="shop-handover"),
    path("shop/handover/<int:pk>/", shop_handover.handover_page, name="shop-handover-page"),
    path("shop/handover/<int:pk>/act/", shop_handover.handover_act, name="shop-handover-act"),
    path("shop/handover/<int:pk>/pdf/", shop_handover.handover_print, name="shop-handover-pdf"),
    path("shop/manifest.webmanifest", shop_offline.manifest, name="shop-manifest"),
    path("shop/sw.js", shop_offline.worker, name="shop-worker"),
    path("shop/session/", shop_offline.session, name="shop-session"),
    path("shop/offline/", shop_offline.offline, name="shop-offline"),
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

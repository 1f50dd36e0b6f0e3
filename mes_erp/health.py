"""`/healthz`: this process works. `/readyz`: it may be sent work."""

from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

_ready = False  # migrations only ever grow while a process lives


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """Runs a procedure, for `SELECT 1` still works when a server lost its plpgsql library."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("DO LANGUAGE plpgsql 'BEGIN PERFORM 1; END'")
    except Error as error:
        return JsonResponse({"status": "failing", "database": type(error).__name__}, status=503)
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    global _ready
    try:
        if not _ready:
            executor = MigrationExecutor(connection)
            if executor.migration_plan(executor.loader.graph.leaf_nodes()):
                return JsonResponse({"status": "migrations missing"}, status=503)
            _ready = True
    except Error as error:
        return JsonResponse({"status": "failing", "database": type(error).__name__}, status=503)
    return healthz(request)

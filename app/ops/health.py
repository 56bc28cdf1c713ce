"""Endpoints for load balancers (`/health/…`) and for monitoring (`/metrics`)."""

from asyncio import gather

from fastapi import Request
from fastapi.responses import JSONResponse, Response

from app.api.deps import ServicesDep
from app.api.routing import Router
from app.config import parse_networks
from app.domain.dates import format_rfc3339_utc, now
from app.domain.languages import tr
from app.http import metrics
from app.http.client_address import is_in_networks
from app.http.paths import route_traits
from app.http.problems import RETRY_AFTER_SECONDS, NotFound, Unavailable
from app.ops.gauges import sample_process_gauges
from app.ops.readiness import OK, NotReady, ReadinessCheck

router = Router(include_in_schema=False)

_NO_STORE_HEADERS = {"Cache-Control": "no-store"}


@router.get("/health/live")
@route_traits(monitoring=True, english_only=True, json_errors=True)
async def live() -> Response:
    """Liveness: 200 as long as the process answers."""
    return JSONResponse({"status": "live"}, headers=_NO_STORE_HEADERS)


@router.get("/health/ready")
@route_traits(monitoring=True, english_only=True, json_errors=True)
async def ready(services: ServicesDep) -> Response:
    """Readiness: 200 if the archive can be read, 503 if not or if the process is shutting down."""
    headers = _NO_STORE_HEADERS | {"Retry-After": RETRY_AFTER_SECONDS}
    if services.shutdown.is_draining:
        detail = tr("The service is shutting down.", "Сервис завершает работу.")
        raise Unavailable(detail, headers=headers)
    check = services.singleton(ReadinessCheck)
    state = await check.get_readiness()
    if isinstance(state, NotReady):
        checks: dict[str, str] = {"database": state.reason}
        raise Unavailable(state.detail, headers=headers, members={"checks": checks})
    if state.is_empty and not services.settings.empty:
        detail = "The archive is empty: run `zarya load`, or set `ZARYA_EMPTY=true`."
        checks = {"database": OK, "archive": "empty"}
        raise Unavailable(detail, headers=headers, members={"checks": checks})
    writes, pictures = await gather(check.get_write_check(), check.get_pictures_check())
    database = {
        "kind": state.database.kind,
        "version": state.database.version,
        "writable": writes == OK,
    }
    migrations = {"at": state.current_revision, "head": state.expected_revision}
    horizon = {
        each.kind: {
            "known_until": format_rfc3339_utc(each.known_until),
            "age_seconds": int((now() - each.known_until).total_seconds()),
        }
        for each in state.horizons
    }
    content = {
        "status": "ready",
        "checks": {"database": OK, "archive": OK, "writes": writes, "pictures": pictures},
        "database": database,
        "migrations": migrations,
        "horizon": horizon,
    }
    return JSONResponse(content, headers=_NO_STORE_HEADERS)


@router.get("/metrics")
@route_traits(monitoring=True)
async def figures(request: Request, services: ServicesDep) -> Response:
    """Metrics in the Prometheus text format, for the networks of `ZARYA_METRICS_FROM`; else 404."""
    state, settings = request.scope["state"], services.settings
    # Without trusted proxies, a forwarded request can come from anywhere: its peer is the proxy.
    is_client = "forwarded" not in state or settings.trusted_proxies
    if not is_client or not is_in_networks(state["client"], parse_networks(settings.metrics_from)):
        raise NotFound(tr("No resource has the path /metrics.", "По адресу /metrics ничего нет."))
    sample_process_gauges(services)
    media_type = "text/plain; version=1.0.0; charset=utf-8"
    return Response(metrics.render_metrics(), media_type=media_type, headers=_NO_STORE_HEADERS)

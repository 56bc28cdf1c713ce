"""Prometheus metrics of all components.

Several processes share their metrics in the directory `PROMETHEUS_MULTIPROC_DIR`, which has to be
set before they start; `app.http.metrics_directory` does it for `zarya serve --workers`.
"""

import os
import platform
from importlib.metadata import version
from pathlib import Path

from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from app.domain.bounded_cache import bounded_cache
from app.http.metrics_directory import MULTIPROC_DIR_ENV

_KNOWN_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

_REQUEST_SECONDS = Histogram(
    "zarya_http_request_seconds",
    "Time from the first byte of a request to the last of its response, by operation.",
    ["route", "method", "status"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
REQUESTS_IN_FLIGHT = Gauge(
    "zarya_http_in_flight", "Requests in progress.", multiprocess_mode="livesum"
)
REQUESTS_REFUSED = Counter(
    "zarya_http_refused_total", "Requests refused before routing, by reason.", ["reason"]
)
LOOP_BLOCKED_SECONDS = Histogram(
    "zarya_loop_blocked_seconds",
    "Periods of more than 50 ms without the event loop running, by the operation that ran.",
    ["route"],
    buckets=(0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
POOL_USED = Gauge("zarya_pool_used", "Database connections in use.", multiprocess_mode="livesum")
POOL_SIZE = Gauge(
    "zarya_pool_size", "Maximum number of database connections.", multiprocess_mode="livesum"
)
DATABASE_OUTAGE = Gauge(
    "zarya_database_outage",
    "1 while the database fails for a reason, otherwise 0.",
    ["reason"],
    multiprocess_mode="livemax",
)
_CACHE_LOOKUPS = Counter(
    "zarya_cache_total", "Lookups in the response cache, by outcome.", ["outcome"]
)
CACHE_HITS, CACHE_SHARED, CACHE_MISSES, CACHE_STALE = map(
    _CACHE_LOOKUPS.labels, ("hit", "shared", "miss", "unverified")
)
"""Shared: the response of a concurrent request with the same key. Unverified: a stale response,
sent while the database does not answer."""
CACHE_BYTES = Gauge(
    "zarya_cache_bytes", "Size of the response cache in bytes.", multiprocess_mode="livesum"
)
CACHE_ENTRIES = Gauge(
    "zarya_cache_entries", "Number of cached responses.", multiprocess_mode="livesum"
)
FUNCTION_CACHE_BYTES = Gauge(
    "zarya_function_cache_bytes",
    "Size of the cache of a function in bytes, estimated.",
    ["function"],
    multiprocess_mode="livesum",
)
FUNCTION_CACHE_ENTRIES = Gauge(
    "zarya_function_cache_entries",
    "Entries in the cache of a function.",
    ["function"],
    multiprocess_mode="livesum",
)
EVENT_STREAMS = Gauge("zarya_event_streams", "Open event streams.", multiprocess_mode="livesum")
ENTRIES_IMPORTED = Counter(
    "zarya_imported_total", "Imported entries, by format and outcome.", ["format", "outcome"]
)
CLOCK_ERROR_SECONDS = Gauge(
    "zarya_clock_error_seconds",
    "Difference between the clocks of the host and of PostgreSQL, which the service corrects.",
    multiprocess_mode="livemax",
)
CHANGE_FEED_LAG_SECONDS = Gauge(
    "zarya_change_feed_lag_seconds",
    "Age of the oldest change that is not in the change feed yet.",
    multiprocess_mode="livemax",
)
WEBHOOK_LAG_SECONDS = Gauge(
    "zarya_webhook_lag_seconds",
    "Age of the oldest change that has not been delivered to an enabled webhook.",
    multiprocess_mode="livemax",
)
PROPOSALS_OPEN = Gauge(
    "zarya_proposals_open",
    "Imported entries that wait for an editor's decision.",
    multiprocess_mode="livemax",
)
HORIZON_AGE_SECONDS = Gauge(
    "zarya_horizon_age_seconds",
    "Time since the horizon: the age of the newest facts of a kind.",
    ["kind"],
    multiprocess_mode="livemax",
)
SOURCES_FAILING = Gauge(
    "zarya_sources_failing",
    "Sources whose last poll failed, or that were disabled after failures.",
    multiprocess_mode="livemax",
)
BACKUP_AGE_SECONDS = Gauge(
    "zarya_backup_age_seconds",
    "Age of the newest backup in ZARYA_BACKUPS; infinite if there is none.",
    multiprocess_mode="livemax",
)
_BUILD_INFO = Gauge(
    "zarya_build_info",
    "Version of the service and of Python; always 1.",
    ["version", "python"],
    multiprocess_mode="max",
)
_BUILD_INFO.labels(version("zarya"), platform.python_version()).set(1)


@bounded_cache(2**18)
def request_histogram(route: str, method: str, status: int) -> Histogram:
    """The histogram for the status class of `status`; 0 if no response was sent."""
    method_label = method if method in _KNOWN_METHODS else "other"
    return _REQUEST_SECONDS.labels(
        route or "none", method_label, f"{status // 100}xx" if status else "none"
    )


def render_metrics() -> bytes:
    """The metrics of all processes in the text format of Prometheus."""
    directory = os.environ.get(MULTIPROC_DIR_ENV)
    if directory is None:
        return generate_latest(REGISTRY)
    _remove_dead_processes(Path(directory))
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=directory)  # type: ignore[no-untyped-call]  # theirs
    return generate_latest(registry)


def _remove_dead_processes(directory: Path) -> None:
    """Remove the live gauges of processes that have ended."""
    for file in directory.glob("gauge_live*_*.db"):
        pid = int(file.stem.rpartition("_")[2])
        if not Path(f"/proc/{pid}").exists():
            mark_process_dead(pid, str(directory))  # type: ignore[no-untyped-call]  # theirs

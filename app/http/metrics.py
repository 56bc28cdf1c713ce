"""Figures for Prometheus: what is counted, whoever counts it.

Several processes count together where `PROMETHEUS_MULTIPROC_DIR` names a folder when they start;
`zarya serve --workers` sees to that.
"""

import os
import platform
from functools import lru_cache
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

MULTIPROC_DIR_ENV = "PROMETHEUS_MULTIPROC_DIR"
_KNOWN_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

_REQUEST_SECONDS = Histogram(
    "zarya_http_request_seconds",
    "From the first byte of a request to the last of its answer, by operation.",
    ["route", "method", "status"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
REQUESTS_IN_FLIGHT = Gauge(
    "zarya_http_in_flight", "Requests being answered.", multiprocess_mode="livesum"
)
REQUESTS_REFUSED = Counter(
    "zarya_http_refused_total", "Requests refused without being looked at, by reason.", ["reason"]
)
POOL_USED = Gauge("zarya_pool_used", "Database connections in use.", multiprocess_mode="livesum")
POOL_SIZE = Gauge(
    "zarya_pool_size", "Database connections there may be.", multiprocess_mode="livesum"
)
_CACHE_LOOKUPS = Counter(
    "zarya_cache_total", "Answers looked for in the cache, by outcome.", ["outcome"]
)
CACHE_HITS, CACHE_SHARED, CACHE_MISSES, CACHE_STALE = map(
    _CACHE_LOOKUPS.labels, ("hit", "shared", "miss", "unverified")
)
"""Shared: made for somebody who asked the same at once. Unverified: answered as it was before,
while the database does not tell whether that still holds."""
CACHE_BYTES = Gauge(
    "zarya_cache_bytes", "Bytes of the answers kept in the cache.", multiprocess_mode="livesum"
)
ENTRIES_IMPORTED = Counter(
    "zarya_imported_total", "Entries of imports and sources, by outcome.", ["format", "outcome"]
)
CHANGE_FEED_LAG_SECONDS = Gauge(
    "zarya_change_feed_lag_seconds",
    "Age of the oldest change that followers cannot see yet.",
    multiprocess_mode="max",
)
WEBHOOK_LAG_SECONDS = Gauge(
    "zarya_webhook_lag_seconds",
    "Age of the oldest change that an enabled webhook has not been told of.",
    multiprocess_mode="max",
)
_BUILD_INFO = Gauge(
    "zarya_build_info", "What runs.", ["version", "python"], multiprocess_mode="max"
)
_BUILD_INFO.labels(version("zarya"), platform.python_version()).set(1)


@lru_cache(maxsize=4096)
def request_histogram(route: str, method: str, status: int) -> Histogram:
    """The histogram of answers with a status like `status`; 0 is that of none."""
    known = method if method in _KNOWN_METHODS else "other"
    return _REQUEST_SECONDS.labels(
        route or "none", known, f"{status // 100}xx" if status else "none"
    )


def render_metrics() -> bytes:
    """All figures, of all processes, in the text format."""
    folder = os.environ.get(MULTIPROC_DIR_ENV)
    if folder is None:
        return generate_latest(REGISTRY)
    _remove_dead_processes(Path(folder))
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=folder)  # type: ignore[no-untyped-call]  # theirs
    return generate_latest(registry)


def _remove_dead_processes(folder: Path) -> None:
    """Forget what processes that have ended said of their present."""
    for file in folder.glob("gauge_live*_*.db"):
        pid = int(file.stem.rpartition("_")[2])
        if not Path(f"/proc/{pid}").exists():
            mark_process_dead(pid, str(folder))  # type: ignore[no-untyped-call]  # theirs

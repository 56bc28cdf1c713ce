"""Polling of feed sources: when due, by one process at a time, with backoff after failures.

Cache validators are stored only after all entries are imported, so that nothing is lost if a poll
is interrupted or an entry is rejected.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from io import BytesIO
from threading import Lock
from typing import Any
from zlib import crc32

from sqlalchemy import select

from app.api.audit_log import Actor
from app.db.database import Database, Reader, Row
from app.db.leases import acquire_lease, lease_is_free, release_lease
from app.db.models import FeedSource
from app.domain.dates import now
from app.http.client import ForbiddenUrl, RequestFailed
from app.ingest.entries import Input, Reject
from app.ingest.fetching import FetchResult, fetch_url
from app.ingest.pipeline import ImportReport, run_import
from app.ingest.registry import FORMATS

logger = logging.getLogger("zarya")

SOURCE_LEASE_DURATION = timedelta(minutes=5)
"""Duration of a lease; longer than any poll."""

_MAX_BACKOFF_DURATION = timedelta(days=1)
_MAX_ERROR_CHARS = 300

_IMPORT_LOCK = Lock()
"""Serialises imports of concurrent polls, which would otherwise time out on the write lock of
SQLite."""


@dataclass(frozen=True)
class PollResult:
    """Result of a poll."""

    report: ImportReport | None
    """None if nothing was fetched."""
    error: str | None
    """One line on what failed: the whole poll, or some of its entries."""


def find_due_sources(reader: Reader) -> list[int]:
    """Ids of the sources to poll now, without those leased by a process."""
    due = select(FeedSource.id).where(*_due_conditions(), lease_is_free(FeedSource))
    return [row["id"] for row in reader.all(due.order_by(FeedSource.next_at, FeedSource.id))]


def _due_conditions() -> tuple[Any, ...]:
    return FeedSource.enabled, FeedSource.next_at <= now()


def run_poll(
    database: Database, id_: int, allow_private: bool, *, force: bool = False
) -> PollResult | None:
    """Poll the source `id_` and import new entries; with `force` even if it is not due.

    Failures of any kind are stored in the source. Returns None if the source is not due, leased by
    another process, or missing.
    """
    # Due sources were listed before; another process may have polled the source since.
    conditions = () if force else _due_conditions()
    source = acquire_lease(database, FeedSource, id_, SOURCE_LEASE_DURATION, *conditions)
    if source is None:
        return None
    report: ImportReport | None = None
    try:
        response = fetch_url(
            source["address"], source["etag"], source["last_modified"], allow_private=allow_private
        )
        if response.status == 200:
            report, reason = _import_feed(database, source, response)
            values = _values_after_import(source, response, report, reason)
        elif response.status == 304:
            report, values = ImportReport(), _values_after_success(source)
        else:
            values = _values_after_http_error(source, response)
    except (ForbiddenUrl, RequestFailed) as error:
        values = _values_after_failure(source, str(error) or type(error).__name__)
    except Exception as error:
        logger.error("source %s: %s", id_, type(error).__name__, exc_info=error)
        reason = f"{type(error).__name__} during the import; see the log."
        values = _values_after_failure(source, reason)
    # The lease is lost if an editor has changed the URL in the meantime.
    release_lease(database, FeedSource, source, values | {"checked_at": now()})
    return PollResult(report, values["last_error"])


def _import_feed(
    database: Database, source: Row, response: FetchResult
) -> tuple[ImportReport, str]:
    """Import a fetched feed. Returns the report, and the reason of the first reject or ""."""
    reasons: list[str] = []

    def note_first(_input: Input, reject: Reject) -> None:
        if not reasons:
            reasons.append(f"line {reject.line}, {reject.field}: {reject.reason}")

    feed = Input(source["address"], lambda: BytesIO(response.body), language=source["language"])
    actor = Actor(f"source {source['id']}", source["name"])
    with _IMPORT_LOCK:
        report = run_import(
            database,
            FORMATS[source["format"]],
            [feed],
            actor=actor,
            publish=source["trusted"],
            on_reject=note_first,
        )
    return report, "".join(reasons)


def _values_after_import(
    source: Row, response: FetchResult, report: ImportReport, reason: str
) -> dict[str, Any]:
    values: dict[str, Any] = {"last_report": vars(report)}
    if not report.rejected:
        return values | _values_after_success(source) | _cache_validators(response)
    if sum(vars(report).values()) == report.rejected:
        return values | _values_after_failure(source, f"No entry could be imported: {reason}")
    error = _error_line(f"{report.rejected} rejected, the first: {reason}")
    return values | _values_after_success(source) | {"last_error": error}


def _values_after_success(source: Row) -> dict[str, Any]:
    interval = timedelta(minutes=source["every_minutes"])
    return {"failures": 0, "last_error": None, "next_at": now() + interval}


def _cache_validators(response: FetchResult) -> dict[str, Any]:
    """Validators for the next conditional request; None for oversized or non-ASCII ones."""
    etag, modified = response.headers.get("etag", ""), response.headers.get("last-modified", "")
    return {
        "etag": etag if 0 < len(etag) <= 300 and etag.isascii() else None,
        "last_modified": modified if 0 < len(modified) <= 100 and modified.isascii() else None,
    }


def _values_after_failure(
    source: Row, reason: str, retry_after: timedelta = timedelta()
) -> dict[str, Any]:
    """Column values after a failed poll, with exponential backoff up to a day.

    The interval doubles from the second failure on. Up to a tenth is added, so that sources that
    fail together are not retried together.
    """
    interval = timedelta(minutes=source["every_minutes"])
    backoff = interval * 2 ** min(source["failures"], 20)
    delay = max(interval, min(max(backoff, retry_after), _MAX_BACKOFF_DURATION))
    jitter = crc32(f"{source['address']} {source['failures']}".encode()) % 1000 / 10_000
    return {
        "failures": source["failures"] + 1,
        "last_error": _error_line(reason),
        "next_at": now() + delay * (1 + jitter),
    }


def _error_line(text: str) -> str:
    return " ".join(text.split())[:_MAX_ERROR_CHARS]


def _values_after_http_error(source: Row, response: FetchResult) -> dict[str, Any]:
    reason = f"HTTP status {response.status}."
    if response.status == 410:
        disabled = {"enabled": False, "disabled_reason": "HTTP status 410 (Gone)."}
        return _values_after_failure(source, reason) | disabled
    return _values_after_failure(source, reason, _parse_retry_after(response.headers))


def _parse_retry_after(headers: Mapping[str, str]) -> timedelta:
    """Parse `Retry-After`, in seconds or as a date; zero if it is missing or invalid."""
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return timedelta(seconds=int(value[:9]))
    try:
        at = parsedate_to_datetime(value)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)) - datetime.now(UTC)
    except (ValueError, TypeError, OverflowError):
        return timedelta()

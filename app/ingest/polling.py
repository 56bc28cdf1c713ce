"""Looking at sources: when they are due, by one process at a time, less often where it fails.

What was fetched is kept as seen only once all of it has been taken in: nothing is lost where a
look is broken off, or an entry refused.
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

from sqlalchemy import or_, select, update

from app.api.audit_log import Actor
from app.db.database import Database, Reader, Row
from app.db.models import FeedSource
from app.domain.dates import now
from app.http.client import ForbiddenUrl, RequestFailed
from app.ingest.entries import Input, Reject
from app.ingest.fetching import FetchResult, fetch_url
from app.ingest.pipeline import ImportReport, run_import
from app.ingest.registry import FORMATS

logger = logging.getLogger("zarya")

SOURCE_LEASE_DURATION = timedelta(minutes=5)
"""For how long a process has a source for itself: longer than any look takes."""

_MAX_BACKOFF_DURATION = timedelta(days=1)
_MAX_ERROR_CHARS = 300

_IMPORT_LOCK = Lock()
"""Many may be fetched at once, but only one taken in: the others would wait for the database, and
SQLite lets nobody wait for long."""


@dataclass(frozen=True)
class PollResult:
    """What a look came to."""

    report: ImportReport | None
    """None where nothing was fetched."""
    error: str | None
    """What went wrong, in a line: with all of it, or with some of its entries."""


def find_due_sources(reader: Reader) -> list[int]:
    """The sources to look at now, that no process is looking at."""
    found = select(FeedSource.id).where(*_due_conditions())
    return [row["id"] for row in reader.all(found.order_by(FeedSource.next_at, FeedSource.id))]


def _due_conditions() -> tuple[Any, ...]:
    return FeedSource.enabled, FeedSource.next_at <= now(), _lease_expired()


def _lease_expired() -> Any:
    return or_(FeedSource.leased_until.is_(None), FeedSource.leased_until <= now())


def run_poll(
    database: Database, id_: int, allow_private: bool, *, force: bool = False
) -> PollResult | None:
    """Look at the source `id_`, and take in what is new; `at_once`, even where it is not due.

    Whatever goes wrong is the source's failure, and told in it. None where there is no look: it is
    not due, another process has it, or it is not there.
    """
    source = _acquire_lease(database, id_, force)
    if source is None:
        return None
    report: ImportReport | None = None
    try:
        answer = fetch_url(
            source["address"], source["etag"], source["last_modified"], allow_private=allow_private
        )
        if answer.status == 200:
            report, reason = _import_feed(database, source, answer)
            kept = _values_after_import(source, answer, report, reason)
        elif answer.status == 304:
            report, kept = ImportReport(), _values_after_success(source)
        else:
            kept = _values_after_http_error(source, answer)
    except (ForbiddenUrl, RequestFailed) as error:
        kept = _values_after_failure(source, str(error) or type(error).__name__)
    except Exception as error:
        logger.error("source %s: %s", id_, type(error).__name__, exc_info=error)
        kept = _values_after_failure(
            source, f"{type(error).__name__} as it was taken in; see the log."
        )
    _release_lease(database, source, kept)
    return PollResult(report, kept["last_error"])


def _acquire_lease(database: Database, id_: int, at_once: bool) -> Row | None:
    # Asked again here: since it was found to be due, another process may have looked at it.
    wanted = (_lease_expired(),) if at_once else _due_conditions()
    taken = (
        update(FeedSource)
        .where(FeedSource.id == id_, *wanted)
        .values(leased_until=now() + SOURCE_LEASE_DURATION)
    )
    with database.session() as session:
        columns = FeedSource.__table__.columns
        row = session.execute(taken.returning(*columns)).mappings().first()
        return None if row is None else dict(row)


def _release_lease(database: Database, source: Row, kept: Mapping[str, Any]) -> None:
    # Only while it is still ours: an editor may have pointed it elsewhere in the meantime.
    ours = FeedSource.id == source["id"], FeedSource.leased_until == source["leased_until"]
    free = {"leased_until": None, "checked_at": now()}
    with database.session() as session:
        session.execute(update(FeedSource).where(*ours).values(dict(kept) | free))


def _import_feed(database: Database, source: Row, answer: FetchResult) -> tuple[ImportReport, str]:
    """What became of the entries, and why the first of those refused was."""
    reasons: list[str] = []

    def told(_given: Input, reject: Reject) -> None:
        if not reasons:
            reasons.append(f"line {reject.line}, {reject.field}: {reject.reason}")

    given = Input(source["address"], lambda: BytesIO(answer.body), language=source["language"])
    actor = Actor(f"source {source['id']}", source["name"])
    form = FORMATS[source["format"]]
    with _IMPORT_LOCK:
        report = run_import(
            database, form, [given], actor=actor, publish=source["trusted"], on_reject=told
        )
    return report, "".join(reasons)


def _values_after_import(
    source: Row, answer: FetchResult, report: ImportReport, reason: str
) -> dict[str, Any]:
    kept: dict[str, Any] = {"last_report": vars(report)}
    if not report.rejected:
        return kept | _values_after_success(source) | _cache_validators(answer)
    if not report.created + report.updated + report.unchanged:
        return kept | _values_after_failure(source, f"Nothing could be taken in: {reason}")
    some = _error_line(f"{report.rejected} could not be taken in, the first: {reason}")
    return kept | _values_after_success(source) | {"last_error": some}


def _values_after_success(source: Row) -> dict[str, Any]:
    wait = timedelta(minutes=source["every_minutes"])
    return {"failures": 0, "last_error": None, "next_at": now() + wait}


def _cache_validators(answer: FetchResult) -> dict[str, Any]:
    """What the next look tells the other side that we have."""
    etag, modified = answer.headers.get("etag", ""), answer.headers.get("last-modified", "")
    return {
        "etag": etag if 0 < len(etag) <= 300 and etag.isascii() else None,
        "last_modified": modified if 0 < len(modified) <= 100 and modified.isascii() else None,
    }


def _values_after_failure(
    source: Row, reason: str, wait: timedelta = timedelta()
) -> dict[str, Any]:
    """One failure more: from the second on, each doubles the time to the next look, up to a day.

    Up to a tenth is added, so that what failed together is not asked together again.
    """
    usual = timedelta(minutes=source["every_minutes"])
    doubled = usual * 2 ** min(source["failures"], 20)
    pause = max(usual, min(max(doubled, wait), _MAX_BACKOFF_DURATION))
    spread = crc32(f"{source['address']} {source['failures']}".encode()) % 1000 / 10_000
    return {
        "failures": source["failures"] + 1,
        "last_error": _error_line(reason),
        "next_at": now() + pause * (1 + spread),
    }


def _error_line(text: str) -> str:
    return " ".join(text.split())[:_MAX_ERROR_CHARS]


def _values_after_http_error(source: Row, answer: FetchResult) -> dict[str, Any]:
    if answer.status == 410:
        gone = {"enabled": False, "disabled_reason": "It answered 410: it is gone."}
        return _values_after_failure(source, "It answered 410.") | gone
    return _values_after_failure(
        source, f"It answered {answer.status}.", _parse_retry_after(answer.headers)
    )


def _parse_retry_after(headers: Mapping[str, str]) -> timedelta:
    """How long the other side asks to be left alone."""
    told = headers.get("retry-after", "").strip()
    if told.isascii() and told.isdigit():
        return timedelta(seconds=int(told[:9]))
    try:
        at = parsedate_to_datetime(told)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)) - datetime.now(UTC)
    except (ValueError, TypeError, OverflowError):
        return timedelta()

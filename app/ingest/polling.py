"""Polling of feed sources: when due, by one process at a time, with backoff after failures.

A feed may have several pages. Cache validators are stored only after all entries are imported, so
that nothing is lost if a poll is interrupted or an entry is rejected.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from io import BytesIO
from threading import Lock
from typing import Any
from urllib.parse import urlsplit
from zlib import crc32

from sqlalchemy import select

from app.api.audit_log import Actor
from app.db.database import Database, Reader, Row
from app.db.leases import acquire_lease, lease_is_free, release_lease, renew_lease
from app.db.models import FeedSource
from app.domain.clock import current_instant
from app.domain.dates import now
from app.http.client import ForbiddenUrl, RequestFailed, check_url
from app.ingest.entries import Input, Reject, SourcePicture
from app.ingest.fetching import FetchResult, fetch_url, resolve_redirect
from app.ingest.horizon import record_look
from app.ingest.pictures import bring_pictures
from app.ingest.pipeline import run_import
from app.ingest.registry import FORMATS
from app.ingest.report import EntryResult, ImportOutcome, ImportReport
from app.ingest.request_budget import (
    RequestBudgetExhausted,
    block_host,
    reserve_request,
)

logger = logging.getLogger("zarya")

SOURCE_LEASE_DURATION = timedelta(minutes=5)
"""Duration of a lease; longer than any poll."""

MAX_POLL_PAGES = 10

_NO_LOOK = {"next_page": None, "look_started_at": None}
"""Column values of a source without an unfinished look."""

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
    look = _Look(database, source, allow_private)
    error: str | None = None
    try:
        values = look.read_pages()
    except _LeaseLost:
        return PollResult(look.report, None)
    except RequestBudgetExhausted as exhausted:
        values, error = {"next_at": exhausted.retry_at}, str(exhausted)
    except (ForbiddenUrl, RequestFailed) as failed:
        values = _values_after_failure(source, str(failed) or type(failed).__name__)
    except Exception as failed:
        logger.error("source %s: %s", id_, type(failed).__name__, exc_info=failed)
        reason = f"{type(failed).__name__} during the import; see the log."
        values = _values_after_failure(source, reason)
    # The lease is lost if an editor has changed the URL in the meantime.
    polled = release_lease(database, FeedSource, look.source, values | {"checked_at": now()})
    if polled is not None and values.get("looked_at") is not None:
        with database.session() as session:
            record_look(session, _actor_of(polled), polled)
    return PollResult(look.report, error or values.get("last_error"))


def _actor_of(source: Row) -> Actor:
    return Actor(f"source {source['id']}", source["name"])


class _LeaseLost(Exception):
    """Another process, or an editor, has taken over the source."""


class _Look:
    """A look at a source: the first page of its feed, and those that follow it.

    A look that is interrupted by the budget of requests or by the limit of pages continues with the
    next poll; after a failure, the next poll starts another look.
    """

    def __init__(self, database: Database, source: Row, allow_private: bool) -> None:
        self._database = database
        self._allow_private = allow_private
        self._format = FORMATS[source["format"]]
        self._reason = ""
        """Reason of the first reject."""
        self.source = source
        self.report: ImportReport | None = None
        """Entries of this poll; None if nothing was fetched."""

    def read_pages(self) -> dict[str, Any]:
        """Import the pages. Returns the column values after the poll.

        Raises `RequestBudgetExhausted`, `ForbiddenUrl`, `RequestFailed`, `_LeaseLost`.
        """
        if self.source["next_page"] is None:
            self._renew(look_started_at=now())
        for _ in range(MAX_POLL_PAGES):
            is_first = self.source["next_page"] is None
            response = self._fetch(self.source["next_page"] or self.source["address"], is_first)
            if response.status == 304:
                self.report = ImportReport()
                return self._values_after_last_page({})
            if response.status != 200:
                return self._values_after_http_error(response)
            page = self._build_input(response)
            self._import_page(page)
            next_page = self._format.find_next_page(page)
            if next_page is None:
                return self._values_after_last_page(_cache_validators(response) if is_first else {})
            self._continue_with(resolve_next_page(response.url, next_page, self._allow_private))
        return _values_after_success(self.source) | self._outcome()

    def _fetch(self, url: str, is_first: bool) -> FetchResult:
        return fetch_url(
            url,
            self.source["etag"] if is_first else None,
            self.source["last_modified"] if is_first else None,
            allow_private=self._allow_private,
            before_request=partial(reserve_request, self._database),
        )

    def _build_input(self, response: FetchResult) -> Input:
        return Input(
            self.source["address"],
            lambda: BytesIO(response.body),
            language=self.source["language"],
            source=self.source["address"],
            base_url=response.url,
        )

    def _import_page(self, page: Input) -> None:
        """Import a page, and add its entries to the report."""

        def note_first(_input: Input, reject: Reject) -> None:
            if reject.is_error and not self._reason:
                self._reason = f"line {reject.line}, {reject.field}: {reject.reason}"

        pictures = list[SourcePicture]()

        def note_picture(_input: Input, result: EntryResult) -> None:
            is_written = result.outcome in {ImportOutcome.CREATED, ImportOutcome.UPDATED}
            if is_written and result.entry.picture:
                pictures.append(result.entry.picture)

        with _IMPORT_LOCK:
            report = run_import(
                self._database,
                self._format,
                [page],
                actor=_actor_of(self.source),
                publish=self.source["trusted"],
                on_reject=note_first,
                on_result=note_picture,
            )
        self.report = report + (self.report or ImportReport())
        if report.rejected or report.proposed:
            self._renew(look_started_at=None)
        wants_pictures = self.source["pictures"]
        if self.source["trusted"] if wants_pictures is None else wants_pictures:
            self._bring_pictures(pictures)

    def _bring_pictures(self, pictures: list[SourcePicture]) -> None:
        """Fetch the pictures of written entries; those over the budget of their host are left."""

        def before_request(url: str) -> None:
            self._renew()
            reserve_request(self._database, url)

        try:
            bring_pictures(
                self._database,
                _actor_of(self.source),
                pictures,
                allow_private=self._allow_private,
                before_request=before_request,
            )
        except RequestBudgetExhausted as exhausted:
            logger.warning("source %s: further pictures are left: %s", self.source["id"], exhausted)

    def _continue_with(self, next_page: str) -> None:
        self._renew(next_page=next_page, etag=None, last_modified=None)

    def _renew(self, **values: Any) -> None:
        """Store `values`, and extend the lease."""
        renewed = renew_lease(
            self._database, FeedSource, self.source, SOURCE_LEASE_DURATION, values
        )
        if renewed is None:
            raise _LeaseLost
        self.source = renewed

    def _outcome(self) -> dict[str, Any]:
        """Report of this poll, and the reason of its first reject, as column values."""
        report = self.report or ImportReport()
        if not report.rejected:
            return {"last_report": vars(report)}
        error = _error_line(f"{report.rejected} rejected, the first: {self._reason}")
        return {"last_report": vars(report), "last_error": error}

    def _values_after_last_page(self, validators: dict[str, Any]) -> dict[str, Any]:
        report = self.report or ImportReport()
        values = self._outcome() if sum(vars(report).values()) else {}
        if report.rejected and report.rejected == sum(vars(report).values()):
            reason = f"No entry could be imported: {self._reason}"
            return values | _values_after_failure(self.source, reason)
        values = _values_after_success(self.source) | values | _NO_LOOK
        if self.source["look_started_at"] is None:
            return values
        return values | validators | {"looked_at": self.source["look_started_at"]}

    def _values_after_http_error(self, response: FetchResult) -> dict[str, Any]:
        reason = f"HTTP status {response.status}."
        if response.status == 410:
            disabled = {"enabled": False, "disabled_reason": "HTTP status 410 (Gone)."}
            return _values_after_failure(self.source, reason) | disabled
        wait = min(_parse_retry_after(response.headers), _MAX_BACKOFF_DURATION)
        values = _values_after_failure(self.source, reason, wait)
        if response.status == 429 and wait > timedelta():
            block_host(self._database, response.url, now() + wait)
            values |= {name: self.source[name] for name in _NO_LOOK}  # continue there
        return values


def resolve_next_page(url: str, link: str, allow_private: bool) -> str:
    """Resolve the link to the page after `url`. Raises `ForbiddenUrl` if it is on another host."""
    next_page = resolve_redirect(url, link)
    check_url(next_page, allow_private)
    if urlsplit(next_page).netloc != urlsplit(url).netloc:
        raise ForbiddenUrl("The next page is on another host.")
    return next_page


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
        **_NO_LOOK,
    }


def _error_line(text: str) -> str:
    return " ".join(text.split())[:_MAX_ERROR_CHARS]


def _parse_retry_after(headers: Mapping[str, str]) -> timedelta:
    """Parse `Retry-After`, in seconds or as a date; zero if it is missing or invalid."""
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return timedelta(seconds=int(value[:9]))
    try:
        at = parsedate_to_datetime(value)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)) - current_instant()
    except (ValueError, TypeError, OverflowError):
        return timedelta()

"""Looking at sources: when they are due, by one process at a time, less often where it fails.

What was fetched is kept as seen only once all of it has been taken in: nothing is lost where a
look is broken off.
"""

import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from io import BytesIO
from typing import Any

from sqlalchemy import or_, select, update

from app.database import Database, Reader, Row
from app.dates import now
from app.importers.entries import Input
from app.importers.formats import FORMATS
from app.importers.run import Report, run
from app.models import Source
from app.outbound import Failed, Refused
from app.sources.fetching import Fetched, fetch
from app.trail import Actor

logger = logging.getLogger("zarya")

LEASE = timedelta(minutes=5)
"""For how long a process has a source for itself: longer than any look takes."""

LONGEST_WAIT = timedelta(days=1)
LONGEST_ERROR = 300


def due(reader: Reader) -> list[int]:
    """The sources to look at now, that no process is looking at."""
    found = select(Source.id).where(Source.enabled, Source.next_at <= now(), _free())
    return [row["id"] for row in reader.all(found.order_by(Source.next_at, Source.id))]


def _free() -> Any:
    return or_(Source.leased_until.is_(None), Source.leased_until <= now())


def poll(database: Database, id_: int, allow_private: bool) -> Report | None:
    """Look at the source `id_`, and take in what is new. None where that failed, or is under way.

    Whatever goes wrong is the source's failure, and told in it.
    """
    source = _lease(database, id_)
    if source is None:
        return None
    report = None
    try:
        answer = fetch(
            source["address"], source["etag"], source["last_modified"], allow_private=allow_private
        )
        if answer.status == 304:
            report, kept = Report(), _looked(source)
        elif answer.status == 200:
            report = _take(database, source, answer)
            kept = _looked(source) | _seen(answer) | {"last_report": vars(report)}
        else:
            kept = _refused(source, answer)
    except (Refused, Failed) as error:
        kept = _failed(source, str(error) or type(error).__name__)
    except Exception as error:
        logger.error("source %s: %s", id_, type(error).__name__, exc_info=error)
        kept = _failed(source, f"{type(error).__name__} as it was taken in; see the log.")
    with database.session() as session:
        free = {"leased_until": None, "checked_at": now()}
        session.execute(update(Source).where(Source.id == id_).values(kept | free))
    return report


def _lease(database: Database, id_: int) -> Row | None:
    taken = update(Source).where(Source.id == id_, _free()).values(leased_until=now() + LEASE)
    with database.session() as session:
        columns = Source.__table__.columns
        row = session.execute(taken.returning(*columns)).mappings().first()
        return None if row is None else dict(row)


def _take(database: Database, source: Row, answer: Fetched) -> Report:
    given = Input(source["address"], lambda: BytesIO(answer.body), language=source["language"])
    actor = Actor(f"source {source['id']}", source["name"])
    form = FORMATS[source["format"]]
    return run(database, form, [given], actor=actor, publish=source["trusted"])


def _looked(source: Row) -> dict[str, Any]:
    wait = timedelta(minutes=source["every_minutes"])
    return {"failures": 0, "last_error": None, "next_at": now() + wait}


def _seen(answer: Fetched) -> dict[str, Any]:
    """What the next look tells the other side that we have."""
    etag, modified = answer.headers.get("etag"), answer.headers.get("last-modified")
    return {
        "etag": etag if etag and len(etag) <= 300 and etag.isascii() else None,
        "last_modified": modified if modified and len(modified) <= 100 else None,
    }


def _failed(source: Row, reason: str, wait: timedelta | None = None) -> dict[str, Any]:
    """One failure more: each doubles the time to the next look, up to a day."""
    doubled = timedelta(minutes=source["every_minutes"]) * 2 ** min(source["failures"], 20)
    pause = min(max(doubled, wait or timedelta()), LONGEST_WAIT)
    return {
        "failures": source["failures"] + 1,
        "last_error": " ".join(reason.split())[:LONGEST_ERROR],
        "next_at": now() + pause,
    }


def _refused(source: Row, answer: Fetched) -> dict[str, Any]:
    if answer.status == 410:
        gone = {"enabled": False, "disabled_reason": "It answered 410: it is gone."}
        return _failed(source, "It answered 410.") | gone
    return _failed(source, f"It answered {answer.status}.", _retry_after(answer.headers))


def _retry_after(headers: Mapping[str, str]) -> timedelta | None:
    """How long the other side asks to be left alone."""
    told = headers.get("retry-after", "").strip()
    if told.isascii() and told.isdigit():
        return timedelta(seconds=min(int(told[:9]), 86400))
    try:
        at = parsedate_to_datetime(told)
    except (ValueError, TypeError):
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)) - datetime.now(UTC)

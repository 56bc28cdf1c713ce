"""Recognised launches: records that existed before, whose schedule follows a source.

A planned launch takes a change of the source if both agreed before: a slip is a slip. What an
editor has changed since is not touched.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.db.models import ImportOrigin, Launch
from app.domain.dates import Precision, period_bounds
from app.domain.enums import LaunchStatus, RecordType
from app.ingest.apply import change_record
from app.ingest.entries import ImportEntry

_TIME_FIELDS = ("launch_at", "launch_at_precision", "launch_at_uncertain")
_WINDOW_FIELDS = ("window_starts_at", "window_ends_at")
_STATUSES_THAT_FOLLOW = (LaunchStatus.PLANNED, LaunchStatus.IN_FLIGHT)


def read_schedule(entry: ImportEntry) -> dict[str, Any] | None:
    """Status and time that an entry states of its launch; None for other records."""
    if entry.type is not RecordType.LAUNCH:
        return None
    return {name: entry.data.get(name) for name in ("status", *_TIME_FIELDS)}


def follow_schedule(session: Session, entry: ImportEntry, origin: ImportOrigin) -> str:
    """Apply what a source has changed to the recognised launch of `origin`.

    Returns the slug of the launch, or "" if nothing changed. Raises InvalidRequest or Conflict.
    """
    before, after = origin.schedule, read_schedule(entry)
    origin.schedule = after
    launch = session.get(Launch, origin.record_id, with_for_update=True)
    if before is None or after is None or launch is None:
        return ""
    if launch.status not in _STATUSES_THAT_FOLLOW:
        return ""
    changes: dict[str, Any] = {}
    if before["status"] != after["status"] and before["status"] == launch.status:
        changes["status"] = after["status"]
    if any(before[name] != after[name] for name in _TIME_FIELDS) and _has_time(launch, before):
        changes |= {name: after[name] for name in _TIME_FIELDS}
        changes |= {name: entry.data.get(name) for name in _WINDOW_FIELDS}
    return change_record(session, launch, changes) if changes else ""


def _has_time(launch: Launch, schedule: Mapping[str, Any]) -> bool:
    """True if the time of `launch` and that of `schedule` can be the same, in their precision."""
    at = datetime.fromisoformat(schedule["launch_at"])
    start, end = period_bounds(at, Precision(schedule["launch_at_precision"]))
    return start < launch.launch_until and launch.launch_at < end

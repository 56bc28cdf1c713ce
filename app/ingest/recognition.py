"""Recognised records: launches and missions that existed before, and follow a source.

Only what time changes follows: schedules, crews, landings and ends. Of what is still ahead, a
record takes a change of the source if both agreed before: a slip is a slip. A record that no editor
has written takes the first statement of a source too, as the embedded archive is older than it.
What the record does not know yet, a landing or an end, it takes from the source in any case.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.models import Flight, ImportOrigin, Launch, Mission, Person
from app.domain.dates import Precision, format_rfc3339_utc, now, period_bounds
from app.domain.enums import FLOWN_STATUSES, CrewRole, LaunchStatus, RecordType
from app.ingest.apply import change_record
from app.ingest.entries import ImportEntry, Landing
from app.resources.imported_records import SCHEDULE_TIME_FIELDS, read_schedule
from app.resources.registry import RECORD_RESOURCES

_Document = Mapping[str, Any]
_Schedule = Mapping[str, Any]

_WINDOW_FIELDS = ("window_starts_at", "window_ends_at")
_STATUSES_THAT_FOLLOW = (LaunchStatus.PLANNED, LaunchStatus.IN_FLIGHT)


def follow_source(
    session: Session, entry: ImportEntry, origin: ImportOrigin, *, is_first: bool = False
) -> str:
    """Apply what a source has changed to the recognised record of `origin`.

    `is_first` is true for the first form of the entry. Returns the slug of the record, or "" if
    nothing changed. Raises InvalidRequest or Conflict.
    """
    before, after = origin.schedule, read_schedule(entry.type, entry.data)
    origin.schedule = after
    resource = RECORD_RESOURCES[entry.type]
    record = session.get(resource.model, origin.record_id, with_for_update=True)
    if after is None or not isinstance(record, Launch | Mission):
        return ""
    ours = resource.extract_document(resource.writer.snapshot(session, record))
    if is_first:
        before = None if record.edited else read_schedule(entry.type, ours)
    if isinstance(record, Launch):
        changes = _follow_launch(record, entry, ours, before, after, is_first=is_first)
    else:
        changes = _follow_mission(record, entry, ours, before, after)
    if not changes:
        return ""
    record.edited = True  # loading the embedded archive would revert it
    return change_record(session, record, changes)


def _follow_launch(
    launch: Launch,
    entry: ImportEntry,
    ours: _Document,
    before: _Schedule | None,
    after: _Schedule,
    *,
    is_first: bool,
) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if before is not None and launch.status in _STATUSES_THAT_FOLLOW:
        if before["status"] != after["status"] and before["status"] == launch.status:
            changes["status"] = after["status"]
        has_slipped = any(before[name] != after[name] for name in SCHEDULE_TIME_FIELDS)
        if has_slipped and _has_time(launch, before) and not (is_first and _says(after, launch)):
            changes |= {name: after[name] for name in SCHEDULE_TIME_FIELDS}
            changes |= {name: entry.data.get(name) for name in _WINDOW_FIELDS}
    crew = _follow_launch_crew(launch, entry, ours, before)
    if crew != ours["crew"]:
        changes["crew"] = crew
        changes["crewed"] = ours["crewed"] or bool(crew)
    return changes


def _has_time(launch: Launch, schedule: _Schedule) -> bool:
    """True if the time of `launch` and that of `schedule` can be the same, in their precision."""
    start, end = _period_of(schedule)
    ours = period_bounds(launch.launch_at, launch.launch_at_precision)
    return start < ours[1] and ours[0] < end


def _says(schedule: _Schedule, launch: Launch) -> bool:
    """True if a `schedule` says no more than `launch`: its period contains that of the launch."""
    start, end = _period_of(schedule)
    ours = period_bounds(launch.launch_at, launch.launch_at_precision)
    return start <= ours[0] and ours[1] <= end


def _period_of(schedule: _Schedule) -> tuple[datetime, datetime]:
    at = datetime.fromisoformat(schedule["launch_at"])
    return period_bounds(at, Precision(schedule["launch_at_precision"]))


def _follow_launch_crew(
    launch: Launch, entry: ImportEntry, ours: _Document, before: _Schedule | None
) -> list[dict[str, Any]]:
    """Crew of a launch: seats as the source changed them, and the landings that are missing."""
    crew: list[dict[str, Any]] = ours["crew"]
    stated: list[dict[str, Any]] = entry.data.get("crew") or []
    people = {seat["person"] for seat in stated}
    agreed = before is not None and before.get("crew") == sorted(_people_of(crew))
    may_change = launch.status in _STATUSES_THAT_FOLLOW and entry.hints.has_whole_crew
    if not crew or (agreed and people != _people_of(crew) and stated and may_change):
        crew = stated
    landings = {seat["person"]: seat for seat in stated if seat.get("landed_at")}
    return [
        seat
        if seat.get("landed_at") or seat["person"] not in landings
        else seat
        | {
            "landed_at": landings[seat["person"]]["landed_at"],
            "landed_at_precision": landings[seat["person"]]["landed_at_precision"],
            "landed_with": launch.slug,
        }
        for seat in crew
    ]


def _people_of(crew: list[dict[str, Any]]) -> set[str]:
    return {member["person"] for member in crew}


def _follow_mission(
    mission: Mission,
    entry: ImportEntry,
    ours: _Document,
    before: _Schedule | None,
    after: _Schedule,
) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    was_open = mission.ends_at is None or mission.ends_at > now()
    for name, at in (("starts_at", mission.starts_at), ("ends_at", mission.ends_at)):
        fields = (name, f"{name}_precision")
        stated = [after[field] for field in fields]
        mine = [ours[field] for field in fields]
        agreed = before is not None and [before.get(field) for field in fields] == mine
        is_ahead = at is not None and at > now()
        if stated[0] is not None and stated != mine and (at is None or (is_ahead and agreed)):
            changes |= dict(zip(fields, stated, strict=True))
    if was_open and (joined := _find_joined(mission, entry, ours, before)):
        changes["crew"] = [*ours["crew"], *joined]
    return changes


def _find_joined(
    mission: Mission, entry: ImportEntry, ours: _Document, before: _Schedule | None
) -> list[dict[str, Any]]:
    """Crew members of the source whom the mission does not have.

    Those whom the source had before, and an editor has removed, are not among them.
    """
    known = _people_of(ours["crew"])
    if mission.edited:
        known |= set((before or {}).get("crew") or ())
    has_commander = any(member["role"] == CrewRole.COMMANDER for member in ours["crew"])
    joined = []
    for member in entry.data.get("crew") or []:
        if member["person"] not in known:
            is_second = has_commander and member["role"] == CrewRole.COMMANDER
            joined.append(member | ({"role": CrewRole.FLIGHT_ENGINEER} if is_second else {}))
    return joined


def save_landings(session: Session, entry: ImportEntry, launch_id: int) -> None:
    """Save the landings with the ship of the launch `launch_id` of people whom others brought.

    Only of people who are in space, with a launch that has flown. Raises InvalidRequest.
    """
    home = session.get(Launch, launch_id) if entry.landings else None
    if home is None:  # or deleted by an editor
        return
    for landing in entry.landings:
        flight = (
            select(Launch)
            .join(Flight, Flight.launch_id == Launch.id)
            .join(Person, Person.id == Flight.person_id)
            .where(Person.slug == landing.person, Flight.landed_at.is_(None))
            .where(Launch.status.in_(FLOWN_STATUSES), Launch.launch_at < landing.landed_at)
        )
        launch = session.scalar(flight.order_by(Launch.launch_at.desc(), Launch.id).limit(1))
        if launch is not None and launch is not home:
            _save_landing(session, launch, home, landing)


def _save_landing(session: Session, launch: Launch, home: Launch, landing: Landing) -> None:
    resource = RECORD_RESOURCES[RecordType.LAUNCH]
    ours = resource.extract_document(resource.writer.snapshot(session, launch))
    landed = {
        "landed_at": format_rfc3339_utc(landing.landed_at),
        "landed_at_precision": landing.precision,
        "landed_with": home.slug,
    }
    crew = [seat | landed if seat["person"] == landing.person else seat for seat in ours["crew"]]
    launch.edited = True  # loading the embedded archive would revert it
    change_record(session, launch, {"crew": crew})

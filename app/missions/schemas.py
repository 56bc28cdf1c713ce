"""What missions look like, and how they can be asked for."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field

from app.dates import Precision, now, whole_days
from app.models import LaunchRelation
from app.pagination import Page, ViewQuery
from app.parameters import DIGITS, AnyOf, Day, Maybe, Parameters, Slug, Words
from app.refs import At, CrewAssignmentRead, LaunchSummary, MissionRef, Shape, Source
from app.sorting import SortChoice


class MissionStatus(StrEnum):
    """Where a mission stands, by its dates."""

    PLANNED = "planned"
    ACTIVE = "active"
    COMPLETED = "completed"


class MissionSort(SortChoice):
    """The orders that missions can be listed in."""

    NEWEST = "-number"
    OLDEST = "number"


class MissionFilters(Parameters):
    """Which missions."""

    status: AnyOf[MissionStatus] = []
    """Where the mission stands, by its dates."""
    status_not: AnyOf[MissionStatus] = []
    """Where it must not stand."""
    number: AnyOf[Annotated[int, Field(ge=1, le=9999), DIGITS]] = []
    """The number of the expedition."""
    q: Maybe[Words] = None
    """Words that its names and summary hold, all of them."""
    person: AnyOf[Slug] = []
    """Who was in its crew, by slug."""
    active_on: Maybe[Day] = None
    """A day, in UTC, of which the mission had at least a part."""
    starts_on_gte: Maybe[Day] = None
    """Began on this day or later; a date that is not exact counts with all it may be."""
    starts_on_lt: Maybe[Day] = None
    """Began before this day."""
    ends_on_gte: Maybe[Day] = None
    """Ended on this day or later, or has not ended."""
    ends_on_lt: Maybe[Day] = None
    """Ended before this day."""


class MissionQuery(MissionFilters, ViewQuery):
    """A page of missions."""

    sort: MissionSort = MissionSort.NEWEST
    """The order: by number, newest first with the minus."""


class MissionSummary(MissionRef):
    """A mission as lists show it."""

    id: int
    station: str
    status: MissionStatus
    starts_at: At
    starts_at_precision: Precision
    ends_at: At | None
    """The first instant after it, null while nobody knows."""
    ends_at_precision: Precision | None
    duration_days: int | None
    """Full days from start to end, or to now; null before the start."""
    summary: str
    updated_at: At
    version: int

    @classmethod
    def complete(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        starts, ends, moment = row["starts_at"], row["ends_at"], now()
        started = starts <= moment
        return super().complete(row) | {
            "status": status(starts, ends, moment),
            "duration_days": whole_days(starts, ends or moment) if ends or started else None,
        }


class TaskRead(Shape):
    """One of the main tasks of a mission."""

    position: int
    text: str
    derived: bool
    """Whether the archive drew it from the launches and crews on record."""


class MissionLaunchRead(Shape):
    """A launch that served a mission."""

    relation: LaunchRelation
    launch: LaunchSummary

    @classmethod
    def complete(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        return {"launch": dict(row)}


class MissionCounts(Shape):
    """How much there is of what belongs to a mission."""

    crew: int
    """People, however many roles they held."""
    launches: int
    articles: int


class MissionRead(MissionSummary):
    """A mission with all that belongs to it."""

    alternative_names: list[str] = Field(examples=[["Expedition 59"]])
    tasks: list[TaskRead]
    """The mission's main tasks."""
    crew: list[CrewAssignmentRead]
    """Commanders first, then flight engineers by position."""
    launches: list[MissionLaunchRead]
    """The launches that served it, newest first."""
    counts: MissionCounts
    previous: MissionRef | None
    next: MissionRef | None
    sources: list[Source]
    created_at: At


class MissionPage(Page[MissionSummary]):
    """A page of missions in short."""


class MissionFullPage(Page[MissionRead]):
    """A page of whole missions."""


def status(starts_at: datetime, ends_at: datetime | None, moment: datetime) -> MissionStatus:
    """Where a mission stands at `moment`: its interval is half-open, null being no end."""
    if moment < starts_at:
        return MissionStatus.PLANNED
    return MissionStatus.ACTIVE if ends_at is None or moment < ends_at else MissionStatus.COMPLETED

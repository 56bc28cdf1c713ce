"""A mission as a calendar: its launches, its start and its end."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import select

from app.api.embeds import At, MissionRef, launch_events, mission_ref
from app.api.icalendar import Event, WrittenCalendar, standing, written
from app.api.links import authority, link
from app.api.slugs import missing
from app.db.database import Reader
from app.db.models import Launch, Mission, MissionLaunch
from app.domain.clock import has_come
from app.domain.dates import Precision
from app.domain.languages import Both
from app.resources.missions.queries import current_slug

_ENDS = {
    "begins": Both("{} begins", "Начало экспедиции {}"),
    "ends": Both("{} ends", "Окончание экспедиции {}"),
}


class MissionDates(MissionRef):
    """A mission as calendars show it."""

    id: int
    starts_at: At
    starts_at_precision: Precision
    ends_at: At | None
    ends_at_precision: Precision | None
    updated_at: At
    version: int


def get_mission_calendar(reader: Reader, slug: str) -> WrittenCalendar:
    """The calendar of the mission `slug`, of the current one where that is `current`."""
    slug = current_slug(reader) if slug == "current" else slug
    columns = mission_ref().add_columns(
        Mission.id,
        Mission.starts_at,
        Mission.starts_at_precision,
        Mission.ends_at,
        Mission.ends_at_precision,
        Mission.updated_at,
        Mission.version,
    )
    row = reader.first(columns.where(Mission.slug == slug))
    if row is None:
        missing(reader, Mission, slug)
    mission = MissionDates.model_validate(row)
    served = select(MissionLaunch.launch_id).where(MissionLaunch.mission_id == mission.id)
    events = [*_ends(mission), *launch_events(reader, Launch.id.in_(served))]
    return written(mission.title, link("missions", slug, "calendar.ics"), events)


def _ends(mission: MissionDates) -> Iterator[Event]:
    yield _event(mission, "begins", mission.starts_at, mission.starts_at_precision)
    if mission.ends_at and mission.ends_at_precision:
        yield _event(mission, "ends", mission.ends_at, mission.ends_at_precision)


def _event(mission: MissionDates, what: str, at: datetime, precision: Precision) -> Event:
    return Event(
        uid=f"mission-{mission.id}-{what}@{authority()}",
        sequence=mission.version - 1,  # of a mission's dates no slips are kept
        changed_at=mission.updated_at,
        starts_at=at,
        precision=precision,
        ends_at=None,
        standing=standing(precision, done=has_come(at)),
        summary=str(_ENDS[what]).format(mission.name),
        url=mission.url,
    )

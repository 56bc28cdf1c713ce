"""iCalendar of a mission: its start, its end and its launches."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import select

from app.api.embeds.launch_events import list_launch_events
from app.api.embeds.missions import MissionRef, select_mission_ref
from app.api.icalendar import CalendarEvent, RenderedCalendar, get_event_status, render_icalendar
from app.api.links import page_url, tag_authority, url_for_request
from app.api.read_models import UtcInstant
from app.api.slugs import raise_missing_record
from app.db.database import Reader
from app.db.horizon import known_until_subquery
from app.db.models import Launch, Mission, MissionLaunch
from app.domain.dates import Precision
from app.domain.enums import HorizonKind, TimelineKind
from app.domain.event_headlines import build_event_headline
from app.domain.horizon import has_come
from app.domain.languages import current_language
from app.resources.missions.queries import get_current_mission_slug

_KINDS = {"begins": TimelineKind.MISSION_START, "ends": TimelineKind.MISSION_END}


class MissionDates(MissionRef):
    """Mission fields of a calendar."""

    id: int
    starts_at: UtcInstant
    starts_at_precision: Precision
    ends_at: UtcInstant | None
    ends_at_precision: Precision | None
    updated_at: UtcInstant
    version: int
    known_until: UtcInstant | None


def build_mission_calendar(reader: Reader, slug: str) -> RenderedCalendar:
    """Build the calendar of the mission `slug`, or of the current one.

    Raises NotFound, Gone or SlugRenamed.
    """
    slug = get_current_mission_slug(reader) if slug == "current" else slug
    columns = select_mission_ref().add_columns(
        Mission.id,
        Mission.starts_at,
        Mission.starts_at_precision,
        Mission.ends_at,
        Mission.ends_at_precision,
        Mission.updated_at,
        Mission.version,
        known_until_subquery(HorizonKind.CREWS).label("known_until"),
    )
    row = reader.first(columns.where(Mission.slug == slug))
    if row is None:
        raise_missing_record(reader, Mission, slug)
    mission = MissionDates.model_validate(row)
    launch_ids = select(MissionLaunch.launch_id).where(MissionLaunch.mission_id == mission.id)
    events = [*_boundary_events(mission), *list_launch_events(reader, Launch.id.in_(launch_ids))]
    return render_icalendar(
        mission.title,
        url_for_request("missions", slug, "calendar.ics"),
        events,
        mission.known_until,
    )


def _boundary_events(mission: MissionDates) -> Iterator[CalendarEvent]:
    yield _build_event(mission, "begins", mission.starts_at, mission.starts_at_precision)
    if mission.ends_at and mission.ends_at_precision:
        yield _build_event(mission, "ends", mission.ends_at, mission.ends_at_precision)


def _build_event(
    mission: MissionDates, boundary: str, at: datetime, precision: Precision
) -> CalendarEvent:
    return CalendarEvent(
        uid=f"mission-{mission.id}-{boundary}@{tag_authority()}",
        sequence=mission.version - 1,  # changes of its dates are not counted
        changed_at=mission.updated_at,
        starts_at=at,
        precision=precision,
        ends_at=None,
        status=get_event_status(precision, done=has_come(at, mission.known_until)),
        summary=build_event_headline(_KINDS[boundary], mission=mission.name),
        page_url=page_url("missions", mission.slug, language=current_language()),
        json_url=mission.url,
    )

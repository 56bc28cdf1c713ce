"""iCalendar of events."""

from app.api.icalendar import (
    CalendarEvent,
    EventStatus,
    RenderedCalendar,
    get_event_status,
    render_icalendar,
)
from app.api.links import tag_authority, url_for_request
from app.api.lists.pagination import title_with_filters, to_query_params
from app.db.database import Reader
from app.domain.enums import TimelineStatus
from app.domain.languages import current_language, tr
from app.resources.timeline.feed import build_event_page_url
from app.resources.timeline.queries import list_events
from app.resources.timeline.schemas import TimelineFilters, TimelineItem

MAX_EVENT_COUNT = 200
"""Events of a subscription: the newest, those of about two years."""


class DatedEvent(TimelineItem):
    """Event fields of a calendar."""

    version: int
    """Version of the record that the event is derived from."""


def build_timeline_calendar(reader: Reader, filters: TimelineFilters) -> RenderedCalendar:
    """Build the calendar of the newest events that match."""
    params = to_query_params(filters)
    events = list_events(reader, filters, MAX_EVENT_COUNT, DatedEvent)
    return render_icalendar(
        title_with_filters(tr("Zarya timeline", "Заря: хроника станции"), params),
        url_for_request("timeline.ics", **params),
        [_build_event(event) for event in events],
        None,  # each event has a status of its own
    )


def _build_event(event: DatedEvent) -> CalendarEvent:
    done = event.status is TimelineStatus.HAPPENED
    status = get_event_status(event.at_precision, done, event.at_uncertain)
    return CalendarEvent(
        uid=f"timeline-{event.id}@{tag_authority()}",
        sequence=event.version - 1,  # changes of its time are not counted
        changed_at=event.updated_at,
        starts_at=event.at,
        precision=event.at_precision,
        ends_at=None,
        status=EventStatus.CANCELLED if event.status is TimelineStatus.CANCELLED else status,
        summary=event.title,
        page_url=build_event_page_url(event, current_language()),
        json_url=event.url,
    )

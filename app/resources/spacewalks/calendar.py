"""iCalendar of spacewalks."""

from app.api.embeds.spacewalks import SpacewalkSummary, select_spacewalk_summary
from app.api.icalendar import (
    MAX_CALENDAR_EVENTS,
    CalendarEvent,
    RenderedCalendar,
    get_event_status,
    render_icalendar,
)
from app.api.links import page_url, tag_authority, url_for_request
from app.api.lists.pagination import title_with_filters, to_query_params
from app.api.lists.references import check_references
from app.db.database import Reader
from app.db.horizon import get_known_until
from app.domain.enums import HorizonKind
from app.domain.languages import current_language, tr
from app.http.problems import InvalidRequest
from app.resources.spacewalks.queries import REFERENCES, SORTS, conditions, parameter_values
from app.resources.spacewalks.schemas import SpacewalkFilters
from app.search.spelling import find_corrections


def build_spacewalk_calendar(reader: Reader, filters: SpacewalkFilters) -> RenderedCalendar:
    """Build the calendar of the spacewalks that match. Raises InvalidRequest for too many."""
    params = to_query_params(filters)
    corrections = find_corrections(reader, filters.q) if filters.q else {}
    newest = (
        select_spacewalk_summary()
        .where(*conditions(filters, corrections))
        .order_by(*SORTS["-starts_at"].order_by_clauses())
    )
    rows = reader.all(newest.limit(MAX_CALENDAR_EVENTS + 1), **parameter_values(filters))
    if len(rows) > MAX_CALENDAR_EVENTS:
        raise InvalidRequest(
            tr(
                f"More than {MAX_CALENDAR_EVENTS} spacewalks match. "
                "Narrow the request, for example by `starts_at_gte`.",
                f"Подходит больше {MAX_CALENDAR_EVENTS} выходов. "
                "Сузьте запрос, например `starts_at_gte`.",
            )
        )
    check_references(reader, REFERENCES, filters, found=bool(rows))
    return render_icalendar(
        title_with_filters(tr("Zarya spacewalks", "Заря: выходы в открытый космос"), params),
        url_for_request("spacewalks.ics", **params),
        [_build_event(SpacewalkSummary.model_validate(row)) for row in rows],
        get_known_until(reader, HorizonKind.SPACEWALKS),
    )


def _build_event(spacewalk: SpacewalkSummary) -> CalendarEvent:
    is_over = spacewalk.ends_at is not None or spacewalk.duration_seconds is not None
    return CalendarEvent(
        uid=f"spacewalk-{spacewalk.id}@{tag_authority()}",
        sequence=spacewalk.version - 1,  # changes of its time are not counted
        changed_at=spacewalk.updated_at,
        starts_at=spacewalk.starts_at,
        precision=spacewalk.starts_at_precision,
        ends_at=spacewalk.ends_at,
        status=get_event_status(
            spacewalk.starts_at_precision, is_over, spacewalk.starts_at_uncertain
        ),
        summary=spacewalk.title,
        page_url=page_url("spacewalks", spacewalk.slug, language=current_language()),
        json_url=spacewalk.url,
        location=spacewalk.airlock.name if spacewalk.airlock else "",
        description=spacewalk.purpose or "",
    )

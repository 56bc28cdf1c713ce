"""iCalendar of launches."""

from app.api.embeds.launch_events import list_launch_events
from app.api.icalendar import RenderedCalendar, render_icalendar
from app.api.links import url_for_request
from app.api.lists.pagination import title_with_filters, to_query_params
from app.api.lists.references import check_references
from app.db.database import Reader
from app.db.horizon import get_known_until
from app.domain.enums import HorizonKind
from app.domain.languages import tr
from app.resources.launches.queries import REFERENCES, conditions, parameter_values
from app.resources.launches.schemas import LaunchFilters
from app.search.spelling import find_corrections


def build_launch_calendar(reader: Reader, filters: LaunchFilters) -> RenderedCalendar:
    """Build the calendar of the launches that match. Raises InvalidRequest for too many."""
    params = to_query_params(filters)
    corrections = find_corrections(reader, filters.q) if filters.q else {}
    values = parameter_values(filters)
    events = list_launch_events(reader, *conditions(filters, corrections), **values)
    check_references(reader, REFERENCES, filters, found=bool(events))
    return render_icalendar(
        title_with_filters(tr("Zarya launches", "Заря: запуски"), params),
        url_for_request("launches.ics", **params),
        events,
        get_known_until(reader, HorizonKind.LAUNCHES),
    )

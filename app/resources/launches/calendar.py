"""The launches that match, as a calendar."""

from app.api.embeds import launch_events
from app.api.icalendar import WrittenCalendar, written
from app.api.links import link
from app.api.lists.pagination import parameters, titled
from app.db.database import Reader
from app.domain.languages import either
from app.resources.launches.queries import conditions
from app.resources.launches.schemas import LaunchFilters
from app.search.spelling import spellings


def get_launch_calendar(reader: Reader, filters: LaunchFilters) -> WrittenCalendar:
    """The launches that match, cancelled ones too."""
    asked = parameters(filters)
    events = launch_events(reader, *conditions(filters, spellings(reader, filters.q)))
    return written(
        titled(either("Zarya launches", "Заря: запуски"), asked),
        link("launches.ics", **asked),
        events,
    )

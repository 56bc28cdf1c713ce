"""The launches that match, as a calendar."""

from app.calendars import WrittenCalendar, written
from app.database import Reader
from app.languages import either
from app.launches.queries import conditions
from app.launches.schemas import LaunchFilters
from app.links import link
from app.pagination import parameters, titled
from app.refs import launch_events


def get_launch_calendar(reader: Reader, filters: LaunchFilters) -> WrittenCalendar:
    """The launches that match, cancelled ones too."""
    asked = parameters(filters)
    events = launch_events(reader, *conditions(filters))
    return written(
        titled(either("Zarya launches", "Заря: запуски"), asked),
        link("launches.ics", **asked),
        events,
    )

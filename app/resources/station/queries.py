"""Queries of the station at a time."""

from datetime import datetime, timedelta
from functools import lru_cache

from sqlalchemy import ColumnElement

from app.api.date_params import time_zone_or_default
from app.api.embeds.spacewalks import select_spacewalk_summary
from app.db.database import Reader, Row
from app.db.functions import AnySelect
from app.db.models import Spacewalk
from app.domain.clock import has_passed
from app.domain.dates import ONE_SECOND, Precision
from app.domain.enums import HorizonKind
from app.domain.horizon import is_outdated
from app.resources.horizon.queries import get_known_until_by_kind
from app.resources.horizon.schemas import KnownUntil
from app.resources.spacewalks import queries as spacewalks
from app.resources.spacewalks.schemas import SpacewalkFilters
from app.resources.station.crew import find_commander, find_mission_under_way, list_people_aboard
from app.resources.station.moment import (
    Moment,
    find_last_known_day,
    is_at,
    resolve_moment,
)
from app.resources.station.ports import list_attached_modules, list_free_ports, list_ships_at_ports
from app.resources.station.schemas import StationQuery, StationRead
from app.resources.timeline.queries import list_next_events
from app.resources.timeline.schemas import TimelineItem

MAX_NEXT_EVENTS = 5


def get_station(reader: Reader, query: StationQuery) -> StationRead:
    """Get the station at a time. Raises InvalidRequest for a time without it, and NotFound."""
    known_until = get_known_until_by_kind(reader)
    if query.last_known:
        zone = time_zone_or_default(query.tz)
        day = find_last_known_day(known_until, query.last_known, zone)
        query = query.model_copy(update={"on": day})
    moment = resolve_moment(reader, query)
    knows_crews = _are_known(HorizonKind.CREWS, moment, known_until)
    mission = find_mission_under_way(reader, moment) if knows_crews else None
    aboard = list_people_aboard(reader, moment) if knows_crews else None
    knows_ships = _are_known(HorizonKind.DOCKINGS, moment, known_until)
    ships = list_ships_at_ports(reader, moment) if knows_ships else None
    modules = list_attached_modules(reader, moment)
    attached = [row for row in modules if is_at(row, "detached_until", moment.last)]
    masses = [row["mass_kg"] for row in attached]
    knows_spacewalks = _are_known(HorizonKind.SPACEWALKS, moment, known_until)
    return StationRead.model_validate(
        {
            "on": moment.day if moment.is_day else None,
            "at": None if moment.is_present else moment.last,
            "time_zone": moment.zone.key,
            "known_until": known_until,
            "mission": mission,
            "commander": find_commander(mission, aboard, moment.last),
            "aboard": aboard,
            "ships": ships,
            "modules": modules,
            "free_ports": (
                None if ships is None else list_free_ports(reader, moment, ships, attached)
            ),
            "mass_kg": sum(mass for mass in masses if mass is not None),
            "unknown_mass_count": masses.count(None),
            "spacewalks": _list_spacewalks(reader, moment) if knows_spacewalks else None,
            "next": _list_next_events(reader, moment, known_until),
        }
    )


def _are_known(kind: HorizonKind, moment: Moment, known_until: KnownUntil) -> bool:
    """Test if facts of `kind` are known at the moment, or count as present."""
    horizon: datetime | None = getattr(known_until, kind)
    is_behind = horizon is not None and moment.last > horizon
    return not (is_behind and is_outdated(horizon))


def _list_spacewalks(reader: Reader, moment: Moment) -> list[Row]:
    """List the spacewalks of the day."""
    filters = SpacewalkFilters(on=moment.day, tz=moment.zone)
    statement = _select_spacewalks(tuple(spacewalks.conditions(filters)))
    return reader.all(statement, **spacewalks.parameter_values(filters))


@lru_cache(maxsize=8)
def _select_spacewalks(where: tuple[ColumnElement[bool], ...]) -> AnySelect:
    order = Spacewalk.starts_sort_at, Spacewalk.id
    return select_spacewalk_summary().where(*where).order_by(*order)


def _list_next_events(
    reader: Reader, moment: Moment, known_until: KnownUntil
) -> list[TimelineItem]:
    """List the first events after the moment; an answer about the present expires with them."""
    after = moment.last + ONE_SECOND - timedelta(microseconds=1)
    events = list_next_events(reader, after, MAX_NEXT_EVENTS, known_until)
    if moment.is_present:
        for event in events:
            has_passed(event.at)
    # An event of the day without a time sorts at the end of the day in UTC.
    return [e for e in events if e.at_precision != Precision.DAY or e.at.date() > moment.day]

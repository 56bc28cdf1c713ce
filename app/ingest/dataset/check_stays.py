"""Consistency check of stays at the station, and of the ends of flights."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from itertools import combinations

from sqlalchemy import select
from sqlalchemy.orm import aliased

from app.db.database import Reader, Row
from app.db.models import Flight, Launch, Mission, ModuleAttachment, Payload, Port, Stay
from app.domain.dates import Precision, period_bounds, period_start
from app.domain.enums import SpacecraftKind
from app.domain.stays import StayPeriod, is_in_service

_ENDED_BY_ARRIVAL = frozenset({"iss-19", "iss-58"})
"""Missions that ended when the crew of the next one docked."""


def check_stays(reader: Reader) -> Iterator[str]:
    """Describe the inconsistencies of stays with each other, launches, landings and missions."""
    stays = _list_stays(reader)
    yield from _check_order(stays)
    yield from _check_overlaps(stays)
    yield from _check_ports(reader, stays)
    yield from _check_landings(reader, stays)
    yield from _check_mission_ends(reader, stays)


def _list_stays(reader: Reader) -> list[Row]:
    """Stays in order of time, with the launch, and the end of the flight of the main spacecraft."""
    main, before = Payload, aliased(Payload)
    is_main = ~(
        select(before.id)
        .where(before.launch_id == main.launch_id, before.ordinal < main.ordinal)
        .exists()
    )
    return reader.all(
        select(
            Stay.slug,
            Port.slug.label("port"),
            Launch.slug.label("launch"),
            Launch.launch_at,
            main.kind,
            main.flight_ended_at,
            main.flight_ended_at_precision,
            Stay.arrived_at,
            Stay.arrived_at_precision,
            Stay.departed_at,
            Stay.departed_at_precision,
        )
        .join(Port, Port.id == Stay.port_id)
        .join(Launch, Launch.id == Stay.launch_id)
        .join(main, main.launch_id == Launch.id)
        .where(is_main)
        .order_by(Stay.arrived_sort_at, Stay.id)
    )


def _check_order(stays: list[Row]) -> Iterator[str]:
    """Launch, arrival, departure and end of flight in this order."""
    for stay in stays:
        arrival, departure = StayPeriod.of(stay)
        if arrival[1] <= stay["launch_at"]:
            yield f"{stay['slug']}: the arrival is before the launch"
        if departure[1] <= arrival[0]:
            yield f"{stay['slug']}: the departure is before the arrival"
        end = _flight_end(stay)
        if end is not None and end[1] <= departure[0]:
            yield f"{stay['slug']}: the flight ended before the departure"


def _flight_end(stay: Row) -> tuple[datetime, datetime] | None:
    """First instant at which the flight can have ended, and the end of these; None if unknown."""
    if stay["flight_ended_at"] is None:
        return None
    return period_bounds(stay["flight_ended_at"], Precision(stay["flight_ended_at_precision"]))


def _check_overlaps(stays: list[Row]) -> Iterator[str]:
    """One ship at a port at a time, and a ship at one port at a time."""
    for name in ("port", "launch"):
        groups: dict[str, list[Row]] = defaultdict(list)
        for stay in stays:
            groups[stay[name]].append(stay)
        for key, group in groups.items():
            for one, other in combinations(group, 2):
                if StayPeriod.of(one).certainly_overlaps(StayPeriod.of(other)):
                    yield f"{key}: {one['slug']} and {other['slug']} overlap"


def _check_ports(reader: Reader, stays: list[Row]) -> Iterator[str]:
    """Ships arrive at ports in service, of modules that are attached."""
    ports = {
        row["slug"]: row
        for row in reader.all(
            select(Port.slug, Port.module_id, Port.in_service_from, Port.in_service_until)
        )
    }
    attachments: dict[int, list[Row]] = defaultdict(list)
    for row in reader.all(
        select(
            ModuleAttachment.module_id,
            ModuleAttachment.attached_at,
            ModuleAttachment.detached_until,
        )
    ):
        attachments[row["module_id"]].append(row)
    for stay in stays:
        port, arrival = ports[stay["port"]], StayPeriod.of(stay).arrival
        if not is_in_service(port["in_service_from"], port["in_service_until"], arrival):
            yield f"{stay['slug']}: the port was not in service"
        if not any(
            row["attached_at"] < arrival[1] and (row["detached_until"] or arrival[1]) > arrival[0]
            for row in attachments[port["module_id"]]
        ):
            yield f"{stay['slug']}: the module of the port was not attached"


def _check_landings(reader: Reader, stays: list[Row]) -> Iterator[str]:
    """People land after their ship has left, with the one that left last, and its flight ends so.

    Of ships of crews only, and without relocations.
    """
    last = {stay["launch"]: stay for stay in stays if stay["kind"] is SpacecraftKind.SC}
    ship = aliased(Launch)
    landings = reader.all(
        select(ship.slug.label("launch"), Flight.landed_at, Flight.landed_at_precision)
        .distinct()
        .join_from(Flight, ship, ship.id == Flight.landed_with_id)
        .where(Flight.landed_at.is_not(None))
        .order_by(Flight.landed_at, ship.slug)
    )
    for landing in landings:
        stay, slug = last.get(landing["launch"]), landing["launch"]
        if stay is None:
            continue
        landed = period_bounds(landing["landed_at"], Precision(landing["landed_at_precision"]))
        departed = StayPeriod.of(stay).departure
        if landed[1] <= departed[0]:
            yield f"{slug} landed before its departure from {stay['port']}"
        if _flight_end(stay) != landed:
            yield f"{slug} landed at another time than its flight ended"
        for other in last.values():
            left = StayPeriod.of(other).departure
            if departed[1] <= left[0] and left[1] <= landed[0]:
                yield f"{slug} landed, but {other['launch']} left last before"


def _check_mission_ends(reader: Reader, stays: list[Row]) -> Iterator[str]:
    """Each mission that ended with a departure ends when a ship of a crew leaves.

    A relocation is no departure: the ship has a later stay.
    """
    last = {stay["launch"]: stay for stay in stays if stay["kind"] is SpacecraftKind.SC}
    departures = [stay for stay in last.values() if stay["departed_at"] is not None]
    missions = select(Mission.slug, Mission.ends_at, Mission.ends_at_precision)
    ended = missions.where(Mission.ends_at.is_not(None)).order_by(Mission.number)
    for mission in reader.all(ended):
        precision = Precision(mission["ends_at_precision"])
        ends = {period_start(stay["departed_at"], precision) for stay in departures}
        if mission["ends_at"] not in ends and mission["slug"] not in _ENDED_BY_ARRIVAL:
            yield f"{mission['slug']} does not end with a departure"

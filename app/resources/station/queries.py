"""Queries of the station at a time."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, bindparam, case, or_, select
from sqlalchemy.orm import aliased

from app.api.date_params import time_zone_or_default
from app.api.embeds.launches import select_launch_ref
from app.api.embeds.missions import select_mission_ref
from app.api.embeds.modules import select_module_ref, select_port_ref
from app.api.embeds.people import select_person_ref
from app.api.embeds.spacewalks import select_spacewalk_summary
from app.api.embeds.stays import select_stay_summary
from app.api.lists.date_filters import PeriodBounds
from app.api.read_models import instant_of
from app.db.aboard import (
    ABOARD_FROM,
    ABOARD_FROM_PRECISION,
    ABOARD_TO,
    ABOARD_TO_PRECISION,
    ABOARD_UNTIL,
    was_in_space,
)
from app.db.database import Reader, Row
from app.db.functions import AnySelect, ColumnExpression, json_object_subquery
from app.db.models import (
    CrewAssignment,
    Flight,
    Launch,
    Mission,
    Module,
    ModuleAttachment,
    Person,
    Port,
    Spacewalk,
    Stay,
)
from app.db.types import UTCDateTime
from app.domain.clock import current_second, expire_response_at, has_passed
from app.domain.dates import ONE_DAY, ONE_SECOND, Precision, start_of_day
from app.domain.enums import CrewRole, HorizonKind
from app.domain.horizon import is_outdated
from app.domain.languages import tr
from app.http.problems import FieldProblem, InvalidRequest, NotFound
from app.resources.horizon.queries import get_known_until_by_kind
from app.resources.horizon.schemas import KnownUntil
from app.resources.spacewalks import queries as spacewalks
from app.resources.spacewalks.schemas import SpacewalkFilters
from app.resources.station.schemas import StationQuery, StationRead
from app.resources.timeline.queries import list_next_events
from app.resources.timeline.schemas import TimelineItem

MAX_NEXT_EVENTS = 5


@dataclass(frozen=True)
class Moment:
    """Time of an answer: a day or an instant, up to the present."""

    day: date
    """Day in `zone`."""
    zone: ZoneInfo
    is_day: bool
    is_present: bool
    last: datetime
    """The instant, or the last second of the day, or the present."""

    @property
    def bounds(self) -> PeriodBounds:
        """Period of the answer."""
        end = self.last + ONE_SECOND
        if not self.is_day:
            return PeriodBounds(self.last, end, self.last, end, self.last, end)
        bounds = PeriodBounds.of_days(self.day, self.day + ONE_DAY, self.zone)
        return bounds._replace(clock_end=end)


def get_station(reader: Reader, query: StationQuery) -> StationRead:
    """Get the station at a time. Raises InvalidRequest for a time without it, and NotFound."""
    moment = _resolve_moment(reader, query)
    known_until = get_known_until_by_kind(reader)
    facts = Facts(reader, moment, known_until)
    knows_crews = facts.are_known(HorizonKind.CREWS)
    mission = facts.find_mission() if knows_crews else None
    aboard = facts.list_aboard() if knows_crews else None
    ships = facts.list_ships() if facts.are_known(HorizonKind.DOCKINGS) else None
    modules = facts.list_modules()
    attached = [row for row in modules if _is_at(row, "detached_until", moment.last)]
    masses = [row["mass_kg"] for row in attached]
    return StationRead.model_validate(
        {
            "on": moment.day if moment.is_day else None,
            "at": None if moment.is_present else moment.last,
            "time_zone": moment.zone.key,
            "known_until": known_until,
            "mission": mission,
            "commander": _find_commander(mission, aboard, moment.last),
            "aboard": aboard,
            "ships": ships,
            "modules": modules,
            "free_ports": None if ships is None else facts.list_free_ports(ships, attached),
            "mass_kg": sum(mass for mass in masses if mass is not None),
            "unknown_mass_count": masses.count(None),
            "spacewalks": (
                facts.list_spacewalks() if facts.are_known(HorizonKind.SPACEWALKS) else None
            ),
            "next": facts.list_next_events(),
        }
    )


# --- The time -------------------------------------------------------------------------------------


@cache
def _select_first_attachment() -> AnySelect:
    order = ModuleAttachment.attached_sort_at, ModuleAttachment.id
    return select(ModuleAttachment.attached_at).order_by(*order).limit(1)


def _resolve_moment(reader: Reader, query: StationQuery) -> Moment:
    """Resolve the time of a request. Raises InvalidRequest for one without the station."""
    first_at = reader.scalar(_select_first_attachment())
    if first_at is None:
        raise NotFound(
            tr("The archive has no modules. See /v1/modules.", "В архиве нет модулей: /v1/modules.")
        )
    moment, present = _parse_moment(query), current_second()
    name = "on" if query.on else "at"
    local = moment.last.astimezone(moment.zone)
    if not moment.is_present and moment.last > present:
        today = f"{present.astimezone(moment.zone):%Y-%m-%d}"
        detail = tr(
            f"The time is ahead. Today is {today}; for what is planned, see /v1/timeline.",
            f"Это время ещё не наступило. Сегодня {today}; планы: /v1/timeline.",
        )
        raise InvalidRequest(detail, FieldProblem(parameter=name, code="in-future", detail=detail))
    if moment.last < first_at:
        first_day = f"{first_at.astimezone(moment.zone):%Y-%m-%d}"
        detail = tr(
            f"There was no station on {local:%Y-%m-%d}. Its first day is {first_day}.",
            f"{local:%Y-%m-%d} станции ещё не было. Её первый день: {first_day}.",
        )
        raise InvalidRequest(
            detail, FieldProblem(parameter=name, code="before-station", detail=detail)
        )
    return moment


def _parse_moment(query: StationQuery) -> Moment:
    """The time of a request; a day that is not over ends at the present."""
    zone, present = time_zone_or_default(query.tz), current_second()
    today = present.astimezone(zone).date()
    if query.at:
        last = query.at.replace(microsecond=0).astimezone(UTC)
        return Moment(last.astimezone(zone).date(), zone, False, False, last)
    day = query.on or today
    tomorrow = start_of_day(today + ONE_DAY, zone)
    if day == today:
        expire_response_at(tomorrow)
        return Moment(day, zone, query.on is not None, True, present)
    last = start_of_day(day + ONE_DAY, zone) - ONE_SECOND
    return Moment(day, zone, True, False, last)


# --- The facts ------------------------------------------------------------------------------------

_instant = UTCDateTime()


def _is_there(
    start: ColumnExpression,
    start_precision: ColumnExpression,
    end: ColumnExpression,
    until: ColumnExpression,
    end_precision: ColumnExpression,
) -> ColumnElement[bool]:
    """Condition: the time from `start` to `end` overlaps the period of the answer.

    A day alone is the same day in every zone. `until` is the end of the period that `end` starts.
    """

    def bound(precision: ColumnExpression, edge: str) -> ColumnElement[datetime]:
        by_day, by_clock = (
            bindparam(f"{kind}_{edge}", type_=_instant) for kind in ("day", "clock")
        )
        return case((precision == Precision.DAY, by_day), else_=by_clock)

    return and_(
        start < bound(start_precision, "end"),
        or_(end.is_(None), until > bound(end_precision, "start")),
    )


def _is_at(row: Row, until: str, at: datetime) -> bool:
    """Test if the state of `row`, which overlaps the period that ends with `at`, lasts then."""
    return row[until] is None or row[until] > at


@dataclass(frozen=True)
class Facts:
    """Facts about a moment; each method runs one statement."""

    reader: Reader
    moment: Moment
    known_until: KnownUntil

    def are_known(self, kind: HorizonKind) -> bool:
        """Test if facts of `kind` are known at the moment, or count as present."""
        known_until: datetime | None = getattr(self.known_until, kind)
        is_behind = known_until is not None and self.moment.last > known_until
        return not (is_behind and is_outdated(known_until))

    def find_mission(self) -> Row | None:
        """Find the mission under way, with its commander."""
        row = self.reader.first(_select_mission(), at=self.moment.last, day=self.moment.day)
        if row is None or row["starts_at"] > self.moment.last:
            return None
        return row

    def list_aboard(self) -> list[Row]:
        """List the people aboard, with their missions."""
        values = self._period() | {"at": self.moment.last, "day": self.moment.day}
        return self.reader.all(_select_aboard(), **values)

    def list_ships(self) -> list[Row]:
        """List the ships at the ports."""
        return self.reader.all(_select_ships(), **self._period())

    def list_modules(self) -> list[Row]:
        """List the modules at their places."""
        return self.reader.all(_select_modules(), **self._period())

    def list_free_ports(self, ships: list[Row], modules: list[Row]) -> list[Row]:
        """List the ports of `modules` that are in service and at which nothing is."""
        at = self.moment.last
        docked = [row for row in ships if _is_at(row, "departed_until", at)]
        taken = {row["port"]["slug"] for row in [*docked, *modules] if row["port"]}
        attached = {row["module"]["slug"] for row in modules}
        ports = self.reader.all(_select_ports(), day=self.moment.day)
        return [
            port
            for port in ports
            if port["module"]["slug"] in attached and port["slug"] not in taken
        ]

    def list_spacewalks(self) -> list[Row]:
        """List the spacewalks of the day."""
        filters = SpacewalkFilters(on=self.moment.day, tz=self.moment.zone)
        statement = _select_spacewalks(tuple(spacewalks.conditions(filters)))
        return self.reader.all(statement, **spacewalks.parameter_values(filters))

    def list_next_events(self) -> list[TimelineItem]:
        """List the first events after the moment; an answer about the present expires with them."""
        last, day = self.moment.last, self.moment.day
        after = last + ONE_SECOND - timedelta(microseconds=1)
        events = list_next_events(self.reader, after, MAX_NEXT_EVENTS, self.known_until)
        if self.moment.is_present:
            for event in events:
                has_passed(event.at)
        # An event of the day without a time sorts at the end of the day in UTC.
        return [e for e in events if e.at_precision != Precision.DAY or e.at.date() > day]

    def _period(self) -> dict[str, Any]:
        return self.moment.bounds._asdict()


def _find_commander(
    mission: Row | None, aboard: list[Row] | None, at: datetime
) -> dict[str, Any] | None:
    """Fields of a `Commander`, of the commander of `mission` if that person is aboard."""
    commander = mission and mission["commander"]
    present = {row["person"]["slug"] for row in aboard or () if _is_at(row, "aboard_until", at)}
    if mission is None or commander is None or commander["slug"] not in present:
        return None
    since, precision = mission["starts_at"], mission["starts_at_precision"]
    if mission["previous_ends_at"] and mission["previous_ends_at"] > since:
        since, precision = mission["previous_ends_at"], mission["previous_ends_at_precision"]
    if commander["from_on"]:
        since, precision = instant_of(commander["from_on"]), Precision.DAY
    return {"person": commander, "since": since, "since_precision": precision}


def _has_role_on(assignment: type[CrewAssignment]) -> ColumnElement[bool]:
    day = bindparam("day", type_=CrewAssignment.from_on.type)
    return and_(
        or_(assignment.from_on.is_(None), assignment.from_on <= day),
        or_(assignment.to_on.is_(None), assignment.to_on >= day),
    )


@cache
def _select_mission() -> AnySelect:
    """Select the first mission to end from `at` on."""
    previous, assignment, person = aliased(Mission), aliased(CrewAssignment), aliased(Person)
    commander = (
        select_person_ref(person)
        .add_columns(assignment.from_on)
        .join(assignment, assignment.person_id == person.id)
        .where(
            assignment.mission_id == Mission.id,
            assignment.role == CrewRole.COMMANDER,
            _has_role_on(assignment),
        )
        # The last one to take command on the day.
        .order_by(assignment.from_on.is_not(None).desc(), assignment.from_on.desc())
        .limit(1)
    )
    before = previous.number == Mission.number - 1
    ends = {
        "previous_ends_at": previous.ends_at,
        "previous_ends_at_precision": previous.ends_at_precision,
    }
    return (
        select_mission_ref()
        .add_columns(
            Mission.id,
            Mission.starts_at,
            Mission.starts_at_precision,
            json_object_subquery(commander).label("commander"),
            *(column.label(name) for name, column in ends.items()),
        )
        .outerjoin(previous, before)
        .where(Mission.ends_sort_at >= bindparam("at", type_=_instant))
        .order_by(Mission.ends_sort_at, Mission.number)
        .limit(1)
    )


@cache
def _select_aboard() -> AnySelect:
    """Select the people aboard, each with the first mission to end that they are in."""
    assignment, person, mission = aliased(CrewAssignment), aliased(Person), aliased(Mission)
    at = bindparam("at", type_=_instant)
    role = (
        select_mission_ref(mission)
        .add_columns(assignment.role)
        .join(assignment, assignment.mission_id == mission.id)
        .where(
            assignment.person_id == Flight.person_id,
            mission.starts_sort_at <= at,
            mission.ends_sort_at >= at,
            _has_role_on(assignment),
        )
        .order_by(
            mission.ends_sort_at,
            assignment.from_on.is_not(None).desc(),
            assignment.from_on.desc(),
        )
        .limit(1)
    )
    ref, up = select_person_ref(person), aliased(Launch)
    first, end = (bindparam(name, type_=_instant) for name in ("low", "high"))
    return (
        select(
            json_object_subquery(ref.where(person.id == Flight.person_id)).label("person"),
            json_object_subquery(select_launch_ref(up).where(up.id == Flight.launch_id)).label(
                "launch"
            ),
            json_object_subquery(role).label("mission"),
            ABOARD_FROM.label("since"),
            ABOARD_FROM_PRECISION.label("since_precision"),
            ABOARD_TO.label("until"),
            ABOARD_TO_PRECISION.label("until_precision"),
            ABOARD_UNTIL.label("aboard_until"),
        )
        .join(Launch, Launch.id == Flight.launch_id)
        .where(
            was_in_space(first, end),
            _is_there(
                ABOARD_FROM, ABOARD_FROM_PRECISION, ABOARD_TO, ABOARD_UNTIL, ABOARD_TO_PRECISION
            ),
        )
        .order_by(ABOARD_FROM, Launch.launch_sort_at, Flight.ordinal, Flight.id)
    )


@cache
def _select_ships() -> AnySelect:
    there = _is_there(
        Stay.arrived_at,
        Stay.arrived_at_precision,
        Stay.departed_at,
        Stay.departed_until,
        Stay.departed_at_precision,
    )
    rows = select_stay_summary().add_columns(Stay.departed_until)
    return rows.where(there).order_by(Stay.arrived_sort_at, Stay.id)


@cache
def _select_modules() -> AnySelect:
    port, other = aliased(Port), aliased(Module)
    place = ModuleAttachment
    there = _is_there(
        place.attached_at,
        place.attached_at_precision,
        place.detached_at,
        place.detached_until,
        place.detached_at_precision,
    )
    module, to = select_module_ref(), select_module_ref(other)
    return (
        select(
            json_object_subquery(module.where(Module.id == place.module_id).correlate(place)).label(
                "module"
            ),
            Module.kind,
            Module.mass_kg,
            json_object_subquery(to.where(other.id == place.attached_to_id)).label("attached_to"),
            json_object_subquery(select_port_ref(port).where(port.id == place.port_id)).label(
                "port"
            ),
            place.attached_at,
            place.attached_at_precision,
            place.detached_at,
            place.detached_at_precision,
            place.detached_until,
        )
        .join(Module, Module.id == place.module_id)
        .where(there)
        .order_by(place.attached_sort_at, place.id)
    )


@cache
def _select_ports() -> AnySelect:
    """Select the ports in service on `day`."""
    day = bindparam("day", type_=Port.in_service_from.type)
    return (
        select_port_ref()
        .where(
            or_(Port.in_service_from.is_(None), Port.in_service_from <= day),
            or_(Port.in_service_until.is_(None), Port.in_service_until >= day),
        )
        .order_by(Port.slug)
    )


@lru_cache(maxsize=8)
def _select_spacewalks(where: tuple[ColumnElement[bool], ...]) -> AnySelect:
    order = Spacewalk.starts_sort_at, Spacewalk.id
    return select_spacewalk_summary().where(*where).order_by(*order)

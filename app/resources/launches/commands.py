"""How launches are written, with what flew, on what, from where, and with whom."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session, aliased

from app.api.auth import ApiClient
from app.api.embeds import describe_referring_articles
from app.api.links import public_url
from app.api.slugs import set_slug
from app.api.write_models import default_precision, to_record
from app.api.writes.records import RecordWriter
from app.api.writes.relations import raise_field_error, resolve_slugs
from app.db.database import Reader
from app.db.functions import json_array_subquery, json_object_subquery
from app.db.models import (
    ArticleLaunch,
    CrewAssignment,
    Flight,
    Launch,
    Mission,
    MissionLaunch,
    Person,
    Site,
    Spacecraft,
    Vehicle,
)
from app.db.tracking.launch_history import CHANGE_REASON
from app.domain.dates import period_bounds
from app.domain.languages import tr
from app.domain.text import slugify
from app.resources.launches.queries import get_launch, select_launch_history
from app.resources.launches.schemas import (
    LaunchRead,
    LaunchRecord,
    LaunchWrite,
    SeatWrite,
    SiteWrite,
    SpacecraftWrite,
    VehicleWrite,
)


def load_records(reader: Reader, ids: Collection[int]) -> dict[int, LaunchRecord]:
    """The launches with these ids, with all that is kept of them."""
    home = aliased(Launch)
    crew = (
        select(
            Person.slug.label("person"),
            Flight.role,
            home.slug.label("landed_with"),
            Flight.landed_at,
            Flight.landed_at_precision,
        )
        .join(Person, Person.id == Flight.person_id)
        .outerjoin(home, home.id == Flight.landed_with_id)
        .where(Flight.launch_id == Launch.id)
    )
    ships = select(Spacecraft.name, Spacecraft.kind).where(Spacecraft.launch_id == Launch.id)
    vehicle = select(Vehicle.name, Vehicle.family).where(Vehicle.id == Launch.vehicle_id)
    site = select(Site.name, Site.country, Site.code).where(Site.id == Launch.site_id)
    rows = reader.all(
        select(
            *Launch.__table__.columns,
            json_object_subquery(vehicle).label("vehicle"),
            json_object_subquery(site).label("site"),
            json_array_subquery(ships, Spacecraft.ordinal).label("spacecraft"),
            json_array_subquery(crew, Flight.ordinal, Flight.id).label("crew"),
            select_launch_history().label("history"),
        ).where(Launch.id.in_(ids))
    )
    return {row["id"]: _build_record(row) for row in rows}


def _build_record(row: dict[str, Any]) -> LaunchRecord:
    given = row | {"url": public_url("launches", row["slug"])}
    return to_record(LaunchRecord, given)


def read_back(reader: Reader, id_: int) -> tuple[LaunchRead, str]:
    """A launch as everybody sees it, and its address."""
    slug = reader.scalar(select(Launch.slug).where(Launch.id == id_))
    launch = get_launch(reader, slug or "")
    return launch, launch.url


def save(session: Session, launch: Launch, document: LaunchWrite) -> None:
    """Let `launch` take on `document`."""
    session.info[CHANGE_REASON] = document.change_reason
    _check_designator_unique(session, launch, document.cospar_id)
    set_slug(session, launch, document.slug, document.spacecraft[0].name)
    for name in (
        "cospar_id",
        "status",
        "launch_at",
        "launch_at_precision",
        "launch_at_uncertain",
        "window_starts_at",
        "window_ends_at",
        "pad",
        "crewed",
        "outcome_note",
        "outcome_note_ru",
    ):
        setattr(launch, name, getattr(document, name))
    launch.sources = [source.model_dump() for source in document.sources]
    vehicle, site = document.vehicle, document.site
    launch.vehicle_id = _get_or_create_vehicle_id(session, vehicle) if vehicle else None
    launch.site_id = _get_or_create_site_id(session, site) if site else None
    session.add(launch)
    session.flush()
    _set_spacecraft(session, launch, document.spacecraft)
    _set_crew(session, launch, document)


def _check_designator_unique(session: Session, launch: Launch, designator: str | None) -> None:
    same = Launch.cospar_id == designator, Launch.id.is_distinct_from(launch.id)
    if designator and (taken := session.scalar(select(Launch.slug).where(*same))):
        detail = tr(
            f"The launch {taken!r} has this designator.", f"Это обозначение у запуска {taken!r}."
        )
        raise_field_error("/cospar_id", "taken", detail)


def _get_or_create_vehicle_id(session: Session, given: VehicleWrite) -> int:
    known = session.scalar(select(Vehicle).where(Vehicle.slug == slugify(given.name)))
    if known is None:
        return _insert_row(session, Vehicle(name=given.name, family=given.family))
    if slugify(given.family) != known.family_slug:
        detail = tr(
            f"It is known as one of {known.family!r}.",
            f"Известно, что её семейство — {known.family!r}.",
        )
        raise_field_error("/vehicle/family", "contradiction", detail)
    return known.id


def _insert_row(session: Session, new: Vehicle | Site) -> int:
    """Add a row by itself: a flush would write the launch too, which is not complete yet."""
    new.compute_columns()
    model = type(new)
    values = {c.name: getattr(new, c.name) for c in model.__table__.columns if c.name != "id"}
    return session.execute(insert(model).values(values).returning(model.id)).scalar_one()


def _get_or_create_site_id(session: Session, given: SiteWrite) -> int:
    known = session.scalar(select(Site).where(Site.slug == slugify(given.name)))
    if known is None:
        taken = session.scalar(select(Site.id).where(Site.code == given.code))
        code = (
            given.code if given.code and taken is None else _generate_site_code(session, given.name)
        )
        return _insert_row(session, Site(code=code, name=given.name, country=given.country))
    if given.country != known.country:
        detail = tr(
            f"It is known to lie in {known.country!r}.",
            f"Известно, что его страна — {known.country!r}.",
        )
        raise_field_error("/site/country", "contradiction", detail)
    return known.id


def _generate_site_code(session: Session, name: str) -> str:
    number = session.scalar(select(func.count()).select_from(Site)) or 0
    return f"{slugify(name)[:7].strip('-').upper()}-{number}"


def _set_spacecraft(session: Session, launch: Launch, wanted: list[SpacecraftWrite]) -> None:
    own = select(Spacecraft).where(Spacecraft.launch_id == launch.id)
    there = {ship.ordinal: ship for ship in session.scalars(own)}
    first = min(there, default=1)
    for ordinal, given in enumerate(wanted, start=first):
        ship = there.pop(ordinal, None) or Spacecraft(launch_id=launch.id, ordinal=ordinal)
        ship.name, ship.kind = given.name, given.kind
        session.add(ship)
    for ship in there.values():
        session.delete(ship)


def _set_crew(session: Session, launch: Launch, document: LaunchWrite) -> None:
    people = resolve_slugs(
        session, Person, [seat.person for seat in document.crew], "/crew/{}/person"
    )
    own = select(Flight).where(Flight.launch_id == launch.id)
    there = {flight.person_id: flight for flight in session.scalars(own)}
    for place, (seat, person) in enumerate(zip(document.crew, people, strict=True)):
        if person in people[:place]:
            detail = tr("They have a seat already.", "Место для этого человека уже есть.")
            raise_field_error(f"/crew/{place}/person", "repeated", detail)
        home = _find_landing_launch_id(session, place, seat)
        exact = default_precision(seat.landed_at, seat.landed_at_precision)
        if seat.landed_at and exact and period_bounds(seat.landed_at, exact)[1] <= launch.launch_at:
            detail = tr("They return before they leave.", "Возвращение раньше отлёта.")
            raise_field_error(f"/crew/{place}/landed_at", "returns-before-launch", detail)
        flight = there.pop(person, None) or Flight(launch_id=launch.id, person_id=person)
        flight.role, flight.ordinal = seat.role, place + 1
        flight.landed_with_id = home
        flight.landed_at, flight.landed_at_precision = seat.landed_at, exact
        session.add(flight)
    for flight in there.values():
        _check_not_assigned(session, flight)
        session.delete(flight)


def _find_landing_launch_id(session: Session, place: int, seat: SeatWrite) -> int | None:
    if seat.landed_with is None:
        return None
    return resolve_slugs(session, Launch, [seat.landed_with], f"/crew/{place}/landed_with")[0]


def _check_not_assigned(session: Session, flight: Flight) -> None:
    crews = (
        select(Mission.slug)
        .join(CrewAssignment, CrewAssignment.mission_id == Mission.id)
        .where(CrewAssignment.flight_id == flight.id)
    )
    if mission := session.scalar(crews):
        person = session.scalar(select(Person.slug).where(Person.id == flight.person_id))
        detail = tr(
            f"{person!r} came to {mission!r} by this launch. Change that crew first.",
            f"Этим запуском {person!r} попадает в {mission!r}. Сначала измените тот экипаж.",
        )
        raise_field_error("/crew", "in-use", detail)


def referrers(session: Session, launch: Launch, caller: ApiClient) -> list[str]:
    """The missions that a launch served, those who came home by its ship, and its articles."""
    missions = (
        select(Mission.slug)
        .outerjoin(MissionLaunch, MissionLaunch.mission_id == Mission.id)
        .outerjoin(CrewAssignment, CrewAssignment.mission_id == Mission.id)
        .outerjoin(Flight, Flight.id == CrewAssignment.flight_id)
        .where((MissionLaunch.launch_id == launch.id) | (Flight.launch_id == launch.id))
        .distinct()
    )
    up = (
        select(Launch.slug)
        .join(Flight, Flight.launch_id == Launch.id)
        .where(Flight.landed_with_id == launch.id, Launch.id != launch.id)
        .distinct()
    )
    return [
        *(f"the mission {slug}" for slug in sorted(session.scalars(missions))),
        *(f"the crew of {slug}" for slug in sorted(session.scalars(up))),
        *describe_referring_articles(session, ArticleLaunch.launch_id, launch.id, caller),
    ]


WRITER = RecordWriter(Launch, LaunchWrite, save, load_records, read_back, referrers)

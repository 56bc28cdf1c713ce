"""Writes of launches, with their vehicle, site and spacecraft."""

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, func, or_, select
from sqlalchemy.orm import Session, aliased
from sqlalchemy.orm.attributes import flag_modified

from app.api.auth import ApiClient
from app.api.embeds.agencies import select_agency_name
from app.api.embeds.launches import select_spacecraft
from app.api.embeds.sites import SITE, pad_reference
from app.api.embeds.vehicles import find_vehicle, get_vehicle_named
from app.api.links import public_url
from app.api.lists.references import record_reference
from app.api.read_models import instant_of
from app.api.slugs import load_ids, set_slug
from app.api.validation_errors import raise_field_error
from app.api.write_models import to_record
from app.api.writes.agencies import resolve_agency
from app.api.writes.images import select_written_image, set_image
from app.api.writes.records import RecordWriter
from app.api.writes.references import raise_unknown_name, resolve_name
from app.api.writes.referrers import CREW_OF, describe_referrers, describe_referring_articles
from app.db.database import Reader
from app.db.functions import AnySelect, json_array_subquery, json_object_subquery
from app.db.models import (
    ArticleLaunch,
    CrewAssignment,
    Flight,
    Launch,
    LaunchSlip,
    Mission,
    MissionLaunch,
    Pad,
    Payload,
    Person,
    Site,
    Spacecraft,
    Stay,
    Vehicle,
    stored_id,
    vehicle_slug,
)
from app.db.tracking.launch_history import CHANGE_REASON, SLIP_COLUMNS
from app.domain.dates import MAX_INSTANT, now, period_bounds, period_end
from app.domain.enums import (
    LAUNCHED_STATUSES,
    AuditTarget,
    LaunchRelation,
    LaunchStatus,
    SpacecraftKind,
)
from app.domain.languages import tr
from app.domain.text import slugify
from app.resources.agencies.commands import create_missing_agencies
from app.resources.launches.crew_commands import set_launch_crew
from app.resources.launches.queries import get_launch, select_launch_history
from app.resources.launches.schemas import (
    LaunchRecord,
    LaunchWrite,
    SiteWrite,
    SpacecraftWrite,
    VehicleName,
)
from app.resources.sites.commands import add_missing_pad, create_site, find_site
from app.resources.vehicles import commands as vehicles
from app.resources.vehicles.schemas import VehicleWrite


@cache
def _select_records() -> AnySelect:
    home = aliased(Launch)
    crew = (
        select(
            Person.slug.label("person"),
            Flight.role,
            select_agency_name(Flight.agency_id).label("agency"),
            home.slug.label("landed_with"),
            Flight.landed_at,
            Flight.landed_at_precision,
        )
        .join(Person, Person.id == Flight.person_id)
        .outerjoin(home, home.id == Flight.landed_with_id)
        .where(Flight.launch_id == Launch.id)
    )
    ships = select_spacecraft().where(Payload.launch_id == Launch.id)
    vehicle = select(Vehicle.name, Vehicle.family).where(Vehicle.id == Launch.vehicle_id)
    site = select(Site.name, Site.country, Site.code).where(Site.id == Launch.site_id)
    pad = select(func.coalesce(Pad.code, Pad.name)).where(Pad.id == Launch.pad_id)
    return select(
        *Launch.__table__.columns,
        select_written_image(Launch),
        select_agency_name(Launch.provider_id).label("provider"),
        pad.scalar_subquery().label("pad"),
        json_object_subquery(vehicle).label("vehicle"),
        json_object_subquery(site).label("site"),
        json_array_subquery(ships, Payload.ordinal).label("spacecraft"),
        json_array_subquery(crew, Flight.ordinal, Flight.id).label("crew"),
        select_launch_history().label("history"),
    ).where(Launch.id.in_(bindparam("ids")))


def load_records(reader: Reader, ids: Collection[int]) -> dict[int, LaunchRecord]:
    """The complete records of launches by id."""
    rows = reader.all(_select_records(), ids=list(ids))
    return {row["id"]: _build_record(row) for row in rows}


def _build_record(row: dict[str, Any]) -> LaunchRecord:
    return to_record(LaunchRecord, row | {"url": public_url("launches", row["slug"])})


def save(session: Session, launch: Launch, document: LaunchWrite) -> None:
    """Apply `document` to `launch`. Raises InvalidRequest or Conflict."""
    is_new = launch.id is None
    _check_has_come(document)
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
        "crewed",
        "to_station",
        "outcome_note",
        "outcome_note_ru",
        "probability_percent",
        "hold_reason",
    ):
        setattr(launch, name, getattr(document, name))
    launch.links = [link.model_dump(mode="json") for link in document.links]
    launch.sources = [source.model_dump() for source in document.sources]
    set_image(session, launch, document.image)
    launch.provider_id = resolve_agency(session, document.provider, "/provider")
    vehicle = document.vehicle
    launch.vehicle_id = _find_vehicle_id(session, vehicle) if vehicle else None
    site = _get_site(session, document.site) if document.site else None
    launch.site_id = stored_id(site) if site else None
    launch.pad_id = _get_pad_id(session, site, document.pad) if document.pad else None
    session.add(launch)
    session.flush()
    _set_spacecraft(session, launch, document.spacecraft, is_new)
    if not is_new:
        _check_stays(session, launch, document)
    set_launch_crew(session, launch, document, is_new)


def _check_has_come(document: LaunchWrite) -> None:
    if document.status in LAUNCHED_STATUSES and document.launch_at > now():
        detail = tr(
            "The launch is ahead: it can be planned or cancelled.",
            "Запуск ещё впереди: он может быть запланирован или отменён.",
        )
        raise_field_error("/status", "in-future", detail)


def _check_designator_unique(session: Session, launch: Launch, designator: str | None) -> None:
    if designator is None:
        return
    same = Launch.cospar_id == designator, Launch.id.is_distinct_from(launch.id)
    if taken := session.scalar(select(Launch.slug).where(*same)):
        detail = tr(
            f"The launch {taken!r} has this designator.", f"Это обозначение у запуска {taken!r}."
        )
        raise_field_error("/cospar_id", "taken", detail)


def _find_vehicle_id(session: Session, document: VehicleName) -> int:
    vehicle = get_vehicle_named(session, document.name, "/vehicle/name")
    if document.family and vehicle_slug(document.family) != vehicle.family_slug:
        detail = tr(
            f"The vehicle {vehicle.name!r} belongs to the family {vehicle.family!r}.",
            f"Ракета {vehicle.name!r} относится к семейству {vehicle.family!r}.",
        )
        raise_field_error("/vehicle/family", "contradiction", detail)
    return stored_id(vehicle)


def _get_site(session: Session, document: SiteWrite) -> Site:
    """Find the site of a launch. Raises InvalidRequest."""
    site = find_site(session, document.name, document.code)
    if site is None:
        raise_unknown_name(session, SITE, document.name, "/site")
    if document.country and document.country != site.country:
        detail = tr(
            f"The site {site.name!r} is in the country {site.country!r}.",
            f"Космодром {site.name!r} находится в стране {site.country!r}.",
        )
        raise_field_error("/site/country", "contradiction", detail)
    return site


def _get_pad_id(session: Session, site: Site | None, name: str) -> int:
    """Find the pad of a launch from `site`. Raises InvalidRequest."""
    if site is None:
        detail = tr(
            "A pad belongs to a site: name the site.", "Площадка — часть космодрома: назовите его."
        )
        raise_field_error("/pad", "missing-site", detail)
    return resolve_name(session, pad_reference(site), name, "/pad")


def add_missing_references(
    session: Session, documents: Sequence[LaunchWrite]
) -> Sequence[LaunchWrite]:
    """Create the agencies, vehicles, sites and pads that imported launches name, if they are new.

    A vehicle without a family and a site without a country are not created. A pad without a site
    is left out.
    """
    crews = [seat.agency for each in documents for seat in each.crew]
    create_missing_agencies(session, [*crews, *(each.provider for each in documents)])
    return [_add_missing_place(session, _add_missing_vehicle(session, each)) for each in documents]


def _add_missing_vehicle(session: Session, document: LaunchWrite) -> LaunchWrite:
    vehicle = document.vehicle
    if vehicle and vehicle.family and find_vehicle(session, vehicle.name) is None:
        new = VehicleWrite(name=vehicle.name, family=vehicle.family)
        vehicles.save(session, Vehicle(), new)
    return document


def _add_missing_place(session: Session, document: LaunchWrite) -> LaunchWrite:
    reference = document.site
    if reference is None:
        return document.model_copy(update={"pad": None})
    site = find_site(session, reference.name, reference.code)
    if site is None and reference.country:
        site = create_site(session, reference.name, reference.code, reference.country)
    if site and document.pad:
        add_missing_pad(session, site, document.pad)
    return document


def _set_spacecraft(
    session: Session, launch: Launch, documents: list[SpacecraftWrite], is_new: bool
) -> None:
    own = select(Payload).where(Payload.launch_id == stored_id(launch))
    surplus = {} if is_new else {ship.ordinal: ship for ship in session.scalars(own)}
    first = min(surplus, default=1)
    names = [document.slug or slugify(document.name) for document in documents]
    ids = load_ids(session, Spacecraft, names)
    for index, document in enumerate(documents):
        ordinal = first + index
        ship = surplus.pop(ordinal, None) or Payload(launch_id=launch.id, ordinal=ordinal)
        _check_flight_end(launch, index, document)
        if document.slug and document.slug not in ids:
            pointer = f"/spacecraft/{index}/slug"
            raise_unknown_name(session, record_reference(Spacecraft), document.slug, pointer)
        ship.spacecraft_id = ids.get(document.slug or slugify(document.name))
        for name in (
            "name",
            "kind",
            "flight_ended_at",
            "flight_ended_at_precision",
            "end_kind",
        ):
            setattr(ship, name, getattr(document, name))
        session.add(ship)
    for ship in surplus.values():
        session.delete(ship)


def _check_flight_end(launch: Launch, index: int, document: SpacecraftWrite) -> None:
    ended_at, precision = document.flight_ended_at, document.flight_ended_at_precision
    if ended_at and precision and period_bounds(ended_at, precision)[1] <= launch.launch_at:
        detail = tr("The end of the flight is before the launch.", "Конец полёта раньше запуска.")
        raise_field_error(f"/spacecraft/{index}/flight_ended_at", "ends-before-launch", detail)


def _check_stays(session: Session, launch: Launch, document: LaunchWrite) -> None:
    """Check that the launch is before the stays of its main spacecraft, and their end after them.

    A stay without a departure is not refused: the departure follows with the stay.
    """
    main = document.spacecraft[0]
    ended_at, precision = main.flight_ended_at, main.flight_ended_at_precision
    end = period_bounds(ended_at, precision)[1] if ended_at and precision else MAX_INSTANT
    for stay in session.scalars(select(Stay).where(Stay.launch_id == stored_id(launch))):
        if period_end(stay.arrived_at, stay.arrived_at_precision) <= document.launch_at:
            detail = tr(
                f"The launch is after the arrival: {stay.slug!r}.",
                f"Запуск позже прибытия: {stay.slug!r}.",
            )
            raise_field_error("/launch_at", "after-arrival", detail)
        if end <= (stay.departed_at or stay.arrived_at):
            detail = tr(
                f"The end of the flight is before the departure: {stay.slug!r}.",
                f"Конец полёта раньше отбытия: {stay.slug!r}.",
            )
            raise_field_error("/spacecraft/0/flight_ended_at", "before-departure", detail)


def link_to_active_mission(session: Session, launch: Launch) -> None:
    """Make a new launch to the station one of the mission that is active at its time."""
    if not launch.to_station or launch.status is LaunchStatus.CANCELLED:
        return
    active = select(Mission).where(_is_active_at(launch)).order_by(Mission.number.desc())
    mission = session.scalar(active.limit(1).with_for_update())
    if mission is None:
        return
    relation = _choose_relation(session, launch)
    session.add(
        MissionLaunch(mission_id=mission.id, launch_id=stored_id(launch), relation=relation)
    )
    mission.updated_at = now()  # a new version, but not an edit, which would protect the mission
    flag_modified(mission, "updated_at")
    session.flush()


def _is_active_at(launch: Launch) -> ColumnElement[bool]:
    """Condition: the mission is active at the time of `launch`."""
    at = launch.launch_at
    return and_(Mission.starts_at <= at, or_(Mission.ends_at.is_(None), Mission.ends_at > at))


def _choose_relation(session: Session, launch: Launch) -> LaunchRelation:
    kinds = select(Payload.kind).where(Payload.launch_id == stored_id(launch))
    if SpacecraftKind.MODULE in session.scalars(kinds).all():
        return LaunchRelation.MODULE
    return LaunchRelation.CREW_ARRIVAL if launch.crewed else LaunchRelation.CARGO


def referrers(session: Session, launch: Launch, client: ApiClient) -> list[str]:
    """List the missions, articles, stays and crews of other launches that refer to a launch.

    The link of the mission active at its time, which a launch has by default, does not count.
    """
    id_ = stored_id(launch)
    missions = (
        select(Mission.slug)
        .outerjoin(MissionLaunch, MissionLaunch.mission_id == Mission.id)
        .outerjoin(CrewAssignment, CrewAssignment.mission_id == Mission.id)
        .outerjoin(Flight, Flight.id == CrewAssignment.flight_id)
        .where(
            or_(
                and_(MissionLaunch.launch_id == id_, ~_is_active_at(launch)),
                Flight.launch_id == id_,
            )
        )
        .distinct()
    )
    up = (
        select(Launch.slug)
        .join(Flight, Flight.launch_id == Launch.id)
        .where(Flight.landed_with_id == id_, Launch.id != id_)
        .distinct()
    )
    stays = select(Stay.slug).where(Stay.launch_id == id_)
    return [
        *describe_referrers(session, Mission.label.before_slug, missions.order_by(Mission.slug)),
        *describe_referrers(session, CREW_OF, up.order_by(Launch.slug)),
        *describe_referrers(session, Stay.label.before_slug, stays.order_by(Stay.slug)),
        *describe_referring_articles(session, ArticleLaunch.launch_id, id_, client),
    ]


def restore_history(session: Session, launch: Launch, deleted: Mapping[str, Any]) -> None:
    """Insert the slips of a deleted launch, from its JSON, for the launch that was restored."""
    for slip in deleted["history"]:
        moments = {
            f"{side}_{column}": slip[side][name]
            for side in ("from", "to")
            for name, column in SLIP_COLUMNS.items()
        }
        moments |= {name: instant_of(moments[name]) for name in ("from_at", "to_at")}
        changed_at = instant_of(slip["changed_at"])
        session.add(
            LaunchSlip(launch_id=launch.id, changed_at=changed_at, reason=slip["reason"], **moments)
        )


WRITER = RecordWriter(
    AuditTarget.LAUNCH,
    "launches",
    Launch,
    LaunchWrite,
    save,
    get_launch,
    load_records,
    referrers,
    add_defaults=link_to_active_mission,
)

"""Writes of agencies, with the keys of their names."""

from collections.abc import Callable, Collection, Iterable, Sequence
from functools import cache
from typing import TypeVar

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session, aliased

from app.api.auth import ApiClient
from app.api.links import public_url
from app.api.slugs import set_slug
from app.api.validation_errors import raise_field_error
from app.api.write_models import WriteModel, to_record
from app.api.writes.agencies import find_optional_agency_id, load_agency_ids
from app.api.writes.records import RecordWriter
from app.api.writes.references import load_ancestor_ids
from app.api.writes.referrers import CREW_OF, describe_referrers
from app.db.database import Reader
from app.db.functions import AnySelect
from app.db.models import (
    Agency,
    AgencyName,
    Flight,
    Launch,
    Module,
    ModuleOwner,
    Person,
    Spacecraft,
    SpacecraftType,
    Spacewalk,
    Vehicle,
    VersionedRecord,
    agency_key,
    agency_keys,
    stored_id,
)
from app.domain.enums import AuditTarget
from app.domain.languages import tr
from app.resources.agencies.queries import get_agency
from app.resources.agencies.schemas import AgencyRecord, AgencyWrite

D = TypeVar("D", bound=WriteModel)


@cache
def _select_records() -> AnySelect:
    parent = aliased(Agency)
    name = select(parent.slug).where(parent.id == Agency.parent_id).scalar_subquery()
    columns = select(*Agency.__table__.columns, name.label("parent"))
    return columns.where(Agency.id.in_(bindparam("ids")))


def load_records(reader: Reader, ids: Collection[int]) -> dict[int, AgencyRecord]:
    """The complete records of agencies by id."""
    rows = reader.all(_select_records(), ids=list(ids))
    return {
        row["id"]: to_record(AgencyRecord, row | {"url": public_url("agencies", row["slug"])})
        for row in rows
    }


def save(session: Session, agency: Agency, document: AgencyWrite) -> None:
    """Apply `document` to `agency`. Raises InvalidRequest or Conflict."""
    is_new = agency.id is None
    set_slug(session, agency, document.slug, document.name)
    for name in (
        "name",
        "full_name",
        "name_ru",
        "name_native",
        "abbreviation",
        "aliases",
        "kind",
        "country",
        "founded_on",
        "founded_on_precision",
        "website",
    ):
        setattr(agency, name, getattr(document, name))
    agency.sources = [source.model_dump() for source in document.sources]
    _check_names_free(session, agency, document)
    parents = load_agency_ids(session, [document.parent])
    agency.parent_id = find_optional_agency_id(session, parents, document.parent, "/parent")
    if not is_new:
        _check_no_cycle(session, agency)
    session.add(agency)
    session.flush()
    _set_names(session, agency, is_new)


def _check_names_free(session: Session, agency: Agency, document: AgencyWrite) -> None:
    """Raise InvalidRequest if another agency has one of the names."""
    pointers = {
        f"/{name}": [getattr(document, name)]
        for name in ("name", "full_name", "abbreviation", "name_ru", "name_native")
    }
    pointers |= {f"/aliases/{index}": [alias] for index, alias in enumerate(document.aliases)}
    pointers["/slug"] = [agency.slug]
    others = (
        select(AgencyName.key, Agency.slug)
        .join(Agency, Agency.id == AgencyName.agency_id)
        .where(AgencyName.key.in_(agency.list_keys()), Agency.id.is_distinct_from(agency.id))
    )
    taken = {row.key: row.slug for row in session.execute(others)}
    for pointer, names in pointers.items():
        for key in agency_keys(names):
            if key in taken:
                detail = tr(
                    f"The agency {taken[key]!r} has this name.",
                    f"Это название у агентства {taken[key]!r}.",
                )
                raise_field_error(pointer, "taken", detail)


def _check_no_cycle(session: Session, agency: Agency) -> None:
    """Raise InvalidRequest if an agency would be a part of itself."""
    if agency.id in load_ancestor_ids(session, Agency, "parent_id", agency.parent_id):
        detail = tr("An agency is no part of itself.", "Агентство не часть самого себя.")
        raise_field_error("/parent", "contradiction", detail)


def _set_names(session: Session, agency: Agency, is_new: bool) -> None:
    own = select(AgencyName).where(AgencyName.agency_id == stored_id(agency))
    surplus = {} if is_new else {row.key: row for row in session.scalars(own)}
    for key in agency.list_keys():
        if surplus.pop(key, None) is None:
            session.add(AgencyName(key=key, agency_id=agency.id))
    for row in surplus.values():
        session.delete(row)
    session.flush()  # an import finds the agency by its names, also without autoflush


def referrers(session: Session, agency: Agency, _client: ApiClient) -> list[str]:
    """List the records of all types that name an agency."""
    id_ = stored_id(agency)
    crews = (
        select(Launch.slug)
        .join(Flight, Flight.launch_id == Launch.id)
        .where(Flight.agency_id == id_)
        .distinct()
    )
    owned = select(Module.slug).join(ModuleOwner, ModuleOwner.module_id == Module.id)
    referring: dict[type[VersionedRecord], Select[str]] = {
        Person: select(Person.slug).where(Person.agency_id == id_),
        Launch: select(Launch.slug).where(Launch.provider_id == id_),
        Spacewalk: select(Spacewalk.slug).where(Spacewalk.operator_id == id_),
        Module: owned.where(ModuleOwner.agency_id == id_),
        Agency: select(Agency.slug).where(Agency.parent_id == id_),
        Vehicle: select(Vehicle.slug).where(Vehicle.maker_id == id_),
        SpacecraftType: select(SpacecraftType.slug).where(SpacecraftType.maker_id == id_),
        Spacecraft: select(Spacecraft.slug).where(Spacecraft.operator_id == id_),
    }
    return [
        *describe_referrers(session, CREW_OF, crews.order_by(Launch.slug)),
        *(
            description
            for model, slugs in referring.items()
            for description in describe_referrers(
                session, model.label.before_slug, slugs.order_by(model.slug)
            )
        ),
    ]


def create_missing_agencies(session: Session, names: Sequence[str | None]) -> None:
    """Create the agencies of an import that do not exist, with no more than their names."""
    known = load_agency_ids(session, names)
    missing = {key: name for name in names if name and (key := agency_key(name)) not in known}
    for name in missing.values():
        save(session, Agency(), AgencyWrite(name=name))


def add_missing_agencies(
    list_names: Callable[[D], Iterable[str | None]],
) -> Callable[[Session, Sequence[D]], Sequence[D]]:
    """Build `add_missing_references` of a resource whose documents name agencies."""

    def add(session: Session, documents: Sequence[D]) -> Sequence[D]:
        create_missing_agencies(session, [name for each in documents for name in list_names(each)])
        return documents

    return add


WRITER = RecordWriter(
    AuditTarget.AGENCY,
    "agencies",
    Agency,
    AgencyWrite,
    save,
    get_agency,
    load_records,
    referrers,
)

"""Agencies that documents name: by slug, name, abbreviation or alias, in any case."""

from collections.abc import Collection, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.api.lists.references import find_similar_names, record_reference
from app.api.slugs import not_found_detail
from app.api.validation_errors import hint_at, raise_field_error
from app.db.database import Reader
from app.db.models import Agency, AgencyName, agency_key


def load_agency_ids(session: Session, names: Collection[str | None]) -> dict[str, int]:
    """Load the ids of the agencies with `names`, by key; no statement without names."""
    keys = {agency_key(name) for name in names if name}
    if not keys:
        return {}
    rows = session.execute(
        select(AgencyName.key, AgencyName.agency_id).where(AgencyName.key.in_(keys))
    )
    return {row.key: row.agency_id for row in rows}


def find_optional_agency_id(
    session: Session, ids: Mapping[str, int], name: str | None, pointer: str
) -> int | None:
    """`find_agency_id` for a name that may be None."""
    return None if name is None else find_agency_id(session, ids, name, pointer)


def resolve_agency(session: Session, name: str | None, pointer: str) -> int | None:
    """Look up the id of the agency `name`, which may be None. Raises InvalidRequest."""
    return find_optional_agency_id(session, load_agency_ids(session, [name]), name, pointer)


def find_agency_id(session: Session, ids: Mapping[str, int], name: str, pointer: str) -> int:
    """Find the id of the agency `name` in `ids`.

    Raises InvalidRequest at `pointer` for an unknown agency, with similar ones.
    """
    if (id_ := ids.get(agency_key(name))) is None:
        similar = find_similar_names(Reader.from_session(session), record_reference(Agency), name)
        detail = not_found_detail(Agency, name) + (hint_at(*similar) or f" {Agency.label.hint}")
        raise_field_error(pointer, "unknown-reference", detail)
    return id_

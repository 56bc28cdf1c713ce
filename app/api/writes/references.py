"""References of documents to records by any of their names, and the records above a record."""

from typing import NoReturn

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.api.lists.references import Reference, explain_unknown_name, find_referred_id
from app.api.validation_errors import raise_field_error
from app.db.database import Reader
from app.db.models import VersionedRecord


def resolve_name(session: Session, reference: Reference, name: str, pointer: str) -> int:
    """Look up the id of the record that `name` means. Raises InvalidRequest for an unknown name."""
    id_ = find_referred_id(Reader.from_session(session), reference, name)
    if id_ is None:
        raise_unknown_name(session, reference, name, pointer)
    return id_


def raise_unknown_name(session: Session, reference: Reference, name: str, pointer: str) -> NoReturn:
    """Raise InvalidRequest for a name that does not exist, with the most similar ones."""
    detail = explain_unknown_name(Reader.from_session(session), reference, name)
    raise_field_error(pointer, "unknown-reference", detail)


def load_ancestor_ids(
    session: Session, model: type[VersionedRecord], parent: str, id_: int | None
) -> set[int]:
    """Load the ids of the record `id_` and of all records above it by the column `parent`."""
    found: set[int] = set()
    while id_ is not None and id_ not in found:
        found.add(id_)
        id_ = session.scalar(select(getattr(model, parent)).where(model.id == id_))
    return found

"""References of documents to records by any of their names."""

from typing import NoReturn

from sqlalchemy.orm import Session

from app.api.lists.references import Reference, explain_unknown_name, find_referred_id
from app.api.validation_errors import raise_field_error
from app.db.database import Reader


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

"""Building blocks of `save`: versions, field errors, references by slug."""

from collections.abc import Sequence
from typing import NoReturn

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from app.api.slugs import not_found_detail
from app.db.models import FeedSource, VersionedRecord, Webhook, get_record_type
from app.domain.dates import now
from app.domain.languages import tr
from app.http.problems import FieldProblem, InvalidRequest

Versioned = VersionedRecord | FeedSource | Webhook
"""An entity with a version, which `If-Match` is compared with."""


def bump_version(record: Versioned) -> None:
    """Give `record` a new version at the next flush, even if only related rows change."""
    record.updated_at = now()
    if isinstance(record, VersionedRecord):
        record.edited = True
        flag_modified(record, "updated_at")
    else:
        record.version += 1


def raise_field_error(pointer: str, code: str, detail: str) -> NoReturn:
    """Raise InvalidRequest for the value at `pointer` of the body."""
    message = tr(
        f"Invalid value at {pointer}: {detail}", f"Неверное значение в {pointer}: {detail}"
    )
    raise InvalidRequest(message, FieldProblem(pointer=pointer, code=code, detail=detail))


def resolve_slugs(
    session: Session, model: type[VersionedRecord], slugs: Sequence[str], pointer: str
) -> list[int]:
    """Look up the ids of records by slug, in the order of `slugs`.

    Raises InvalidRequest for the first unknown slug; `{}` in `pointer` stands for its index.
    """
    found = (
        session.execute(select(model.slug, model.id).where(model.slug.in_(slugs))) if slugs else ()
    )
    ids: dict[str, int] = {row.slug: row.id for row in found}
    for index, slug in enumerate(slugs):
        if slug not in ids:
            raise_field_error(
                pointer.format(index),
                "unknown-reference",
                not_found_detail(get_record_type(model), slug),
            )
    return [ids[slug] for slug in slugs]

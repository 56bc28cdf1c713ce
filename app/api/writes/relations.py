"""What the `save` of each resource is made of: how a record takes on a document, or refuses it."""

from collections.abc import Collection, Sequence
from typing import Any, NoReturn

from sqlalchemy import delete, select
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.orm.attributes import flag_modified

from app.api.slugs import not_found_detail
from app.db.models import VersionedRecord
from app.domain.dates import now
from app.domain.languages import tr
from app.http.problems import FieldProblem, InvalidRequest


def bump_version(record: VersionedRecord) -> None:
    """Let `record` have a new version, even if only what belongs to it will change."""
    record.edited, record.updated_at = True, now()
    flag_modified(record, "updated_at")


def raise_field_error(pointer: str, code: str, detail: str) -> NoReturn:
    """Refuse a document for what stands at `pointer`."""
    told = tr(f"Look at {pointer}: {detail}", f"Посмотрите на {pointer}: {detail}")
    raise InvalidRequest(told, FieldProblem(pointer=pointer, code=code, detail=detail))


def resolve_slugs(
    session: Session, model: type[VersionedRecord], slugs: Sequence[str], pointer: str
) -> list[int]:
    """The ids of the records that have `slugs`, in that order.

    The first unknown one is refused: `pointer` leads to it, with `{}` for its place.
    """
    found = (
        session.execute(select(model.slug, model.id).where(model.slug.in_(slugs))) if slugs else ()
    )
    ids: dict[str, int] = {row.slug: row.id for row in found}
    for place, slug in enumerate(slugs):
        if slug not in ids:
            raise_field_error(
                pointer.format(place),
                "unknown-reference",
                not_found_detail(model, slug),
            )
    return [ids[slug] for slug in slugs]


def sync_associations(
    session: Session,
    owner: InstrumentedAttribute[int],
    owner_id: int,
    other: InstrumentedAttribute[Any],
    wanted: Collection[Any],
) -> None:
    """Make `wanted` the values of the column `other` in the rows whose `owner` is `owner_id`."""
    there = set(session.scalars(select(other).where(owner == owner_id)))
    table: Any = owner.class_
    if surplus := there - set(wanted):
        session.execute(delete(table).where(owner == owner_id, other.in_(surplus)))
    for value in sorted(set(wanted) - there):
        session.add(table(**{owner.key: owner_id, other.key: value}))

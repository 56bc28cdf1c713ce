"""Slugs: generation, uniqueness, redirects from former slugs."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from functools import cache, lru_cache
from itertools import count
from typing import Any, NoReturn, Protocol, TypeVar

from pydantic import BaseModel
from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    String,
    and_,
    bindparam,
    inspect,
    or_,
    select,
)
from sqlalchemy.orm import InstrumentedAttribute, Mapper, Session

from app.api.validation_errors import raise_field_error
from app.db.conditions import has_name
from app.db.database import Reader
from app.db.functions import AnySelect
from app.db.models import FormerSlug, VersionedRecord
from app.domain.enums import RecordType
from app.domain.languages import tr
from app.domain.text import slugify
from app.http.problems import Conflict, FieldProblem, Gone, NotFound, SlugRenamed

M = TypeVar("M", bound=BaseModel)

RESERVED_SLUGS = {"archive", "batch", "current", "next", "preview"}
"""Slugs that no record can have, because an endpoint has this path."""

MAX_GENERATED_SLUG_CHARS = 100
"""Limit for generated slugs; editors may choose longer ones."""


def not_found_detail(model: type[VersionedRecord], slug: str) -> str:
    """Message for a slug that no record of `model` has."""
    return tr(f"There is no {model.label.en} {slug!r}.", f"Нет {model.label.ru_genitive} {slug!r}.")


def raise_missing_record(reader: Reader, model: type[VersionedRecord], slug: str) -> NoReturn:
    """Raise SlugRenamed for a former slug or another name, Gone for the slug of a deleted record.

    Otherwise raises NotFound.
    """
    record_type = model.record_type
    former = reader.first(
        select(FormerSlug.record_id, model.slug)
        .outerjoin(model, model.id == FormerSlug.record_id)
        .where(FormerSlug.type == record_type, FormerSlug.slug == slug)
    )
    if former is None and (is_named := has_name(model, slug)) is not None:
        former = reader.first(select(model.slug).where(is_named))
    if former is None:
        raise NotFound(f"{not_found_detail(model, slug)} {model.label.hint}")
    if former["slug"] is None:
        raise deleted_record_error(record_type, slug)
    raise SlugRenamed(slug, former["slug"])


def find_present_slugs(
    reader: Reader, model: type[VersionedRecord], former_slugs: Collection[str]
) -> dict[str, str]:
    """Find the present slugs of the records of `model` that had `former_slugs`, by former slug."""
    rows = reader.all(
        select(FormerSlug.slug.label("former"), model.slug)
        .join(model, model.id == FormerSlug.record_id)
        .where(FormerSlug.type == model.record_type, FormerSlug.slug.in_(former_slugs))
    )
    return {row["former"]: row["slug"] for row in rows}


def deleted_record_error(record_type: RecordType, slug: str) -> Gone:
    """The error for the slug of a deleted record."""
    return Gone(tr(f"The {record_type} {slug!r} has been deleted.", f"Запись {slug!r} удалена."))


def get_by_slug(
    reader: Reader,
    model: type[VersionedRecord],
    statement: AnySelect,
    schema: type[M],
    slug: str,
) -> M:
    """Read the row of `statement` with `slug`, as `schema`.

    Raises NotFound, Gone or SlugRenamed. `statement` is the same object for all requests.
    """
    row = reader.first(_select_by_slug(statement, model.slug), slug=slug)
    if row is None:
        raise_missing_record(reader, model, slug)
    return schema.model_validate(row)


@lru_cache(maxsize=16)
def _select_by_slug(statement: AnySelect, column: InstrumentedAttribute[str]) -> AnySelect:
    return statement.where(column == bindparam("slug"))


SlugOwners = Mapping[str, Set[int | None]]
"""Ids of the records that have or had a slug, by slug; None for a deleted record."""


def set_slug(
    session: Session,
    record: VersionedRecord,
    slug: str | None,
    name: str,
    owners: SlugOwners | None = None,
) -> None:
    """Set the slug of `record`; with None, one made of `name` if it has none yet.

    `owners` are those of the slug, if they are known. Raises Conflict if another record has the
    slug, or had it and is redirected from it.
    """
    if slug is None:
        record.slug = record.slug or _find_free_slug(
            session, type(record), slugify(name)[:MAX_GENERATED_SLUG_CHARS].strip("-")
        )
    elif slug != record.slug:
        if slug in RESERVED_SLUGS:
            _refuse_slug(
                "reserved",
                tr(
                    f"The slug {slug!r} is reserved for a path of the API.",
                    f"Имя {slug!r} занято адресом самого API.",
                ),
            )
        if owners is None:
            owners = load_slug_owners(session, type(record), [slug])
        if owners.get(slug, set()) - {record.id}:
            _refuse_slug(
                "taken",
                tr(
                    f"The slug {slug!r} is taken, or redirects to the record that had it before.",
                    f"Имя {slug!r} занято или перенаправляет на запись, у которой оно было раньше.",
                ),
            )
        record.slug = slug


def _refuse_slug(code: str, detail: str) -> NoReturn:
    raise Conflict(detail, FieldProblem(pointer="/slug", code=code, detail=detail))


def _find_free_slug(session: Session, model: type[VersionedRecord], base: str) -> str:
    """`base`, or `base` with the first free number from 2 on."""
    found = session.scalars(
        _select_used_slugs(inspect(model)), {"base": base, "low": f"{base}-", "high": f"{base}."}
    )
    used = {*RESERVED_SLUGS, *found}
    if base not in used:
        return base
    return next(slug for n in count(2) if (slug := f"{base}-{n}") not in used)


@cache
def _select_used_slugs(mapper: Mapper[Any]) -> CompoundSelect[str]:
    model = mapper.class_
    base, low, high = (bindparam(name, type_=String) for name in ("base", "low", "high"))

    def is_numbered(slug: InstrumentedAttribute[str]) -> ColumnElement[bool]:
        # "." follows "-". A range, because LIKE uses no index on SQLite.
        return and_(slug > low, slug < high)

    current = select(model.slug).where(or_(model.slug == base, is_numbered(model.slug)))
    # The former slug of a deleted record redirects nowhere, so the base alone is free again.
    redirects = and_(FormerSlug.slug == base, FormerSlug.record_id.is_not(None))
    former = select(FormerSlug.slug).where(
        FormerSlug.type == model.record_type, or_(redirects, is_numbered(FormerSlug.slug))
    )
    return current.union_all(former)


class HasSlug(Protocol):
    """Document that may name a slug."""

    @property
    def slug(self) -> str | None:
        """The slug; None for a generated one."""


def find_new_slugs(documents: Iterable[tuple[VersionedRecord, HasSlug]]) -> set[str]:
    """Find the slugs that documents name, and that are not yet those of their records."""
    return {each.slug for record, each in documents if each.slug and each.slug != record.slug}


def load_slug_owners(
    session: Session, model: type[VersionedRecord], slugs: Collection[str]
) -> SlugOwners:
    """Load the owners of `slugs` among the records of `model`; no statement without slugs."""
    owners: dict[str, set[int | None]] = defaultdict(set)
    if slugs:
        statement = _select_slug_owners(inspect(model))
        for slug, id_ in session.execute(statement, {"slugs": list(slugs)}):
            owners[slug].add(id_)
    return owners


_SLUGS = bindparam("slugs", type_=String(), expanding=True)


@cache
def _select_slug_owners(mapper: Mapper[Any]) -> CompoundSelect[str, int]:
    former = select(FormerSlug.slug, FormerSlug.record_id).where(
        FormerSlug.type == mapper.class_.record_type, FormerSlug.slug.in_(_SLUGS)
    )
    return _select_ids(mapper).union_all(former)


def load_ids(
    session: Session, model: type[VersionedRecord], slugs: Collection[str]
) -> dict[str, int]:
    """Load the ids of the records that have or had `slugs`, by slug; no statement without slugs."""
    if not slugs:
        return {}
    rows = session.execute(_select_referred_ids(inspect(model)), {"slugs": list(slugs)})
    return {row.slug: row.id for row in rows}


@cache
def _select_referred_ids(mapper: Mapper[Any]) -> CompoundSelect[str, int]:
    """Ids by slug: a slug that redirects to another record is not one of a record itself."""
    model = mapper.class_
    redirects = FormerSlug.type == model.record_type, FormerSlug.slug.in_(_SLUGS)
    former = select(FormerSlug.slug, model.id).join(model, model.id == FormerSlug.record_id)
    return _select_ids(mapper).union_all(former.where(*redirects))


@cache
def _select_ids(mapper: Mapper[Any]) -> Select[str, int]:
    model = mapper.class_
    return select(model.slug, model.id).where(model.slug.in_(_SLUGS))


def resolve_slugs(
    session: Session,
    model: type[VersionedRecord],
    slugs: Sequence[str],
    pointer: str,
    ids: Mapping[str, int] | None = None,
) -> list[int]:
    """Look up the ids of records by slug, in the order of `slugs`, in `ids` if they are known.

    Raises InvalidRequest for the first unknown slug; `{}` in `pointer` stands for its index.
    """
    if ids is None:
        ids = load_ids(session, model, slugs)
    for index, slug in enumerate(slugs):
        if slug not in ids:
            raise_field_error(
                pointer.format(index),
                "unknown-reference",
                not_found_detail(model, slug),
            )
    return [ids[slug] for slug in slugs]

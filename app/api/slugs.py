"""Slugs: who has one, who had it, and how a new record gets its own."""

from itertools import count
from typing import NoReturn

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.database import Reader
from app.db.models import FormerSlug, Mission, MissionAlias, VersionedRecord
from app.domain.languages import tr
from app.domain.text import slugify
from app.http.problems import Conflict, FieldProblem, Gone, NotFound, SlugRenamed

RESERVED_SLUGS = {"archive", "current", "next"}
"""Slugs that would hide behind an address of another meaning."""

MAX_GENERATED_SLUG_CHARS = 100
"""The length of a slug made of a name; what is longer is an editor's own choice."""


def not_found_detail(model: type[VersionedRecord], slug: str) -> str:
    """Message for a slug that no record of `model` has."""
    return tr(f"There is no {model.label.en} {slug!r}.", f"Нет {model.label.ru_genitive} {slug!r}.")


def raise_missing_record(reader: Reader, model: type[VersionedRecord], slug: str) -> NoReturn:
    """Say what has become of the record that had `slug`: renamed, gone, or never there."""
    kind = model.record_type
    former = reader.first(
        select(FormerSlug.record_id, model.slug)
        .outerjoin(model, model.id == FormerSlug.record_id)
        .where(FormerSlug.type == kind, FormerSlug.slug == slug)
    )
    if former is None and model is Mission:
        alias = select(Mission.slug).join(MissionAlias, MissionAlias.mission_id == Mission.id)
        former = reader.first(alias.where(MissionAlias.slug == slug))
    if former is None:
        raise NotFound(f"{not_found_detail(model, slug)} {model.label.hint}")
    if former["slug"] is None:
        raise Gone(tr(f"The {kind} {slug!r} has been deleted.", f"Запись {slug!r} удалена."))
    raise SlugRenamed(slug, former["slug"])


def set_slug(session: Session, record: VersionedRecord, asked: str | None, name: str) -> None:
    """Give `record` the slug `asked` for, or a free one made of `name` where it has none yet."""
    if asked is None:
        record.slug = record.slug or _find_free_slug(
            session, type(record), slugify(name)[:MAX_GENERATED_SLUG_CHARS].strip("-")
        )
    elif asked != record.slug:
        if asked in RESERVED_SLUGS or _is_slug_taken(session, type(record), asked, record.id):
            detail = tr(
                f"The slug {asked!r} is taken, or leads to what had it before.",
                f"Имя {asked!r} занято или ведёт к тому, что звалось так раньше.",
            )
            raise Conflict(detail, FieldProblem(pointer="/slug", code="taken", detail=detail))
        record.slug = asked


def _find_free_slug(session: Session, model: type[VersionedRecord], base: str) -> str:
    like = f"{base}-%"
    used = set(session.scalars(select(model.slug).where(model.slug.like(like))))
    former = FormerSlug.type == model.record_type, FormerSlug.slug.like(like)
    used |= {*RESERVED_SLUGS, *session.scalars(select(FormerSlug.slug).where(*former))}
    if base not in used and not _is_slug_taken(session, model, base, None):
        return base
    return next(slug for n in count(2) if (slug := f"{base}-{n}") not in used)


def _is_slug_taken(
    session: Session, model: type[VersionedRecord], slug: str, own: int | None
) -> bool:
    owner = session.scalar(select(model.id).where(model.slug == slug))
    former = select(FormerSlug.record_id).where(
        FormerSlug.type == model.record_type, FormerSlug.slug == slug
    )
    led_to = session.execute(former).first()
    return owner not in {None, own} or (led_to is not None and led_to[0] != own)

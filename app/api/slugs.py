"""Slugs: who has one, who had it, and how a new record gets its own."""

from itertools import count
from typing import NoReturn

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.database import Reader
from app.db.models import FormerSlug, Mission, MissionAlias, Recorded, RecordType, record_type
from app.domain.languages import Both, either
from app.domain.text import slugify
from app.http.problems import Conflict, FieldProblem, Gone, NotFound, Renamed

RESERVED = {"archive", "current", "next"}
"""Slugs that would hide behind an address of another meaning."""


HINTS = {
    RecordType.MISSION: Both(
        "Slugs look like iss-59. See /v1/missions.", "Имена здесь вида iss-59: см. /v1/missions."
    ),
    RecordType.PERSON: Both(
        "Slugs look like anne-mcclain. See /v1/people.",
        "Имена здесь вида anne-mcclain: см. /v1/people.",
    ),
    RecordType.LAUNCH: Both(
        "Slugs look like progress-ms-11. See /v1/launches.",
        "Имена здесь вида progress-ms-11: см. /v1/launches.",
    ),
    RecordType.ARTICLE: Both("See /v1/articles.", "См. /v1/articles."),
}

LONGEST_MADE = 100
"""The length of a slug made of a name; what is longer is an editor's own choice."""


_GENITIVES = {
    RecordType.MISSION: "экспедиции",
    RecordType.PERSON: "человека",
    RecordType.LAUNCH: "запуска",
    RecordType.ARTICLE: "статьи",
}


def none_such(kind: RecordType, slug: str) -> str:
    """That no record of a kind has this slug."""
    return either(f"There is no {kind} {slug!r}.", f"Нет {_GENITIVES[kind]} {slug!r}.")


def missing(reader: Reader, model: type[Recorded], slug: str) -> NoReturn:
    """Say what has become of the record that had `slug`: renamed, gone, or never there."""
    kind = record_type(model)
    former = reader.first(
        select(FormerSlug.record_id, model.slug)
        .outerjoin(model, model.id == FormerSlug.record_id)
        .where(FormerSlug.type == kind, FormerSlug.slug == slug)
    )
    if former is None and model is Mission:
        alias = select(Mission.slug).join(MissionAlias, MissionAlias.mission_id == Mission.id)
        former = reader.first(alias.where(MissionAlias.slug == slug))
    if former is None:
        raise NotFound(f"{none_such(kind, slug)} {HINTS[kind]}")
    if former["slug"] is None:
        raise Gone(either(f"The {kind} {slug!r} has been deleted.", f"Запись {slug!r} удалена."))
    raise Renamed(slug, former["slug"])


def set_slug(session: Session, record: Recorded, asked: str | None, name: str) -> None:
    """Give `record` the slug `asked` for, or a free one made of `name` where it has none yet."""
    if asked is None:
        record.slug = record.slug or _free(
            session, type(record), slugify(name)[:LONGEST_MADE].strip("-")
        )
    elif asked != record.slug:
        if asked in RESERVED or _taken(session, type(record), asked, record.id):
            detail = either(
                f"The slug {asked!r} is taken, or leads to what had it before.",
                f"Имя {asked!r} занято или ведёт к тому, что звалось так раньше.",
            )
            raise Conflict(detail, FieldProblem(pointer="/slug", code="taken", detail=detail))
        record.slug = asked


def _free(session: Session, model: type[Recorded], base: str) -> str:
    like = f"{base}-%"
    used = set(session.scalars(select(model.slug).where(model.slug.like(like))))
    former = FormerSlug.type == record_type(model), FormerSlug.slug.like(like)
    used |= {*RESERVED, *session.scalars(select(FormerSlug.slug).where(*former))}
    if base not in used and not _taken(session, model, base, None):
        return base
    return next(slug for n in count(2) if (slug := f"{base}-{n}") not in used)


def _taken(session: Session, model: type[Recorded], slug: str, own: int | None) -> bool:
    owner = session.scalar(select(model.id).where(model.slug == slug))
    former = select(FormerSlug.record_id).where(
        FormerSlug.type == record_type(model), FormerSlug.slug == slug
    )
    led_to = session.execute(former).first()
    return owner not in {None, own} or (led_to is not None and led_to[0] != own)

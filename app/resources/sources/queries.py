"""How sources are found and written."""

from datetime import timedelta
from functools import cache
from http import HTTPStatus

from fastapi import Response
from sqlalchemy import case, select
from sqlalchemy.orm import Session

from app.api.audit_log import Action, Actor, Kind
from app.api.links import link
from app.api.lists.pagination import PageQuery, fetch_page
from app.api.lists.sorting import orders
from app.api.writes.numbered import Numbered
from app.api.writes.relations import refuse
from app.api.writes.request import Edit, Outcome
from app.db.database import Reader
from app.db.functions import Rows
from app.db.models import Source, SourceFormat
from app.domain.dates import now
from app.domain.languages import either
from app.http.problems import Conflict, NotFound
from app.resources.sources.schemas import SourcePage, SourceRead, SourceWrite

SORTS = orders(Source.id, id=())


@cache
def _columns() -> Rows:
    kept = [column for column in Source.__table__.columns if column.name != "next_at"]
    next_at = case((Source.enabled, Source.next_at)).label("next_at")
    return select(*kept, next_at, Source.address.label("feed_url"))


def list_sources(reader: Reader, query: PageQuery) -> SourcePage:
    """A page of all sources, by id."""
    return fetch_page(reader, SourcePage, _columns(), (), SORTS, query, "sources", default="id")


def every_source(reader: Reader) -> list[SourceRead]:
    """All sources, by id."""
    rows = reader.all(_columns().order_by(Source.id))
    return [SourceRead.model_validate(row) for row in rows]


def get_source(reader: Reader, id_: int) -> SourceRead:
    """The source `id_`."""
    row = reader.first(_columns().where(Source.id == id_))
    if row is None:
        raise NotFound(
            either(
                f"There is no source {id_}. See /v1/sources.",
                f"Нет источника {id_}. См. /v1/sources.",
            )
        )
    return SourceRead.model_validate(row)


def _save(session: Session, source: Source, document: SourceWrite) -> None:
    if document.format is SourceFormat.LAUNCH_LIBRARY and not document.trusted:
        detail = either(
            "Of launches, missions and people there are no drafts: trust it.",
            "У запусков, экспедиций и людей нет черновиков: доверьтесь ему.",
        )
        refuse("/trusted", "contradiction", detail)
    same = Source.address == document.feed_url, Source.id.is_distinct_from(source.id)
    if session.scalar(select(Source.id).where(*same)) is not None:
        detail = either("It is looked at already.", "За этим адресом уже следят.")
        refuse("/feed_url", "taken", detail)
    was = source.address, source.format, source.language
    if was != (document.feed_url, document.format, document.language):
        # What was seen was something else, and so is what a look that is under way will bring.
        source.etag = source.last_modified = source.last_report = source.leased_until = None
        _begin(source)
    if document.enabled and not source.enabled:
        source.disabled_reason = None
        _begin(source)
    if document.every_minutes != source.every_minutes and not source.failures:
        soon = now() + timedelta(minutes=document.every_minutes)
        source.next_at = min(source.next_at, soon)
    source.address = document.feed_url
    for name in ("name", "format", "trusted", "language", "every_minutes", "enabled"):
        setattr(source, name, getattr(document, name))
    source.updated_at = now()
    session.add(source)
    session.flush()


def _begin(source: Source) -> None:
    """Look at it at once, whatever came of the last look."""
    source.next_at, source.failures, source.last_error = now(), 0, None


EDITABLE = Numbered(Kind.SOURCE, Source, SourceWrite, _save, get_source)


def add_source(session: Session, actor: Actor, document: SourceWrite) -> SourceRead:
    """A new source, looked at from now on."""
    source = Source()
    _save(session, source, document)
    made = get_source(Reader.of(session), source.id)
    EDITABLE.note(session, actor, Action.CREATE, source.id, None, made)
    return made


async def create_source(edit: Edit, document: SourceWrite) -> Response:
    """A new source, looked at from now on."""

    def work(session: Session) -> Outcome:
        made = add_source(session, edit.caller, document)
        return Outcome(HTTPStatus.CREATED, made, made.version, link("sources", made.id))

    return await edit.run(work)


async def look_now(edit: Edit, id_: int) -> Response:
    """The source `id_`, to be looked at as soon as may be."""

    def work(session: Session) -> Outcome:
        source = session.get(Source, id_, with_for_update=True)
        if source is not None:
            if not source.enabled:
                raise Conflict(
                    either(
                        "It is not looked at. Enable it first.", "За ним не следят. Включите его."
                    )
                )
            source.next_at = now()
            session.flush()
        return Outcome(HTTPStatus.ACCEPTED, get_source(Reader.of(session), id_))

    return await edit.run(work)

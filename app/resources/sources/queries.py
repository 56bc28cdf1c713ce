"""How sources are found and written."""

from datetime import timedelta
from functools import cache
from http import HTTPStatus

from fastapi import Response
from sqlalchemy import case, select
from sqlalchemy.orm import Session

from app.api.audit_log import Action, Actor, Kind
from app.api.links import url_for_request
from app.api.lists.pagination import ListQuery, fetch_page
from app.api.lists.sorting import build_orders
from app.api.writes.numbered import EntityWriter
from app.api.writes.relations import raise_field_error
from app.api.writes.request import WriteRequest, WriteResult
from app.db.database import Reader
from app.db.functions import AnySelect
from app.db.models import FeedSource
from app.domain.dates import now
from app.domain.enums import SourceFormat
from app.domain.languages import tr
from app.http.problems import Conflict, NotFound
from app.resources.sources.schemas import SourcePage, SourceRead, SourceWrite

SORTS = build_orders(FeedSource.id, id=())


@cache
def _select_sources() -> AnySelect:
    kept = [column for column in FeedSource.__table__.columns if column.name != "next_at"]
    next_at = case((FeedSource.enabled, FeedSource.next_at)).label("next_at")
    return select(*kept, next_at, FeedSource.address.label("feed_url"))


def list_sources(reader: Reader, query: ListQuery) -> SourcePage:
    """A page of all sources, by id."""
    return fetch_page(
        reader, SourcePage, _select_sources(), (), SORTS, query, "sources", default_sort="id"
    )


def list_all_sources(reader: Reader) -> list[SourceRead]:
    """All sources, by id."""
    rows = reader.all(_select_sources().order_by(FeedSource.id))
    return [SourceRead.model_validate(row) for row in rows]


def get_source(reader: Reader, id_: int) -> SourceRead:
    """The source `id_`."""
    row = reader.first(_select_sources().where(FeedSource.id == id_))
    if row is None:
        raise NotFound(
            tr(
                f"There is no source {id_}. See /v1/sources.",
                f"Нет источника {id_}. См. /v1/sources.",
            )
        )
    return SourceRead.model_validate(row)


def _save(session: Session, source: FeedSource, document: SourceWrite) -> None:
    if document.format is SourceFormat.LAUNCH_LIBRARY and not document.trusted:
        detail = tr(
            "Of launches, missions and people there are no drafts: trust it.",
            "У запусков, экспедиций и людей нет черновиков: доверьтесь ему.",
        )
        raise_field_error("/trusted", "contradiction", detail)
    same = FeedSource.address == document.feed_url, FeedSource.id.is_distinct_from(source.id)
    if session.scalar(select(FeedSource.id).where(*same)) is not None:
        detail = tr("It is looked at already.", "За этим адресом уже следят.")
        raise_field_error("/feed_url", "taken", detail)
    was = source.address, source.format, source.language
    if was != (document.feed_url, document.format, document.language):
        # What was seen was something else, and so is what a look that is under way will bring.
        source.etag = source.last_modified = source.last_report = source.leased_until = None
        _schedule_now(source)
    if document.enabled and not source.enabled:
        source.disabled_reason = None
        _schedule_now(source)
    if document.every_minutes != source.every_minutes and not source.failures:
        soon = now() + timedelta(minutes=document.every_minutes)
        source.next_at = min(source.next_at, soon)
    source.address = document.feed_url
    for name in ("name", "format", "trusted", "language", "every_minutes", "enabled"):
        setattr(source, name, getattr(document, name))
    source.updated_at = now()
    session.add(source)
    session.flush()


def _schedule_now(source: FeedSource) -> None:
    """Look at it at once, whatever came of the last look."""
    source.next_at, source.failures, source.last_error = now(), 0, None


WRITER = EntityWriter(Kind.SOURCE, FeedSource, SourceWrite, _save, get_source)


def insert_source(session: Session, actor: Actor, document: SourceWrite) -> SourceRead:
    """A new source, looked at from now on."""
    source = FeedSource()
    _save(session, source, document)
    made = get_source(Reader.from_session(session), source.id)
    WRITER.write_audit_entry(session, actor, Action.CREATE, source.id, None, made)
    return made


async def create_source(edit: WriteRequest, document: SourceWrite) -> Response:
    """A new source, looked at from now on."""

    def work(session: Session) -> WriteResult:
        made = insert_source(session, edit.client, document)
        return WriteResult(
            HTTPStatus.CREATED, made, made.version, url_for_request("sources", made.id)
        )

    return await edit.execute(work)


async def request_poll(edit: WriteRequest, id_: int) -> Response:
    """The source `id_`, to be looked at as soon as may be."""

    def work(session: Session) -> WriteResult:
        source = session.get(FeedSource, id_, with_for_update=True)
        if source is not None:
            if not source.enabled:
                raise Conflict(
                    tr("It is not looked at. Enable it first.", "За ним не следят. Включите его.")
                )
            source.next_at = now()
            session.flush()
        return WriteResult(HTTPStatus.ACCEPTED, get_source(Reader.from_session(session), id_))

    return await edit.execute(work)

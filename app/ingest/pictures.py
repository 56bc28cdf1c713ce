"""Pictures that sources name: fetched after an import, and stored as unpublished media."""

import logging
from collections.abc import Callable, Iterable

from sqlalchemy import select

from app.api.audit_log import Action, Actor, write_audit_entry
from app.db.database import Database
from app.db.models import Media
from app.domain.enums import AuditTarget, RecordType
from app.http.problems import ApiError
from app.ingest.entries import SourcePicture
from app.resources.imported_records import create_record
from app.resources.media.uploads import fetch_and_store

logger = logging.getLogger("zarya")

MAX_FETCHED_COUNT = 25
"""Pictures of one page of a source: about as many as a feed has entries."""


def bring_pictures(
    database: Database,
    actor: Actor,
    pictures: Iterable[SourcePicture],
    *,
    allow_private: bool,
    before_request: Callable[[str], None],
) -> None:
    """Store the pictures that the archive does not have yet. The reason of a failure is logged.

    `before_request` is called with the URL of each request, and may raise to end the work.
    """
    new = _find_new(database, pictures)
    for picture in new[MAX_FETCHED_COUNT:]:
        logger.warning("%s: picture %s is left out, too many at once", actor.name, picture.url)
    for picture in new[:MAX_FETCHED_COUNT]:
        before_request(picture.url)
        try:
            digest = fetch_and_store(picture.url, allow_private=allow_private)
            _create_media(database, actor, picture, digest)
        except ApiError as error:
            reason = error.errors[0].detail if error.errors else error.detail
            logger.warning("%s: picture %s: %s", actor.name, picture.url, reason)


def _find_new(database: Database, pictures: Iterable[SourcePicture]) -> list[SourcePicture]:
    """Those of `pictures` that no record was made of, each once."""
    by_source = {each.page or each.url: each for each in pictures}
    with database.snapshot() as reader:
        known = reader.all(select(Media.source_url).where(Media.source_url.in_(by_source)))
    stored = {row["source_url"] for row in known}
    return [each for url, each in by_source.items() if url not in stored]


def _create_media(database: Database, actor: Actor, picture: SourcePicture, digest: str) -> None:
    """Create an unpublished record, unless the same file has one. Raises InvalidRequest."""
    document = {
        "content": digest,
        "credit": picture.credit,
        "licence": picture.licence,
        "source_url": picture.page or picture.url,
    }
    with database.session() as session:
        if session.scalar(select(Media.id).where(Media.content == digest)) is not None:
            return
        slug = create_record(session, RecordType.MEDIA, document, publish=False).slug
        after = {"from": picture.url, "created": [f"{RecordType.MEDIA} {slug}"]}
        write_audit_entry(
            session, actor, Action.IMPORT, AuditTarget.ARCHIVE, None, None, None, after
        )

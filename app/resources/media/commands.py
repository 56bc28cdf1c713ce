"""Writes of media. The files are in the store before a record names them."""

import re
from collections.abc import Collection
from dataclasses import asdict
from http import HTTPStatus
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.api.auth import ApiClient
from app.api.embeds.media import list_image_sources
from app.api.links import public_url
from app.api.slugs import set_slug
from app.api.validation_errors import raise_field_error
from app.api.write_models import to_record
from app.api.writes.records import RecordWriter
from app.api.writes.referrers import describe_articles, describe_illustrated_records
from app.api.writes.request import WriteRequest, WriteResult
from app.db.database import Reader
from app.db.models import Article, ArticlePicture, Media, stored_id
from app.domain.enums import AuditTarget
from app.domain.languages import tr
from app.domain.pictures import Picture
from app.http.problems import Conflict
from app.resources.media.authorisation import check_media_author
from app.resources.media.current_store import current_store
from app.resources.media.drawings import find_drawing
from app.resources.media.picture_store import DIGEST_PATTERN
from app.resources.media.queries import get_media_preview
from app.resources.media.schemas import MediaRecord, MediaWrite


def load_records(reader: Reader, ids: Collection[int]) -> dict[int, MediaRecord]:
    """The complete records of media by id, published or not."""
    rows = reader.all(select(*Media.__table__.columns).where(Media.id.in_(ids)))
    return {row["id"]: _build_record(row) for row in rows}


def _build_record(row: dict[str, Any]) -> MediaRecord:
    computed = {
        "focal_point": {"x": row["focal_x"], "y": row["focal_y"]},
        "srcset": list_image_sources(row["content"], row["renditions"]),
        "url": public_url("media", row["slug"]),
    }
    return to_record(MediaRecord, row | computed)


def save(session: Session, media: Media, document: MediaWrite) -> None:
    """Apply `document` to `media`. Raises InvalidRequest or Conflict."""
    if media.content != document.content:
        _set_content(session, media, document.content)
    set_slug(session, media, document.slug, document.alt or f"picture {media.content[:12]}")
    if media.published and not document.published:
        _check_not_shown(session, media)
    for name in ("alt", "alt_ru", "credit", "licence", "source_url", "taken_on", "published"):
        setattr(media, name, getattr(document, name))
    media.focal_x, media.focal_y = document.focal_point.x, document.focal_point.y
    session.add(media)


def find_picture(digest: str) -> Picture | None:
    """The stored picture, or the drawing, with this digest; None without one."""
    if not re.fullmatch(DIGEST_PATTERN, digest):
        return None
    return find_drawing(digest) or current_store().find(digest)


def _set_content(session: Session, media: Media, digest: str) -> None:
    """Set the files of `media`. Raises InvalidRequest if they are missing or of another record."""
    if owner := session.scalar(select(Media.slug).where(Media.content == digest)):
        detail = tr(f"It is the picture {owner!r}.", f"Это изображение {owner!r}.")
        raise_field_error("/content", "taken", detail)
    if media.id is not None and (texts := _list_texts(session, media, None)):
        raise Conflict(
            tr(
                f"The text of {texts[0]} shows it. Upload the file as another picture.",
                f"Его показывает текст: {texts[0]}. Загрузите файл как другое изображение.",
            )
        )
    picture = find_picture(digest)
    if picture is None:
        detail = tr(
            "No file with this digest is stored. Upload it first.",
            "Файла с таким дайджестом нет. Сначала загрузите его.",
        )
        raise_field_error("/content", "unknown-reference", detail)
    media.content, media.media_type = digest, picture.media_type
    media.width, media.height = picture.width, picture.height
    media.blurhash = picture.blurhash
    media.renditions = [asdict(each) for each in picture.renditions]


def _check_not_shown(session: Session, media: Media) -> None:
    """Raise Conflict if a record shows the picture, which must then stay published."""
    if users := _list_referrers(session, media, None):
        raise Conflict(
            tr(
                f"It is the image of {users[0]}. Change that first.",
                f"Это изображение показывает {users[0]}. Сначала измените эту запись.",
            )
        )


def _list_referrers(session: Session, media: Media, client: ApiClient | None) -> list[str]:
    """The records that show a picture."""
    id_ = stored_id(media)
    articles = describe_articles(session, Article.image_media_id == id_, client)
    texts = _list_texts(session, media, client)
    return articles + texts + describe_illustrated_records(session, id_)


def _list_texts(session: Session, media: Media, client: ApiClient | None) -> list[str]:
    """The articles whose text shows a picture."""
    shown = select(ArticlePicture.article_id).where(ArticlePicture.media_id == stored_id(media))
    return describe_articles(session, Article.id.in_(shown), client)


WRITER = RecordWriter(
    AuditTarget.MEDIA,
    "media",
    Media,
    MediaWrite,
    save,
    get_media_preview,
    load_records,
    _list_referrers,
    authorise=check_media_author,
)


def create_media(session: Session, write: WriteRequest, document: MediaWrite) -> WriteResult:
    """Create the record of an uploaded file, or return that of an earlier upload unchanged."""
    slug = session.scalar(select(Media.slug).where(Media.content == document.content))
    if slug is None:
        return WRITER.create(session, write, document)
    stored = get_media_preview(Reader.from_session(session), slug)
    return WriteResult(HTTPStatus.OK, stored, stored.version)

"""Images of records: pictures of the library that a document names."""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import Label

from app.api.embeds.media import Image
from app.api.params import Slug
from app.api.slugs import resolve_slugs
from app.api.validation_errors import raise_field_error
from app.api.write_models import WriteModel
from app.db.functions import json_object_subquery
from app.db.models import IllustratedRecord, Media
from app.domain.languages import tr


class PictureWrite(WriteModel, read_as=Image):
    """Picture of the library, as the image of a record."""

    media: Slug
    """Published picture of `/v1/media`, by slug."""


def select_written_image(model: type[IllustratedRecord]) -> Label[PictureWrite | None]:
    """The image of a record of `model` as in `PictureWrite`, labelled `image`."""
    picture = select(Media.slug.label("media")).where(Media.id == model.image_media_id)
    return json_object_subquery(picture).label("image")


def set_image(session: Session, record: IllustratedRecord, image: PictureWrite | None) -> None:
    """Set the image of `record`. Raises InvalidRequest for a picture that is not published."""
    record.image_media_id = find_published_picture(session, image.media) if image else None


def find_published_picture(
    session: Session, slug: str, ids: Mapping[str, int] | None = None
) -> int:
    """Lock the published picture `slug` until the commit, and return its id, from `ids` if given.

    Raises InvalidRequest, at `/image/media`, for a picture that is unknown or not published.
    """
    (id_,) = resolve_slugs(session, Media, [slug], "/image/media", ids)
    if not session.scalar(
        select(Media.published).where(Media.id == id_).with_for_update(read=True)
    ):
        detail = tr("The picture is not published.", "Изображение не опубликовано.")
        raise_field_error("/image/media", "unpublished", detail)
    return id_

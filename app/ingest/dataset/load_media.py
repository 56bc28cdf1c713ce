"""Loader of the drawings of the embedded archive: records of pictures, without files."""

from collections.abc import Mapping
from dataclasses import asdict

from app.db.models import Media
from app.domain.enums import RecordType
from app.ingest.dataset.records import Dataset, DatasetPicture
from app.ingest.dataset.upsert import ColumnValues, DatasetUpsert
from app.resources.media.drawings import find_drawing

_CREDIT, _LICENCE = "Zarya", "MIT"

ImageIds = Mapping[tuple[RecordType, str], int]
"""Ids of pictures, by the type and the slug of the record that they show."""


def upsert_media(merge: DatasetUpsert, dataset: Dataset) -> ImageIds:
    """Merge the drawings. Returns the picture of each record."""
    ids = merge.upsert_records(
        Media,
        "slug",
        {slug: _build_values(picture) for slug, picture in dataset.media.items()},
        "content",
    )
    return {(each.type, each.record): ids[slug] for slug, each in dataset.media.items()}


def _build_values(picture: DatasetPicture) -> ColumnValues:
    drawing = find_drawing(picture.content)
    if drawing is None:
        raise LookupError(f"There is no drawing for {picture.slug}.")
    return {
        "content": picture.content,
        "media_type": drawing.media_type,
        "width": drawing.width,
        "height": drawing.height,
        "blurhash": drawing.blurhash,
        "renditions": [asdict(each) for each in drawing.renditions],
        "alt": picture.alt,
        "alt_ru": picture.alt_ru,
        "credit": _CREDIT,
        "licence": _LICENCE,
        "published": True,
    }

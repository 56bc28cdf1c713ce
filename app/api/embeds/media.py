"""Pictures in other records: URLs of the renditions, description and rights."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import Field
from sqlalchemy import select
from sqlalchemy.sql.elements import Label

from app.api.links import Url
from app.api.read_models import ReadModel
from app.config import current_settings
from app.db.functions import AnySelect, ColumnExpression, json_object_subquery
from app.db.models import Media
from app.domain.languages import tr
from app.domain.pictures import RENDITION_TYPES, SIZES, rendition_file

FALLBACK_EXTENSION = "jpg"
"""Extension of the files that every client can show."""


class ImageSource(ReadModel):
    """File of an image in one size and type."""

    url: Url
    width: int
    """Width in pixels."""
    height: int
    """Height in pixels."""
    type: str
    """Media type: `image/avif`, `image/webp` or `image/jpeg`."""


class FocalPoint(ReadModel):
    """Most important place of an image, which a crop should keep."""

    x: int
    """Distance from the left edge, in percent of the width."""
    y: int
    """Distance from the top, in percent of the height."""


class Image(ReadModel):
    """Image with its description and rights."""

    media: str | None = Field(examples=["soyuz-ms-12-on-the-pad"])
    """Slug of the picture in `/v1/media`, or null for an image on another site."""
    url: Url
    """JPEG of at most 960 pixels for an image of `/v1/media`, otherwise the given URL."""
    srcset: list[ImageSource]
    """All files: types by preference, sizes ascending. Empty for an image on another site."""
    width: int | None
    """Width of the original in pixels, or null for an image on another site."""
    height: int | None
    """Height of the original in pixels, or null for an image on another site."""
    alt: str
    """Description in the language of the response, where it is known."""
    credit: str | None
    licence: str | None
    """SPDX identifier or name of the licence, or null if not known."""
    blurhash: str | None
    """Placeholder until the image is loaded, see https://blurha.sh."""
    focal_point: FocalPoint | None

    @classmethod
    def computed_fields(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        return build_image(row) if "content" in row else {}


def select_image(media_id: ColumnExpression) -> Label[Any]:
    """The picture `media_id` as a JSON object for `Image`, labelled `image`; null without one."""
    return json_object_subquery(select_picture().where(Media.id == media_id)).label("image")


def select_picture() -> AnySelect:
    """Columns for `build_image`."""
    return select(
        Media.slug.label("media"),
        Media.content,
        Media.width,
        Media.height,
        Media.blurhash,
        Media.renditions,
        Media.alt,
        Media.alt_ru,
        Media.credit,
        Media.licence,
        Media.focal_x,
        Media.focal_y,
    )


def build_image(row: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of the `Image` of a picture in the library."""
    sources = list_image_sources(row["content"], row["renditions"])
    fallbacks = [
        source
        for source in sources
        if source["type"] == RENDITION_TYPES[FALLBACK_EXTENSION]
        and max(source["width"], source["height"]) <= SIZES["page"]
    ]
    alt = row["alt"] or row["alt_ru"] or ""
    return {
        "url": fallbacks[-1]["url"],
        "srcset": sources,
        "alt": tr(alt, row["alt_ru"] or alt),
        "focal_point": {"x": row["focal_x"], "y": row["focal_y"]},
        **{
            name: row[name]
            for name in ("media", "width", "height", "credit", "licence", "blurhash")
        },
    }


def list_image_sources(
    content: str, renditions: Iterable[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Fields of the `ImageSource` of each file of a picture."""
    return [
        {
            "url": build_file_url(content, rendition_file(each["name"], extension)),
            "width": each["width"],
            "height": each["height"],
            "type": media_type,
        }
        for extension, media_type in RENDITION_TYPES.items()
        for each in renditions
    ]


def build_file_url(content: str, name: str) -> str:
    """URL of the file `name` of a picture."""
    return f"{current_settings().base_url}/media/{content}/{name}"

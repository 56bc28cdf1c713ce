"""Pictures and their renditions: names, sizes and files, without decoding."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

SIZES: Mapping[str, int] = {"thumb": 160, "card": 480, "page": 960, "full": 1920}
"""Longest side of each rendition in pixels. A picture is never enlarged."""

RENDITION_TYPES: Mapping[str, str] = {
    "avif": "image/avif",
    "webp": "image/webp",
    "jpg": "image/jpeg",
}
"""Media type of each rendition file, by extension; browsers take the first that they know."""

SOURCE_TYPES: Mapping[str, str] = {
    "JPEG": "image/jpeg",
    "MPO": "image/jpeg",  # JPEG with a second picture, such as a depth map
    "PNG": "image/png",
    "WEBP": "image/webp",
    "AVIF": "image/avif",
    "GIF": "image/gif",
}
"""Media types of raster pictures that can be uploaded, by the name of the format in Pillow."""

SVG_TYPE = "image/svg+xml"

MAX_PICTURE_BYTES = 20 * 2**20
MAX_PICTURE_PIXEL_COUNT = 40_000_000
MAX_FRAME_COUNT = 500

MANIFEST_FILE = "picture.json"

UNKNOWN_LICENCE = "unknown"
"""Licence of a picture about whose rights nothing is known; it cannot be published."""


class RefusalCode(StrEnum):
    """Reason why a file is not an acceptable picture: code of the error of an upload."""

    UNSUPPORTED_TYPE = "unsupported-type"
    UNSUPPORTED_CONTENT = "unsupported-content"
    INCOMPLETE = "incomplete"
    TOO_MANY_PIXELS = "too-many-pixels"
    TOO_MANY_FRAMES = "too-many-frames"
    TOO_COMPLEX = "too-complex"
    UNDECODABLE = "undecodable"


class PictureRefused(ValueError):
    """A file is not an acceptable picture. `code` is the reason."""

    def __init__(self, code: RefusalCode) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Rendition:
    """A picture in one size, stored once in each of `RENDITION_TYPES`."""

    name: str
    width: int
    height: int


@dataclass(frozen=True)
class Picture:
    """A decoded picture. Its size is that of the upload, with the orientation applied."""

    media_type: str
    """Media type of the uploaded file."""
    width: int
    height: int
    blurhash: str
    """Placeholder of 4 × 3 components, see https://blurha.sh."""
    renditions: tuple[Rendition, ...]
    """Ascending by size; the last is the largest."""

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str | bytes) -> "Picture":
        fields: dict[str, Any] = json.loads(text)
        renditions = tuple(Rendition(**each) for each in fields.pop("renditions"))
        return cls(**fields, renditions=renditions)


def fit_sizes(width: int, height: int) -> Iterator[Rendition]:
    """Sizes of the renditions of a picture, ascending, up to that of the picture itself."""
    longest = max(width, height)
    for name, side in SIZES.items():
        scale = min(1, side / longest)
        yield Rendition(name, max(1, round(width * scale)), max(1, round(height * scale)))
        if side >= longest:
            return


def rendition_file(name: str, extension: str) -> str:
    """File name of a rendition: `card.webp`."""
    return f"{name}.{extension}"

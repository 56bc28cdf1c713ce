"""SVG pictures, rasterised by resvg: a renderer without scripts, network or animations.

The file is parsed without entities, refused if it has anything that the raster picture would lack,
and serialised again: resvg renders the tree that was checked.
"""

import re
from collections.abc import Iterator
from io import BytesIO
from xml.etree.ElementTree import Element, ParseError, tostring

import resvg_py
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring
from PIL import Image

from app.domain.pictures import MAX_PICTURE_PIXEL_COUNT, SIZES, PictureRefused, RefusalCode

_NAMESPACE = "{http://www.w3.org/2000/svg}"

_REFUSED_ELEMENTS = frozenset(
    {"script", "handler", "foreignobject", "iframe", "image", "feimage", "audio", "video", "text"}
)
"""Elements with code, other files, or text, which needs fonts; in lower case."""

_EXTERNAL_STYLE = re.compile(r"""url\(\s*["']?\s*(?!\s|["']|\#)|@import""", re.IGNORECASE)

_LENGTH = re.compile(r"\s*(\d*\.?\d+(?:e[+-]?\d+)?)\s*(px|pt|pc|mm|cm|in|)\s*", re.IGNORECASE)
_PIXELS_PER_UNIT = {
    "": 1.0,
    "px": 1.0,
    "pt": 96 / 72,
    "pc": 16.0,
    "mm": 96 / 25.4,
    "cm": 96 / 2.54,
    "in": 96.0,
}


def is_svg(content: bytes) -> bool:
    """True if a file may be SVG: it is a text with the start of its root element."""
    return b"<svg" in content and b"\0" not in content[:1024]


def rasterise(content: bytes) -> tuple[Image.Image, int, int]:
    """Render SVG. Returns the picture, at most in the size of the largest rendition, and its size.

    Raises PictureRefused.
    """
    try:
        root = fromstring(content)
    except DefusedXmlException:
        raise PictureRefused(RefusalCode.UNSUPPORTED_CONTENT) from None
    except ParseError:
        raise PictureRefused(RefusalCode.UNDECODABLE) from None
    if root.tag != f"{_NAMESPACE}svg":
        raise PictureRefused(RefusalCode.UNSUPPORTED_TYPE)
    if any(map(_is_refused, root.iter())):
        raise PictureRefused(RefusalCode.UNSUPPORTED_CONTENT)
    width, height = _measure(root)
    if width * height > MAX_PICTURE_PIXEL_COUNT:
        raise PictureRefused(RefusalCode.TOO_MANY_PIXELS)
    scale = min(1, SIZES["full"] / max(width, height))
    root.attrib.setdefault("viewBox", f"0 0 {width} {height}")
    root.set("width", str(max(1, round(width * scale))))
    root.set("height", str(max(1, round(height * scale))))
    try:
        png = resvg_py.svg_to_bytes(svg_string=tostring(root, "unicode"), skip_system_fonts=True)
    except ValueError:
        raise PictureRefused(RefusalCode.UNDECODABLE) from None
    return Image.open(BytesIO(png)), max(1, round(width)), max(1, round(height))


def _is_refused(element: Element) -> bool:
    """True for an element with code, text, or a reference to another file."""
    name = _local_name(element.tag)
    if name in _REFUSED_ELEMENTS:
        return True
    if name == "style" and _EXTERNAL_STYLE.search(element.text or ""):
        return True
    return any(_is_refused_attribute(*each) for each in element.attrib.items())


def _is_refused_attribute(name: str, value: str) -> bool:
    match _local_name(name):
        case "href" | "src":
            return not value.lstrip().startswith("#")
        case local_name:
            return local_name.startswith("on") or _EXTERNAL_STYLE.search(value) is not None


def _local_name(name: str) -> str:
    """Name of an element or attribute in lower case, without its namespace."""
    return name.rpartition("}")[2].lower()


def _measure(root: Element) -> tuple[float, float]:
    """Width and height in pixels, from those of the root or from its view box."""
    sizes = [*_parse_lengths(root.get("width", ""), root.get("height", ""))]
    if len(sizes) < 2:
        sizes = [*_parse_lengths(*root.get("viewBox", "").replace(",", " ").split()[2:])]
    if len(sizes) != 2 or min(sizes) <= 0:
        raise PictureRefused(RefusalCode.UNDECODABLE)
    return sizes[0], sizes[1]


def _parse_lengths(*texts: str) -> Iterator[float]:
    """The lengths in pixels, without those that are relative or malformed."""
    for text in texts:
        if match := _LENGTH.fullmatch(text):
            yield float(match[1]) * _PIXELS_PER_UNIT[match[2].lower()]

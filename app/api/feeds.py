"""Parts of feeds: XML elements, the head of an Atom feed, and responses."""

import re
from datetime import UTC, datetime
from email.utils import format_datetime
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from fastapi import Response

from app.config import current_settings
from app.domain.dates import format_rfc3339_utc

_INVALID_XML_CHARACTERS = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that are invalid in XML 1.0, even as references."""

_ATOM_NAMESPACES = {
    "xmlns": "http://www.w3.org/2005/Atom",
    "xmlns:dcterms": "http://purl.org/dc/terms/",
}


EMPTY_FEED_UPDATED_AT = datetime(1998, 11, 20, 6, 40, tzinfo=UTC)
"""Update time of a feed without entries: formats require one, and caches need a constant one."""


class AtomFeed(Response):
    """Atom response (RFC 4287)."""

    media_type = "application/atom+xml"


def websub_hub() -> str | None:
    """URL of the WebSub hub that publishes feeds, if there is one."""
    return current_settings().websub_hub or None


def build_atom_head(
    *,
    id_: str,
    title: str,
    subtitle: str,
    language: str | None,
    updated_at: datetime,
    known_until: str | None,
    self_url: str,
    home_url: str,
) -> Element:
    """Build an Atom feed without entries; `known_until` is the horizon of its facts."""
    root = Element("feed", _ATOM_NAMESPACES | xml_lang(language))
    add_element(root, "id", id_)
    add_element(root, "title", title)
    add_element(root, "subtitle", subtitle)
    add_element(root, "updated", format_rfc3339_utc(updated_at))
    add_known_until(root, known_until)
    add_element(root, "link", rel="self", type=AtomFeed.media_type, href=self_url)
    add_element(root, "link", rel="alternate", href=home_url)
    if hub := websub_hub():
        add_element(root, "link", rel="hub", href=hub)
    return root


def build_feed_response(
    kind: type[Response], content: bytes, updated_at: datetime, self_url: str
) -> Response:
    """Response with `content`, and the `Link` header for WebSub subscribers."""
    links = [f'<{hub}>; rel="hub"'] if (hub := websub_hub()) else []
    headers = {
        "Content-Type": f"{kind.media_type}; charset=utf-8",
        "Last-Modified": format_datetime(updated_at, usegmt=True),
        "Link": ", ".join([*links, f'<{self_url}>; rel="self"']),
    }
    return kind(content, headers=headers)


def add_known_until(parent: Element, known_until: str | None) -> None:
    """Add a horizon, if there is one, as a period of Dublin Core without a start."""
    if known_until:
        add_element(parent, "dcterms:valid", f"end={known_until}; scheme=W3C-DTF;")


def xml_lang(language: str | None) -> dict[str, str]:
    """Attribute for the language of an element."""
    return {"xml:lang": language} if language else {}


def add_element(parent: Element, name: str, text: str | None = None, **attributes: str) -> Element:
    """Add an element to `parent`, without the characters that are invalid in XML."""
    valid = {key: _INVALID_XML_CHARACTERS.sub("", value) for key, value in attributes.items()}
    element = SubElement(parent, name, valid)
    element.text = text and _INVALID_XML_CHARACTERS.sub("", text)
    return element


def serialize_xml(root: Element) -> bytes:
    """Serialise a document, indented."""
    indent(root, " ")
    document: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return document

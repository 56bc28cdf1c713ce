"""Pictures of the library in the text of an article.

The renderer leaves `<img src="media:slug" alt="…">`. The stored HTML has the files of the picture
instead, as `media:<content>/<file>`, and readers get their URLs. In text, `<` is escaped, so
nothing else looks like these tags.
"""

import re
from html import escape, unescape
from typing import Annotated

from pydantic import AfterValidator
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.api.embeds.media import FALLBACK_EXTENSION, build_file_url
from app.api.slugs import resolve_slugs
from app.api.validation_errors import raise_field_error
from app.db.models import Media
from app.domain.languages import Language, tr
from app.domain.pictures import rendition_file

MAX_BODY_PICTURE_COUNT = 50

_RENDERED_TAG_PATTERN = re.compile(r'<img src="media:([^"]*)" alt="([^"]*)">')
_STORED_TAG_PATTERN = re.compile(r'<img src="media:[^>]*>')
_STORED_FILE_PATTERN = re.compile(r"media:([0-9a-f]+)/([a-z]+\.[a-z]+)")
_SIZES = "(min-width: 48rem) 46rem, 100vw"
_SHOWN_SIZE = "page"


def embed_pictures(session: Session, html: str, language: str) -> tuple[str, list[int]]:
    """Replace the pictures of rendered HTML by their files. Returns the ids of the pictures, too.

    Locks the pictures until the commit. Raises InvalidRequest for a picture that is unknown or not
    published, and for more than `MAX_BODY_PICTURE_COUNT`.
    """
    slugs = list(dict.fromkeys(slug for slug, _ in _RENDERED_TAG_PATTERN.findall(html)))
    if not slugs:
        return html, []
    if len(slugs) > MAX_BODY_PICTURE_COUNT:
        detail = tr(
            f"The text may show at most {MAX_BODY_PICTURE_COUNT} pictures.",
            f"В тексте допускается не больше {MAX_BODY_PICTURE_COUNT} изображений.",
        )
        raise_field_error("/body", "too-many-pictures", detail)
    ids = resolve_slugs(session, Media, slugs, "/body")
    locked = select(Media).where(Media.id.in_(ids)).order_by(Media.id).with_for_update(read=True)
    pictures = {media.slug: media for media in session.scalars(locked)}
    for slug in slugs:
        if not pictures[slug].published:
            detail = tr(
                f"The picture {slug!r} is not published.", f"Изображение {slug!r} не опубликовано."
            )
            raise_field_error("/body", "unpublished", detail)
    embedded = _RENDERED_TAG_PATTERN.sub(
        lambda tag: _build_tag(pictures[tag[1]], unescape(tag[2]), language), html
    )
    return embedded, ids


def _build_tag(media: Media, alt: str, language: str) -> str:
    """Element of a picture; without `alt`, its own description in `language` is used."""
    own = media.alt_ru if language == Language.RU else media.alt
    files = {
        str(each["name"]): _build_file_address(media, str(each["name"]))
        for each in media.renditions
    }
    attributes = {
        "src": files.get(_SHOWN_SIZE) or list(files.values())[-1],
        "srcset": ", ".join(
            f"{files[str(each['name'])]} {each['width']}w" for each in media.renditions
        ),
        "sizes": _SIZES,
        "width": media.width,
        "height": media.height,
        "alt": alt or own or "",
        "loading": "lazy",
    }
    written = " ".join(f'{name}="{escape(str(value))}"' for name, value in attributes.items())
    return f"<img {written}>"


def _build_file_address(media: Media, rendition: str) -> str:
    return f"media:{media.content}/{rendition_file(rendition, FALLBACK_EXTENSION)}"


def has_pictures(html: str) -> bool:
    """True if rendered or stored HTML shows pictures of the library."""
    return '<img src="media:' in html


def show_picture_urls(html: str) -> str:
    """Stored HTML with the URLs of the files of its pictures."""
    if not has_pictures(html):
        return html
    return _STORED_TAG_PATTERN.sub(
        lambda tag: _STORED_FILE_PATTERN.sub(lambda file: build_file_url(file[1], file[2]), tag[0]),
        html,
    )


BodyHtml = Annotated[str, AfterValidator(show_picture_urls)]
"""HTML of a body with URLs of its pictures, from stored HTML."""

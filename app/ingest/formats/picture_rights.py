"""Pictures in the formats of sources, with what these state of credit and licence."""

import re
from contextlib import suppress

from pydantic import TypeAdapter, ValidationError

from app.api.write_models import HttpUrlStr
from app.domain.pictures import UNKNOWN_LICENCE
from app.ingest.entries import SourcePicture
from app.ingest.formats.html_text import html_to_text

_URL_ADAPTER = TypeAdapter[str](HttpUrlStr)
_MAX_CREDIT_CHARS = 300

_CREATIVE_COMMONS_URL = re.compile(
    r"https?://creativecommons\.org/licenses/([a-z-]{2,8})/(\d\.\d)(?:/.*)?", re.IGNORECASE
)
_CREATIVE_COMMONS_NAME = re.compile(r"CC[ -](BY(?:-\w\w){0,2})[ -](\d\.\d)", re.IGNORECASE)
_ZERO = re.compile(
    r"CC0([ -]1\.0)?|https?://creativecommons\.org/publicdomain/zero/.*", re.IGNORECASE
)


def build_picture(url: str, page: str | None, credit: str, licence: str) -> SourcePicture | None:
    """A picture of an entry; None if its URL is missing or cannot be fetched."""
    with suppress(ValidationError):
        return SourcePicture(
            _URL_ADAPTER.validate_python(url.strip()),
            page,
            html_to_text(credit)[:_MAX_CREDIT_CHARS] or None,
            name_licence(licence.strip()),
        )
    return None


def name_licence(stated: str) -> str:
    """SPDX identifier of a Creative Commons licence in any spelling; otherwise `unknown`."""
    if _ZERO.fullmatch(stated):
        return "CC0-1.0"
    for pattern in (_CREATIVE_COMMONS_URL, _CREATIVE_COMMONS_NAME):
        if match := pattern.fullmatch(stated):
            return f"CC-{match[1].upper()}-{match[2]}"
    return UNKNOWN_LICENCE

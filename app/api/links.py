"""Absolute URLs and tag URIs, built from `ZARYA_PUBLIC_URL`, never from a request's headers."""

from collections.abc import Mapping
from typing import Annotated
from urllib.parse import quote, urlencode

from pydantic import WithJsonSchema

from app.config import current_settings
from app.domain.languages import LANGUAGES, explicit_language

Url = Annotated[str, WithJsonSchema({"type": "string", "format": "uri"})]
"""Absolute URL."""


def url_for_request(*segments: str | int, **parameters: str) -> str:
    """URL of a path under `/v1`, with the parameter `lang` if the request has it."""
    language = explicit_language()
    return public_url(*segments, **parameters, **({"lang": language} if language else {}))


def public_url(*segments: str | int, **parameters: str) -> str:
    """URL of a path under `/v1`, the same for every request: `public_url("articles", slug)`."""
    path = "/".join(map(_quote_segment, segments))
    return append_query(f"{current_settings().base_url}/v1/{path}", parameters)


def page_url(*segments: str, language: str | None = None) -> str:
    """URL of a page of the portal: `page_url("articles", slug, language="ru")`.

    Without `language`, or with one that pages do not have, the language is that of the request if
    its parameter `lang` names it.
    """
    lang = language if language in LANGUAGES else explicit_language()
    path = "/".join(map(_quote_segment, segments))
    return append_query(f"{current_settings().base_url}/{path}", {"lang": lang} if lang else {})


def tag_authority() -> str:
    """Authority of tag URIs: the host of the public URL, with hyphens for colons (IPv6)."""
    host = current_settings().public_url.host or ""
    return host.strip("[]").replace(":", "-").strip("-")


def tag_uri(*segments: str | int, **parameters: str) -> str:
    """Permanent identifier (RFC 4151), such as `tag:portal.example,2026:article/59`."""
    path = "/".join(map(_quote_segment, segments))
    return append_query(f"tag:{tag_authority()},2026:{path}", parameters)


def _quote_segment(segment: str | int) -> str:
    return quote(str(segment), safe="")


def append_query(url: str, parameters: Mapping[str, str]) -> str:
    """Append `parameters` to `url`, percent-encoded except for commas."""
    return f"{url}?{urlencode(parameters, safe=',')}" if parameters else url

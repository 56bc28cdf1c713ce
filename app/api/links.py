"""Absolute URLs and tag URIs, built from `ZARYA_PUBLIC_URL`, never from a request's headers."""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated
from urllib.parse import quote, urlencode

from pydantic import Field, WithJsonSchema

from app.config import current_settings
from app.domain.languages import LANGUAGES, explicit_language

Url = Annotated[str, WithJsonSchema({"type": "string", "format": "uri"})]
"""Absolute URL."""
_UNRESERVED = re.compile(r"[A-Za-z0-9_.~-]*(?:/[A-Za-z0-9_.~-]*)*").fullmatch
"""Match paths that need no percent-encoding, faster than `quote` does."""

PageUrl = Annotated[Url, Field(description="URL of the page for people, on the portal.")]


def url_for_request(*segments: str | int, **parameters: str) -> str:
    """URL of a path under `/v1`, with the parameter `lang` if the request has it."""
    language = explicit_language()
    return public_url(*segments, **parameters, **({"lang": language} if language else {}))


def public_url(*segments: str | int, **parameters: str) -> str:
    """URL of a path under `/v1`, the same for every request: `public_url("articles", slug)`."""
    url = f"{current_settings().base_url}/v1/{_join_segments(segments)}"
    return append_query(url, parameters) if parameters else url


def page_url(*segments: str, language: str | None = None, **parameters: str) -> str:
    """URL of a page of the portal: `page_url("articles", slug, language="ru")`.

    Without `language`, or with one that pages do not have, the language is that of the request if
    its parameter `lang` names it.
    """
    lang = language if language in LANGUAGES else explicit_language()
    url = f"{current_settings().base_url}/{_join_segments(segments)}"
    return append_query(url, parameters | {"lang": lang}) if lang else append_query(url, parameters)


def record_urls(collection: str, slug: str) -> dict[str, str]:
    """`url` and `html_url` of a record: `/v1/{collection}/{slug}` and `/{collection}/{slug}`.

    Built from one path: an answer may name a thousand records.
    """
    path = _join_segments((collection, slug))
    language = explicit_language()
    if language:
        path += f"?lang={language}"
    base_url = current_settings().base_url
    return {"url": f"{base_url}/v1/{path}", "html_url": f"{base_url}/{path}"}


def in_language(url: str, language: str) -> str:
    """`url` with the parameter `lang` set to `language`."""
    address, hash_, fragment = url.partition("#")
    path, _, query = address.partition("?")
    others = [part for part in query.split("&") if part and not part.startswith("lang=")]
    return f"{path}?{'&'.join([*others, f'lang={language}'])}{hash_}{fragment}"


def tag_authority() -> str:
    """Authority of tag URIs: the host of the public URL, with hyphens for colons (IPv6)."""
    host = current_settings().public_url.host or ""
    return host.strip("[]").replace(":", "-").strip("-")


def tag_uri(*segments: str | int, **parameters: str) -> str:
    """Permanent identifier (RFC 4151), such as `tag:portal.example,2026:article/59`."""
    path = _join_segments(segments)
    return append_query(f"tag:{tag_authority()},2026:{path}", parameters)


def _join_segments(segments: Sequence[str | int]) -> str:
    """Path of `segments`, percent-encoded."""
    path = "/".join(map(str, segments))
    if _UNRESERVED(path) and path.count("/") == len(segments) - 1:
        return path
    return "/".join([quote(str(segment), safe="") for segment in segments])


def append_query(url: str, parameters: Mapping[str, str]) -> str:
    """Append `parameters` to `url`, percent-encoded except for commas."""
    return f"{url}?{urlencode(parameters, safe=',')}" if parameters else url

"""Absolute addresses, made from the public URL of the service and never from a request."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated
from urllib.parse import quote, urlencode

from pydantic import WithJsonSchema

from app.config import get_settings
from app.domain.languages import explicit_language

Url = Annotated[str, WithJsonSchema({"type": "string", "format": "uri"})]
"""An absolute address."""


def url_for_request(*segments: str | int, **parameters: str) -> str:
    """The address of a path under `/v1`, in the language that was asked for by `lang`, if any."""
    speech = explicit_language()
    return public_url(*segments, **parameters, **({"lang": speech} if speech else {}))


def public_url(*segments: str | int, **parameters: str) -> str:
    """The address of a path under `/v1`, whoever asks: `canonical("articles", slug)`."""
    path = "/".join(map(_quote_segment, segments))
    return append_query(f"{get_settings().base_url}/v1/{path}", parameters)


def tag_authority() -> str:
    """The host of the public address, which lasting names are made with; an IPv6 one in hyphens."""
    host = get_settings().public_url.host or ""
    return host.strip("[]").replace(":", "-").strip("-")


def tag_uri(*segments: str | int, **parameters: str) -> str:
    """A name that stays when addresses change (RFC 4151): `tag:portal.example,2026:article/59`."""
    path = "/".join(map(_quote_segment, segments))
    return append_query(f"tag:{tag_authority()},2026:{path}", parameters)


@lru_cache(maxsize=4096)  # a list has a link in each item
def _quote_segment(segment: str | int) -> str:
    return quote(str(segment), safe="")


def append_query(address: str, parameters: Mapping[str, str]) -> str:
    """`address` with `parameters` behind it, each escaped; commas stay readable."""
    return f"{address}?{urlencode(parameters, safe=',')}" if parameters else address

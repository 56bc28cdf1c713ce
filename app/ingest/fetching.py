"""Conditional GET of feeds, with limited redirects, size and time.

The URL of every redirect is checked like the first one, and all requests share one deadline. The
size limit applies to a gzip body before and after decompression.
"""

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from gzip import GzipFile
from io import BytesIO
from time import monotonic
from urllib.parse import urljoin, urlsplit

from app.config import current_settings
from app.http.client import (
    MAX_OUTBOUND_RESPONSE_BYTES,
    OUTBOUND_TIMEOUT_SECONDS,
    ForbiddenUrl,
    OutboundResponse,
    RequestFailed,
    send_request,
)

_MAX_REDIRECTS = 3
_REDIRECT_STATUSES = {301, 302, 303, 307, 308}
_ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, "
    "application/json;q=0.9, text/xml;q=0.8, */*;q=0.1"
)


@dataclass(frozen=True)
class FetchResult:
    """Response at the end of the redirects."""

    url: str
    """URL that sent the response."""
    status: int
    headers: Mapping[str, str]
    """By name, in lower case."""
    body: bytes
    """Decompressed body of a 200; empty for other statuses."""


def fetch_url(
    url: str,
    etag: str | None = None,
    last_modified: str | None = None,
    *,
    allow_private: bool = False,
    timeout: float = OUTBOUND_TIMEOUT_SECONDS,
    before_request: Callable[[str], object] = lambda _url: None,
) -> FetchResult:
    """Fetch `url`, following at most three redirects. The status is 304 if it has not changed.

    `before_request` is called with each URL before it is requested, and may raise. Raises
    `ForbiddenUrl` if a URL on the way is not allowed, `RequestFailed` if there is no valid
    response.
    """
    deadline = monotonic() + timeout
    headers = {
        "Accept": _ACCEPT,
        "Accept-Encoding": "gzip",
        "User-Agent": f"Zarya (+{current_settings().base_url})",
    }
    headers |= {"If-None-Match": etag} if etag else {}
    headers |= {"If-Modified-Since": last_modified} if last_modified else {}
    for _ in range(_MAX_REDIRECTS + 1):
        remaining = deadline - monotonic()
        if remaining <= 0:
            raise RequestFailed("The request timed out.")
        before_request(url)
        response = send_request("GET", url, headers, allow_private=allow_private, timeout=remaining)
        target = response.headers.get("location")
        if response.status not in _REDIRECT_STATUSES or not target:
            body = _decompress_body(response) if response.status == 200 else b""
            return FetchResult(url, response.status, response.headers, body)
        url = resolve_redirect(url, target)
    raise RequestFailed(f"Too many redirects (more than {_MAX_REDIRECTS}).")


def resolve_redirect(url: str, target: str) -> str:
    """Resolve the `Location` of a response from `url`.

    Raises `ForbiddenUrl` if it is not a URL, or not https although `url` is.
    """
    try:
        location = urljoin(url, target)
        is_https = urlsplit(location).scheme == "https"
    except ValueError as error:
        raise ForbiddenUrl("The redirect target is not a valid URL.") from error
    if urlsplit(url).scheme == "https" and not is_https:
        raise ForbiddenUrl("A redirect from https to another scheme is refused.")
    return location


def _decompress_body(response: OutboundResponse) -> bytes:
    """Decompress a gzip body within the size limit. Raises `RequestFailed`."""
    coding = response.headers.get("content-encoding", "identity").strip().lower()
    if coding in {"identity", ""} or not response.body:
        return response.body
    if coding not in {"gzip", "x-gzip"}:
        raise RequestFailed(f"Unsupported Content-Encoding {coding[:40]!r}.")
    try:
        with GzipFile(fileobj=BytesIO(response.body)) as file:
            body = file.read(MAX_OUTBOUND_RESPONSE_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise RequestFailed("The gzip body is invalid or truncated.") from error
    if len(body) > MAX_OUTBOUND_RESPONSE_BYTES:
        raise RequestFailed(
            f"The decompressed body has more than {MAX_OUTBOUND_RESPONSE_BYTES} bytes."
        )
    return body

"""Fetching what others publish: only when it has changed, over few redirects, and bounded.

Each address on the way is judged as the first one was, and all of it together has one deadline. A
body may come compressed by gzip; what it unfolds to is bounded as well.
"""

import zlib
from collections.abc import Mapping
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
    """What an address answered in the end."""

    status: int
    headers: Mapping[str, str]
    """By name, in lower case."""
    body: bytes
    """What a 200 brought, decompressed; nothing of any other answer."""


def fetch_url(
    url: str,
    etag: str | None = None,
    last_modified: str | None = None,
    *,
    allow_private: bool = False,
    timeout: float = OUTBOUND_TIMEOUT_SECONDS,
) -> FetchResult:
    """What `url` answers, behind at most three redirects; 304 where it has not changed.

    Raises `ForbiddenUrl` where it leads to an address that may not be asked, `RequestFailed` where
    it does not answer well.
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
        left = deadline - monotonic()
        if left <= 0:
            raise RequestFailed("It took too long.")
        answer = send_request("GET", url, headers, allow_private=allow_private, timeout=left)
        target = answer.headers.get("location")
        if answer.status not in _REDIRECT_STATUSES or not target:
            body = _decompress_body(answer) if answer.status == 200 else b""
            return FetchResult(answer.status, answer.headers, body)
        url = resolve_redirect(url, target)
    raise RequestFailed(f"It leads on and on: more than {_MAX_REDIRECTS} redirects.")


def resolve_redirect(url: str, target: str) -> str:
    """Where a redirect of `url` to `target` leads.

    Raises `ForbiddenUrl` where nobody should follow.
    """
    try:
        onwards = urljoin(url, target)
        safe = urlsplit(onwards).scheme == "https"
    except ValueError as error:
        raise ForbiddenUrl("It leads to what is no address.") from error
    if urlsplit(url).scheme == "https" and not safe:
        raise ForbiddenUrl("It leads from https to something less.")
    return onwards


def _decompress_body(answer: OutboundResponse) -> bytes:
    """The body of an answer, decompressed as far as it may grow."""
    coding = answer.headers.get("content-encoding", "identity").strip().lower()
    if coding in {"identity", ""} or not answer.body:
        return answer.body
    if coding not in {"gzip", "x-gzip"}:
        raise RequestFailed(f"It is encoded as {coding[:40]!r}, which was not asked for.")
    try:
        with GzipFile(fileobj=BytesIO(answer.body)) as file:
            body = file.read(MAX_OUTBOUND_RESPONSE_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise RequestFailed("It is no gzip, as it says, or none that ends.") from error
    if len(body) > MAX_OUTBOUND_RESPONSE_BYTES:
        raise RequestFailed(f"Decompressed it has more than {MAX_OUTBOUND_RESPONSE_BYTES} bytes.")
    return body

"""Limits of the heads of requests: version, size, host and transfer coding."""

import re
from collections.abc import Collection

from app.domain.languages import tr
from app.http.problems import (
    ApiError,
    BadRequest,
    HeadersTooLarge,
    HttpVersionNotSupported,
    TransferCodingNotImplemented,
    UriTooLong,
)

MAX_HEAD_BYTES = 32 * 1024
MAX_HEADER_COUNT = 100
MAX_URL_BYTES = 8 * 1024

_HOST_PATTERN = re.compile(rb"[\w.~!$&'()*+,;=%:\[\]-]*")
"""A host with a port perhaps, by its characters: links are not built from it."""

_TRANSFER_CODINGS: tuple[list[bytes], ...] = ([], [b"chunked"])

_HTTP_VERSIONS = frozenset({"1.0", "1.1"})


def check_head(
    version: str, url: bytes, headers: Collection[tuple[bytes, bytes]], *, is_small: bool
) -> ApiError | None:
    """The problem of a head; None if it is accepted.

    `is_small` is true if it surely has at most MAX_HEAD_BYTES.
    """
    if version not in _HTTP_VERSIONS:
        return version_not_supported()
    if len(url) > MAX_URL_BYTES:
        return uri_too_long()
    if len(headers) > MAX_HEADER_COUNT or (
        not is_small and sum(len(name) + len(value) for name, value in headers) > MAX_HEAD_BYTES
    ):
        return headers_too_large()
    hosts, codings = [], []
    for name, value in headers:
        if name == b"host":
            hosts.append(value)
        elif name == b"transfer-encoding":
            codings.append(value.lower())
    if codings not in _TRANSFER_CODINGS:
        return TransferCodingNotImplemented(
            tr(
                "Send the body in the transfer coding `chunked`, or with `Content-Length`.",
                "Отправьте тело с `Transfer-Encoding: chunked` или с `Content-Length`.",
            )
        )
    is_missing_allowed = version == "1.0" and not hosts
    if not is_missing_allowed and (len(hosts) != 1 or not _HOST_PATTERN.fullmatch(hosts[0])):
        return BadRequest(
            tr(
                "Send exactly one `Host` header with a host and perhaps a port (RFC 9112, "
                "section 3.2).",
                "Нужен ровно один заголовок `Host` с узлом и, возможно, портом (RFC 9112, "
                "раздел 3.2).",
            )
        )
    return None


def uri_too_long() -> UriTooLong:
    """The problem of a target that is longer than MAX_URL_BYTES."""
    return UriTooLong(f"The maximum length of a URL is {MAX_URL_BYTES} bytes.")


def headers_too_large() -> HeadersTooLarge:
    """The problem of headers beyond MAX_HEADER_COUNT or MAX_HEAD_BYTES."""
    return HeadersTooLarge(
        f"The maximum is {MAX_HEADER_COUNT} headers with {MAX_HEAD_BYTES} bytes in total."
    )


def version_not_supported() -> HttpVersionNotSupported:
    """The problem of a version other than HTTP/1.0 and HTTP/1.1."""
    return HttpVersionNotSupported(
        tr("Send the request with HTTP/1.1 or HTTP/1.0.", "Отправьте запрос по HTTP/1.1 или 1.0.")
    )

"""Entity tags and conditional requests (RFC 9110, sections 8.8.3 and 13.1)."""

import re
from hashlib import blake2b

_ENTITY_TAG_PATTERN = re.compile(r'\s*(?:W/)?"([\x21\x23-\x7e\x80-\xff]*)"\s*')
_DIGEST_BYTES = 12


def parse_etags(header: str) -> set[str]:
    """The opaque tags of a comma-separated list, weak or strong, without their quotation marks.

    Raises `ValueError` if the list is malformed.
    """
    tags = set()
    for part in header.split(","):
        match = _ENTITY_TAG_PATTERN.fullmatch(part)
        if match is None:
            raise ValueError(f"not an entity tag: {part!r}")
        tags.add(match[1])
    return tags


def matches_if_none_match(header: str | None, etag: str) -> bool:
    """Return true if `If-None-Match` matches `etag`, by weak comparison. False if malformed."""
    if header is None:
        return False
    if header.strip() == "*":
        return True
    try:
        return etag.removeprefix("W/").strip('"') in parse_etags(header)
    except ValueError:
        return False


def build_content_etag(body: bytes, version: bytes = b"") -> bytes:
    """A weak ETag: a digest of the body and the version of the record, if it has one.

    Weak, because it is the same for every content coding, and proxies that compress weaken a strong
    one anyway. Writers send it back in `If-Match`, where only the version counts.
    """
    digest = blake2b(body, digest_size=_DIGEST_BYTES).hexdigest().encode()
    return b'W/"%b.%b"' % (digest, version) if version else b'W/"%b"' % digest

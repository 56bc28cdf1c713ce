"""Content codings: negotiation and compression (RFC 9110, section 8.4)."""

import gzip
import zlib
from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol

import brotli
import zstandard

from app.domain.bounded_cache import bounded_cache
from app.http.negotiation import parse_quality_values


class ContentCoding(StrEnum):
    """The supported codings, in order of preference: the fastest one first."""

    ZSTD = "zstd"
    BROTLI = "br"
    GZIP = "gzip"
    IDENTITY = "identity"


_SMALLEST_FIRST = (ContentCoding.BROTLI, *ContentCoding)
"""The order for `compress_body(…, small=True)`: at its slowest level, Brotli is 10 % smaller."""


def negotiate_coding(
    header: str, preference: Sequence[ContentCoding] = tuple(ContentCoding)
) -> ContentCoding:
    """The coding for an `Accept-Encoding` header; identity if it names no supported one.

    Of codings with the same weight, the first one in `preference`.
    """
    weights = parse_quality_values(header)

    def weight(coding: ContentCoding) -> float:
        return weights.get(coding, weights.get("*", 0.0))

    return max(filter(weight, preference), key=weight, default=ContentCoding.IDENTITY)


@bounded_cache(2**17)
def select_coding(header: bytes) -> ContentCoding:
    """The coding for a raw `Accept-Encoding` header: the fastest one."""
    return negotiate_coding(header.decode("latin-1"))


@bounded_cache(2**10)
def select_smallest_coding(header: bytes) -> ContentCoding:
    """The coding for a raw `Accept-Encoding` header that makes the smallest bodies."""
    return negotiate_coding(header.decode("latin-1"), _SMALLEST_FIRST)


def compress_body(body: bytes, coding: ContentCoding, *, small: bool = False) -> bytes:
    """`body` in `coding`: at a fast level, or as small as possible in 20 times as long."""
    match coding:
        case ContentCoding.ZSTD:
            return zstandard.ZstdCompressor(level=19 if small else 3).compress(body)
        case ContentCoding.BROTLI:
            compressed: bytes = brotli.compress(body, quality=11 if small else 4)
            return compressed
        case ContentCoding.GZIP:
            return gzip.compress(body, compresslevel=9 if small else 4, mtime=0)
        case ContentCoding.IDENTITY:
            return body


class StreamCompressor(Protocol):
    """An incremental compressor; `flush` returns the rest of its output."""

    def compress(self, part: bytes, /) -> bytes: ...

    def flush(self) -> bytes: ...


class _BrotliCompressor:
    def __init__(self) -> None:
        self._compressor = brotli.Compressor(quality=4)

    def compress(self, part: bytes) -> bytes:
        compressed: bytes = self._compressor.process(part)
        return compressed

    def flush(self) -> bytes:
        compressed: bytes = self._compressor.finish()
        return compressed


def create_compressor(coding: ContentCoding) -> StreamCompressor | None:
    """A compressor for a body of unknown length; None for identity."""
    match coding:
        case ContentCoding.ZSTD:
            return zstandard.ZstdCompressor(level=3).compressobj()
        case ContentCoding.BROTLI:
            return _BrotliCompressor()
        case ContentCoding.GZIP:
            return zlib.compressobj(level=4, wbits=31)
        case ContentCoding.IDENTITY:
            return None

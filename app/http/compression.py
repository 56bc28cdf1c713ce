"""Content codings: which one a client would rather have, and its making."""

import gzip
import zlib
from enum import StrEnum
from typing import Protocol

import brotli
import zstandard

from app.http.negotiation import parse_quality_values


class ContentCoding(StrEnum):
    """The codings we offer, the best first."""

    ZSTD = "zstd"
    BROTLI = "br"
    GZIP = "gzip"
    IDENTITY = "identity"


def negotiate_coding(header: str) -> ContentCoding:
    """The coding to use for an `Accept-Encoding` header; identity where it names none of ours."""
    wanted = parse_quality_values(header)

    def weight(coding: ContentCoding) -> float:
        return wanted.get(coding, wanted.get("*", 0.0))

    return max(filter(weight, ContentCoding), key=weight, default=ContentCoding.IDENTITY)


def compress_body(body: bytes, coding: ContentCoding) -> bytes:
    """`body` in `coding`, at the level that costs little."""
    match coding:
        case ContentCoding.ZSTD:
            return zstandard.ZstdCompressor(level=3).compress(body)
        case ContentCoding.BROTLI:
            compressed: bytes = brotli.compress(body, quality=4)
            return compressed
        case ContentCoding.GZIP:
            return gzip.compress(body, compresslevel=4, mtime=0)
        case ContentCoding.IDENTITY:
            return body


class StreamCompressor(Protocol):
    """What encodes a body part by part; all of it has come out after `flush`."""

    def compress(self, part: bytes, /) -> bytes: ...

    def flush(self) -> bytes: ...


class _BrotliCompressor:
    def __init__(self) -> None:
        self._compressor = brotli.Compressor(quality=4)

    def compress(self, part: bytes) -> bytes:
        made: bytes = self._compressor.process(part)
        return made

    def flush(self) -> bytes:
        made: bytes = self._compressor.finish()
        return made


def create_compressor(coding: ContentCoding) -> StreamCompressor | None:
    """An encoder for a body of unknown length; None for identity."""
    match coding:
        case ContentCoding.ZSTD:
            return zstandard.ZstdCompressor(level=3).compressobj()
        case ContentCoding.BROTLI:
            return _BrotliCompressor()
        case ContentCoding.GZIP:
            return zlib.compressobj(level=4, wbits=31)
        case ContentCoding.IDENTITY:
            return None

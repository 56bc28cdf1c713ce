"""Content codings: which one a client would rather have, and its making."""

import gzip
import zlib
from enum import StrEnum
from typing import Protocol

import brotli
import zstandard

from app.http.negotiation import weights


class Coding(StrEnum):
    """The codings we offer, the best first."""

    ZSTD = "zstd"
    BROTLI = "br"
    GZIP = "gzip"
    IDENTITY = "identity"


def accepted(header: str) -> Coding:
    """The coding to use for an `Accept-Encoding` header; identity where it names none of ours."""
    wanted = weights(header)

    def weight(coding: Coding) -> float:
        return wanted.get(coding, wanted.get("*", 0.0))

    return max(filter(weight, Coding), key=weight, default=Coding.IDENTITY)


def encode(body: bytes, coding: Coding) -> bytes:
    """`body` in `coding`, at the level that costs little."""
    match coding:
        case Coding.ZSTD:
            return zstandard.ZstdCompressor(level=3).compress(body)
        case Coding.BROTLI:
            compressed: bytes = brotli.compress(body, quality=4)
            return compressed
        case Coding.GZIP:
            return gzip.compress(body, compresslevel=4, mtime=0)
        case Coding.IDENTITY:
            return body


class Encoder(Protocol):
    """What encodes a body part by part; all of it has come out after `flush`."""

    def compress(self, part: bytes, /) -> bytes: ...

    def flush(self) -> bytes: ...


class _Brotli:
    def __init__(self) -> None:
        self._compressor = brotli.Compressor(quality=4)

    def compress(self, part: bytes) -> bytes:
        made: bytes = self._compressor.process(part)
        return made

    def flush(self) -> bytes:
        made: bytes = self._compressor.finish()
        return made


def encoder(coding: Coding) -> Encoder | None:
    """An encoder for a body of unknown length; None for identity."""
    match coding:
        case Coding.ZSTD:
            return zstandard.ZstdCompressor(level=3).compressobj()
        case Coding.BROTLI:
            return _Brotli()
        case Coding.GZIP:
            return zlib.compressobj(level=4, wbits=31)
        case Coding.IDENTITY:
            return None

"""Content codings: which one a client would rather have, and its making."""

import gzip
from enum import StrEnum

import brotli
import zstandard


class Coding(StrEnum):
    """The codings we offer, the best first."""

    ZSTD = "zstd"
    BROTLI = "br"
    GZIP = "gzip"
    IDENTITY = "identity"


def accepted(header: str) -> Coding:
    """The coding to use for an `Accept-Encoding` header; identity where it names none of ours.

    Parsed as RFC 9110, section 12.5.3, says; a weight that is no number counts as 0.
    """
    weights: dict[str, float] = {}
    for part in header.lower().split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        weights[name] = _weight(parameters)
    return max(
        (coding for coding in Coding if weights.get(coding, weights.get("*", 0)) > 0),
        key=lambda coding: weights.get(coding, weights.get("*", 0)),
        default=Coding.IDENTITY,
    )


def _weight(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return min(max(float(value), 0.0), 1.0)
            except ValueError:
                return 0.0
    return 1.0


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

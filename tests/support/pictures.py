"""Pictures made for tests: valid ones, and hostile files that no upload may accept."""

import struct
import zlib
from collections.abc import Iterator
from functools import cache
from io import BytesIO

from PIL import Image

GPS_IFD, ORIENTATION, SERIAL_NUMBER = 0x8825, 0x0112, 0xA431
GPS_MARK = b"GPSMARK"

TYPES = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "AVIF": "image/avif",
    "GIF": "image/gif",
}


def gradient(width: int = 300, height: int = 200, mode: str = "RGB") -> Image.Image:
    """A picture whose upper left corner is dark and whose lower right one is light."""
    small = Image.linear_gradient("L").resize((width, height))
    return Image.merge("RGB", [small, small, small.rotate(180)]).convert(mode)


def encode(image: Image.Image, form: str = "PNG", **options: object) -> bytes:
    """Encode `image` in a format of Pillow."""
    target = BytesIO()
    image.save(target, form, **options)
    return target.getvalue()


@cache
def picture(form: str = "PNG", width: int = 300, height: int = 200) -> bytes:
    """A valid file; other sizes are other pictures."""
    return encode(gradient(width, height), form)


def turned_photo() -> bytes:
    """JPEG of 300 × 200 that is shown upright, with a position, a serial number and a thumbnail."""
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    exif[GPS_IFD] = {1: "N", 2: (55.0, 45.0, 0.0), 29: GPS_MARK.decode()}
    exif[SERIAL_NUMBER] = "SERIAL-4711"
    return encode(gradient(), "JPEG", exif=exif, comment=b"<script>alert(1)</script>")


def chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk of a PNG file."""
    body = kind + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))


def png(width: int, height: int, pixels: bytes, *before: bytes, colour: int = 0) -> bytes:
    """PNG with compressed `pixels`, which may not be those of its size."""
    header = struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0)
    parts = [chunk(b"IHDR", header), *before, chunk(b"IDAT", pixels), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def animation(frame_count: int) -> bytes:
    """GIF with as many frames of one pixel."""
    colours = bytes(6)
    head = b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + colours
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\x00"
    return head + frame * frame_count + b";"


def _bombs() -> Iterator[tuple[str, bytes]]:
    zeros = zlib.compress(bytes(2**20), 9)
    large = zlib.compress(bytes(2**27), 1)
    yield "bomb png", png(50_000, 50_000, large)
    for side in (2**31 - 1, 2**16, 10_000):
        yield f"bomb png {side}", png(side, side, zeros)
    yield "bomb png no pixels", png(0, 0, zeros)
    yield "bomb profile", png(4, 4, zeros, chunk(b"iCCP", b"p\0\0" + large))
    yield "bomb text", png(4, 4, zeros, chunk(b"zTXt", b"t\0\0" + large))
    yield "bomb itxt", png(4, 4, zeros, chunk(b"iTXt", b"t\0\x01\0\0\0" + large))
    jpeg = picture("JPEG")
    at = jpeg.index(b"\xff\xc0") + 5
    yield "bomb jpeg", jpeg[:at] + b"\xff\xff\xff\xff" + jpeg[at + 4 :]
    gif = picture("GIF")
    yield "bomb gif", gif[:6] + b"\xff\xff\xff\xff" + gif[10:]
    webp = encode(gradient(), "WEBP", lossless=True)
    at = webp.index(b"VP8L") + 9
    yield "bomb webp", webp[:at] + b"\xff\xff\xff\x0f" + webp[at + 4 :]
    avif = picture("AVIF")
    at = avif.index(b"ispe") + 8
    yield "bomb avif", avif[:at] + struct.pack(">II", 60_000, 60_000) + avif[at + 8 :]
    yield "animation gif", animation(10_000)
    yield "animation gif tiny", animation(501)
    frames = [Image.new("RGB", (8, 8), (n % 2 * 255, n % 200, n // 4)) for n in range(600)]
    for form in ("PNG", "WEBP"):
        yield (
            f"animation {form.lower()}",
            encode(frames[0], form, save_all=True, append_images=frames[1:]),
        )


def _damaged() -> Iterator[tuple[str, bytes]]:
    for form in TYPES:
        content, name = picture(form), form.lower()
        yield f"truncated {name}", content[:-20]
        yield f"half {name}", content[: len(content) // 2]
        yield f"header only {name}", content[:16]
        yield f"page after {name}", content + b"<script>alert(1)</script>"
        yield f"archive after {name}", content + b"PK\x05\x06" + bytes(18)
    yield "empty", b""
    yield "one byte", b"\xff"
    yield "zeros", bytes(4096)


def _other_formats() -> Iterator[tuple[str, bytes]]:
    svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">{}</svg>'
    yield "svg", svg.format("").encode()
    yield "svg script", svg.format("<script>alert(1)</script>").encode()
    yield "svg file", svg.format('<image href="file:///etc/passwd"/>').encode()
    yield "svg entity", b'<!DOCTYPE svg [<!ENTITY a "&#38;a;">]><svg>&a;</svg>'
    yield "page", b"<!doctype html><script>alert(1)</script>"
    yield "postscript", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(/etc/passwd) (r) file"
    yield "pdf", b"%PDF-1.7\n1 0 obj <</Type /Catalog>> endobj\n%%EOF"
    yield "script in gif", b"GIF89a/*" + bytes(3) + b"*/=1;alert(1);"
    yield "tiff", encode(gradient(), "TIFF")
    yield "bmp", encode(gradient(), "BMP")
    yield "ico", encode(gradient(), "ICO")
    yield "jpeg 2000", encode(gradient(), "JPEG2000")


@cache
def hostile_files() -> dict[str, bytes]:
    """Files that are refused, by name: decompression bombs, damaged files, other formats."""
    return dict([*_bombs(), *_damaged(), *_other_formats()])

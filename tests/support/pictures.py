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
_SVG_NAMESPACES = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
_RECT = '<rect width="9" height="9"/>'


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


def svg(
    body: str = '<path d="M0 100h300v100H0z" fill="#eee"/>',
    *,
    size: str = 'width="300" height="200"',
    head: str = "",
) -> bytes:
    """SVG with `body`; by default, the lower half is light, and the upper one transparent."""
    return f"{head}<svg {_SVG_NAMESPACES} {size}>{body}</svg>".encode()


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
    yield "page", b"<!doctype html><script>alert(1)</script>"
    yield "postscript", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(/etc/passwd) (r) file"
    yield "pdf", b"%PDF-1.7\n1 0 obj <</Type /Catalog>> endobj\n%%EOF"
    yield "script in gif", b"GIF89a/*" + bytes(3) + b"*/=1;alert(1);"
    yield "tiff", encode(gradient(), "TIFF")
    yield "bmp", encode(gradient(), "BMP")
    yield "ico", encode(gradient(), "ICO")
    yield "jpeg 2000", encode(gradient(), "JPEG2000")


def _active_svg() -> Iterator[tuple[str, bytes]]:
    """SVG with code, text or references to other files."""
    bodies = {
        "script": "<script>alert(1)</script>",
        "html script": '<s:script xmlns:s="http://www.w3.org/1999/xhtml">alert(1)</s:script>',
        "handler": '<rect width="9" height="9" onload="alert(1)"/>',
        "html": "<foreignObject><p>text</p></foreignObject>",
        "text": "<g><text>text</text></g>",
        "file": '<image href="file:///etc/passwd"/>',
        "data": '<image xlink:href="data:image/png;base64,aaaa"/>',
        "site": '<feImage href="https://example.org/a.png"/>',
        "use": '<use xlink:href="https://example.org/a.svg#a"/>',
        "link": '<a href="javascript:alert(1)"><rect width="9" height="9"/></a>',
        "import": "<style>@import 'https://example.org/a.css';</style>",
        "style": '<rect width="9" height="9" style="fill: URL( \'https://example.org/#a\')"/>',
        "fill": '<rect width="9" height="9" fill="url(/etc/passwd#a)"/>',
    }
    for name, body in bodies.items():
        yield f"active svg {name}", svg(body)
    entity = "<!DOCTYPE svg [<!ENTITY a {}>]>"
    laughs = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    for name, head in {
        "entity": entity.format('"a"'),
        "external entity": entity.format('SYSTEM "file:///etc/passwd"'),
        "laughs": f'<!DOCTYPE svg [<!ENTITY a0 "aaaaaaaaaa">{laughs}<!ENTITY a "&a9;">]>',
        "parameter entity": '<!DOCTYPE svg [<!ENTITY % a SYSTEM "file:///etc/passwd"> %a;]>',
    }.items():
        yield f"active svg {name}", svg("<title>&a;</title>", head=head)


def _svg_bombs() -> Iterator[tuple[str, bytes]]:
    """SVG that takes much time or memory, or has no size."""
    uses = (f'<g id="a{n}">{f"""<use href="#a{n - 1}"/>""" * 10}</g>' for n in range(1, 12))
    yield "bomb svg uses", svg(f'<g id="a0">{_RECT}</g>' + "".join(uses))
    yield "bomb svg loop", svg('<g id="a"><use href="#b"/></g><g id="b"><use href="#a"/></g>')
    yield "bomb svg depth", svg("<g>" * 100_000 + "</g>" * 100_000)
    yield "bomb svg paths", svg(f'<path d="M0 0{"L300 200L0 0" * 1_500_000}" stroke="red"/>')
    yield "bomb svg elements", svg(_RECT * 600_000)
    attributes = " ".join(f'a{n}="1"' for n in range(1_000_000))
    yield "bomb svg attributes", svg(f"<g {attributes}/>")
    rules = "".join(f".a{n} g{{fill:red}}" for n in range(30_000))
    yield "bomb svg styles", svg(f"<style>{rules}</style>" + '<g class="a1"/>' * 30_000)
    filters = {
        "blur": '<feGaussianBlur stdDeviation="900"/>' * 3000,
        "turbulence": '<feTurbulence baseFrequency="0.5" numOctaves="2000000000"/>',
        "morphology": '<feMorphology radius="100000"/>',
    }
    for name, filter_ in filters.items():
        body = f'<filter id="f">{filter_}</filter><rect width="99%" height="99%" filter="url(#f)"/>'
        yield f"bomb svg {name}", svg(body, size='width="6000" height="6000"')
    sizes = (
        'width="50000" height="50000"',
        'width="1e300" height="1e300"',
        'viewBox="0 0 9e9 9e9"',
    )
    for number, size in enumerate(sizes):
        yield f"bomb svg size {number}", svg(_RECT, size=size)
    for number, size in enumerate(("", 'width="0" height="9"', 'width="50%" height="-1"')):
        yield f"svg without size {number}", svg(_RECT, size=size)
    yield "truncated svg", svg()[:-3]
    yield "page after svg", svg() + b"<script>alert(1)</script>"
    yield "archive after svg", svg() + b"PK\x05\x06" + bytes(18)
    yield "page with svg", b"<html><svg></svg></html>"


@cache
def hostile_files() -> dict[str, bytes]:
    """Files that are refused, by name: bombs, damaged files, other formats, active SVG."""
    return dict([*_bombs(), *_damaged(), *_other_formats(), *_active_svg(), *_svg_bombs()])

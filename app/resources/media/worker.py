"""Child process that decodes one picture: `python -m app.resources.media.worker SOURCE TARGET`.

It decodes the file SOURCE, and writes the renditions and their manifest to the directory TARGET.
Decoders of pictures are large C libraries, and the files come from anywhere. So they run in a
process with limits of its own, which ends after one file. The end of its output is the
`RefusalCode` if the picture is refused, and `errno N` for an error of the system, such as that of a
full disk. Any other failure is a traceback.
"""

import resource
import sys
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image, ImageCms, ImageOps

from app.domain.blurhash import encode_blurhash
from app.domain.pictures import (
    MANIFEST_FILE,
    MAX_FRAME_COUNT,
    MAX_PICTURE_PIXEL_COUNT,
    SIZES,
    SOURCE_TYPES,
    SVG_TYPE,
    Picture,
    PictureRefused,
    RefusalCode,
    Rendition,
    fit_sizes,
    rendition_file,
)
from app.resources.media import svg

MAX_CPU_SECONDS = 3
_MAX_SVG_CPU_SECONDS = 2
"""SVG of any complexity is a few bytes; drawings that people make take a fraction of this."""

MAX_MEMORY_BYTES = 768 * 2**20
_LIMITS = {
    resource.RLIMIT_AS: MAX_MEMORY_BYTES,
    resource.RLIMIT_CPU: MAX_CPU_SECONDS,
    resource.RLIMIT_FSIZE: 32 * 2**20,
    resource.RLIMIT_NOFILE: 32,
    resource.RLIMIT_CORE: 0,
}

_ENCODER_OPTIONS: dict[str, dict[str, Any]] = {
    "avif": {"quality": 60, "speed": 10, "max_threads": 1},  # slower speeds save little
    "webp": {"quality": 80, "method": 4},
    "jpg": {"quality": 82, "optimize": True, "progressive": True},
}
_PLACEHOLDER_PIXEL_COUNT = 32


def main(source: Path, target: Path) -> int:
    """Decode `source`, and write its renditions to `target`. Returns the exit status."""
    for kind, limit in _LIMITS.items():
        resource.setrlimit(kind, (limit, limit))
    try:
        content = source.read_bytes()
        if svg.is_svg(content):
            resource.setrlimit(resource.RLIMIT_CPU, (_MAX_SVG_CPU_SECONDS, MAX_CPU_SECONDS))
        picture = write_renditions(content, target)
        (target / MANIFEST_FILE).write_text(picture.to_json())
    except PictureRefused as refusal:
        return _fail(refusal.code)
    except MemoryError:
        return _fail(RefusalCode.TOO_COMPLEX)
    except Exception as error:  # whatever a decoder raises for a malformed file
        if isinstance(error, OSError) and error.errno is not None:  # of the system, not of Pillow
            return _fail(f"errno {error.errno}")
        return _fail(RefusalCode.UNDECODABLE)
    return 0


def _fail(reason: str) -> int:
    """Print `reason` for the parent. Returns the exit status."""
    print(reason)  # noqa: T201 - read by the parent
    return 1


def write_renditions(content: bytes, target: Path) -> Picture:
    """Decode a picture, and write its renditions without metadata.

    Raises PictureRefused, or any exception of Pillow for a malformed file.
    """
    Image.MAX_IMAGE_PIXELS = None  # `MAX_PICTURE_PIXEL_COUNT` is the limit
    image: Image.Image
    if svg.is_svg(content):
        image, width, height = svg.rasterise(content)
        return _write_sizes(image, SVG_TYPE, width, height, target)
    try:
        image = Image.open(BytesIO(content), formats=list(SOURCE_TYPES.keys() - {"MPO"}))
    except OSError:
        raise PictureRefused(RefusalCode.UNSUPPORTED_TYPE) from None
    width, height = image.size
    if width * height > MAX_PICTURE_PIXEL_COUNT:
        raise PictureRefused(RefusalCode.TOO_MANY_PIXELS)
    media_type = SOURCE_TYPES[str(image.format)]
    if not is_complete(media_type, content):
        raise PictureRefused(RefusalCode.INCOMPLETE)
    if getattr(image, "n_frames", 1) > MAX_FRAME_COUNT:
        raise PictureRefused(RefusalCode.TOO_MANY_FRAMES)
    image.seek(0)
    if image.getexif().get(0x0112, 1) in {5, 6, 7, 8}:  # turned by a quarter
        width, height = height, width
    image = _shrink(image)
    ImageOps.exif_transpose(image, in_place=True)
    return _write_sizes(_to_srgb(image), media_type, width, height, target)


def _write_sizes(
    image: Image.Image, media_type: str, width: int, height: int, target: Path
) -> Picture:
    """Write the renditions of a decoded picture of this original size."""
    renditions = tuple(fit_sizes(width, height))
    for rendition in reversed(renditions):
        image = image.resize((rendition.width, rendition.height), Image.Resampling.LANCZOS)
        _write_rendition(image, rendition, target)
    return Picture(media_type, width, height, _make_placeholder(image), renditions)


def is_complete(media_type: str, content: bytes) -> bool:
    """True if a file ends where its format says: it is not truncated, and nothing follows it."""
    match media_type:
        case "image/png":
            return content.endswith(b"\0\0\0\0IEND\xaeB`\x82")
        case "image/jpeg":
            return content.rstrip(b"\0").endswith(b"\xff\xd9")
        case "image/gif":
            return content.endswith(b";")
        case "image/webp":
            return int.from_bytes(content[4:8], "little") + 8 == len(content)
        case _:
            return _end_of_boxes(content) == len(content)


def _end_of_boxes(content: bytes) -> int:
    """The end of the last box of an ISO base media file, such as AVIF."""
    at = 0
    while at < len(content):
        size = int.from_bytes(content[at : at + 4], "big")
        if size < 8:  # a 64-bit size or one to the end, which no picture needs
            return -1
        at += size
    return at


def _shrink(image: Image.Image) -> Image.Image:
    """Decode `image`, at most in the size of the largest rendition."""
    longest = SIZES["full"], SIZES["full"]
    image.draft("RGB" if image.mode == "YCbCr" else None, longest)
    image.load()
    if image.mode in {"P", "PA", "1", "L", "LA"}:
        is_transparent = "transparency" in image.info or image.mode in {"PA", "LA"}
        image = _convert(image, "RGBA" if is_transparent else "RGB")
    elif image.mode not in {"RGB", "RGBA", "CMYK"}:
        image = _convert(image, "RGB")  # 16 bits a channel, and rarer modes
    image.thumbnail(longest, Image.Resampling.LANCZOS, reducing_gap=2.0)
    return image


def _convert(image: Image.Image, mode: str) -> Image.Image:
    """Convert `image`, with its metadata: the orientation and the colour profile are needed."""
    if image.mode.startswith("I;16"):
        image = image.point(lambda value: value / 256).convert("L")
    converted = image.convert(mode)
    converted.info.pop("transparency", None)
    return converted


def _to_srgb(image: Image.Image) -> Image.Image:
    """Convert `image` from its colour profile to sRGB; one that is invalid counts as sRGB."""
    mode = "RGBA" if image.mode == "RGBA" else "RGB"
    if profile := image.info.get("icc_profile"):
        try:
            converted = ImageCms.profileToProfile(
                image,
                ImageCms.ImageCmsProfile(BytesIO(profile)),
                ImageCms.createProfile("sRGB"),
                outputMode=mode,
            )
        except (ImageCms.PyCMSError, OSError):
            converted = None
        if converted is not None:
            return converted
    return image.convert(mode)


def _write_rendition(image: Image.Image, rendition: Rendition, target: Path) -> None:
    clean = Image.frombytes(image.mode, image.size, image.tobytes())  # without any metadata
    for extension, options in _ENCODER_OPTIONS.items():
        encoded = _flatten(clean) if extension == "jpg" else clean
        content = BytesIO()  # Pillow ignores that a disk becomes full within a JPEG file
        encoded.save(content, Image.registered_extensions()[f".{extension}"], **options)
        (target / rendition_file(rendition.name, extension)).write_bytes(content.getvalue())


def _flatten(image: Image.Image) -> Image.Image:
    """`image` on white, since JPEG has no transparency."""
    if image.mode != "RGBA":
        return image
    white = Image.new("RGB", image.size, "white")
    white.paste(image, mask=image.getchannel("A"))
    return white


def _make_placeholder(image: Image.Image) -> str:
    small = _flatten(image)
    small.thumbnail((_PLACEHOLDER_PIXEL_COUNT, _PLACEHOLDER_PIXEL_COUNT))
    data = small.tobytes()
    pixels = list(zip(data[::3], data[1::3], data[2::3], strict=True))
    return encode_blurhash(pixels, *small.size)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))

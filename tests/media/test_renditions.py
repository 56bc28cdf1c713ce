"""Renditions of pictures: their sizes, orientation and metadata; refusals of hostile files."""

import errno
import re
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, ImageCms

from app.domain.pictures import (
    MANIFEST_FILE,
    RENDITION_TYPES,
    Picture,
    PictureRefused,
    RefusalCode,
    Rendition,
    fit_sizes,
)
from app.http.problems import Unavailable
from app.resources.media import worker
from app.resources.media.renditions import make_renditions
from app.resources.media.uploads import _REFUSALS
from tests.support.pictures import (
    GPS_MARK,
    TYPES,
    encode,
    gradient,
    hostile_files,
    picture,
    svg,
    turned_photo,
)


def render(content: bytes, target: Path) -> Picture:
    """Decode `content` in this process, without limits."""
    return worker.write_renditions(content, target)


def pixel(path: Path, x: float, y: float) -> tuple[int, ...]:
    """Colour at a place of a picture, from (0, 0) to (1, 1)."""
    with Image.open(path) as image:
        place = (
            min(int(x * image.width), image.width - 1),
            min(int(y * image.height), image.height - 1),
        )
        colour = image.convert("RGB").getpixel(place)
    assert isinstance(colour, tuple)
    return colour


@pytest.mark.parametrize(
    ("width", "height", "expected"),
    [
        (100, 50, [("thumb", 100, 50)]),
        (160, 10, [("thumb", 160, 10)]),
        (300, 200, [("thumb", 160, 107), ("card", 300, 200)]),
        (
            600,
            1200,
            [("thumb", 80, 160), ("card", 240, 480), ("page", 480, 960), ("full", 600, 1200)],
        ),
        (9000, 3, [("thumb", 160, 1), ("card", 480, 1), ("page", 960, 1), ("full", 1920, 1)]),
    ],
)
def test_renditions_fit_into_squares(
    width: int, height: int, expected: list[tuple[str, int, int]]
) -> None:
    assert list(fit_sizes(width, height)) == [Rendition(*each) for each in expected]


@pytest.mark.parametrize(("form", "media_type"), TYPES.items())
def test_child_writes_renditions_of_every_type(tmp_path: Path, form: str, media_type: str) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(picture(form))
    target.mkdir()
    made = make_renditions(source, target)
    assert (made.media_type, made.width, made.height) == (media_type, 300, 200)
    names = {f"{name}.{end}" for name in ("thumb", "card") for end in RENDITION_TYPES}
    assert {path.name for path in target.iterdir()} == names | {MANIFEST_FILE}
    for name in names:
        with Image.open(target / name) as image:
            assert image.size == ((160, 107) if "thumb" in name else (300, 200))
            assert Image.MIME[str(image.format)] == RENDITION_TYPES[name.rpartition(".")[2]]
    assert pixel(target / "card.webp", 0.1, 0.02)[0] < 80
    assert pixel(target / "card.webp", 0.1, 0.98)[0] > 175


def test_orientation_is_applied_and_metadata_removed(tmp_path: Path) -> None:
    photo = turned_photo()
    for secret in (GPS_MARK, b"SERIAL-4711", b"<script>"):
        assert secret in photo  # positive control
    made = render(photo, tmp_path)
    assert (made.width, made.height) == (200, 300)
    for path in tmp_path.iterdir():
        content = path.read_bytes()
        with Image.open(BytesIO(content)) as image:
            assert dict(image.getexif()) == {}
            assert not {"exif", "comment", "icc_profile", "xmp"} & image.info.keys()
            assert image.height > image.width
        assert not any(secret in content for secret in (GPS_MARK, b"SERIAL", b"<script>"))
        assert pixel(path, 0.98, 0.5)[0] < 80
        assert pixel(path, 0.02, 0.5)[0] > 175


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_mode_of_png_is_decoded(tmp_path: Path, mode: str) -> None:
    image = Image.new("I;16", (9, 9), 40_000) if mode == "I;16" else gradient(9, 9, mode)
    made = render(encode(image), tmp_path)
    assert (made.width, made.height) == (9, 9)
    if mode == "I;16":
        assert pixel(tmp_path / "thumb.webp", 0.5, 0.5)[0] == pytest.approx(40_000 / 256, abs=3)


def test_transparency_is_kept_in_webp_and_white_in_jpeg(tmp_path: Path) -> None:
    render(encode(Image.new("RGBA", (9, 9), (255, 0, 0, 0))), tmp_path)
    with Image.open(tmp_path / "thumb.webp") as image:
        assert image.convert("RGBA").getpixel((4, 4))[3] == 0  # type: ignore[index]  # RGBA: four
    assert min(pixel(tmp_path / "thumb.jpg", 0.5, 0.5)) > 250


def test_colour_profile_is_converted(tmp_path: Path) -> None:
    """A profile with red and green swapped gives another colour; without it, the same."""
    plain, profiled = tmp_path / "plain", tmp_path / "profiled"
    image = Image.new("RGB", (9, 9), (60, 160, 60))
    for folder, options in ((plain, {}), (profiled, {"icc_profile": swapped_profile()})):
        folder.mkdir()
        render(encode(image, "PNG", **options), folder)
    assert pixel(plain / "thumb.webp", 0.5, 0.5) == pytest.approx((60, 160, 60), abs=4)
    assert pixel(profiled / "thumb.webp", 0.5, 0.5) == pytest.approx((160, 60, 60), abs=4)


def swapped_profile() -> bytes:
    """Colour profile of sRGB whose first two primaries are exchanged."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return profile.replace(b"rXYZ", b"?XYZ").replace(b"gXYZ", b"rXYZ").replace(b"?XYZ", b"gXYZ")


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        "bomb png",
        "animation gif",
        "truncated jpeg",
        "page after webp",
        "page with svg",
        "bomb svg loop",
        "bomb svg size 0",
        "page after svg",
        "empty",
        *(name for name in hostile_files() if name.startswith("active svg")),
    ],
)
def test_hostile_file_is_refused(tmp_path: Path, name: str) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(hostile_files()[name])
    target.mkdir()
    with pytest.raises(PictureRefused) as refusal:
        make_renditions(source, target)
    expected = {"bomb png": "too-many-pixels", "animation gif": "too-many-frames"}
    expected |= {"truncated jpeg": "incomplete", "page after webp": "incomplete"}
    expected |= {"bomb svg loop": "undecodable", "bomb svg size 0": "too-many-pixels"}
    expected |= {"page after svg": "undecodable"}
    default = "unsupported-content" if name.startswith("active svg") else "unsupported-type"
    assert refusal.value.code == expected.get(name, default)


@pytest.mark.parametrize(
    ("size", "head", "expected"),
    [
        ('width="300" height="200"', "", (300, 200)),
        ('width="48pt" height="0.5in"', "", (64, 48)),
        ('viewBox="0 0 48 24"', "", (48, 24)),
        ('width="100%" height="100%" viewBox="0,0,48,24"', '<?xml version="1.0"?>', (48, 24)),
        ('width="6000" height="4000"', "", (6000, 4000)),
        ('width="9" height="9"', '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "a.dtd">', (9, 9)),
    ],
)
def test_svg_has_the_size_that_it_declares(
    tmp_path: Path, size: str, head: str, expected: tuple[int, int]
) -> None:
    made = render(svg("<g/>", size=size, head=head), tmp_path)
    assert (made.media_type, made.width, made.height) == ("image/svg+xml", *expected)
    assert made.renditions == tuple(fit_sizes(*expected))


def test_svg_is_rasterised_with_its_styles_and_references(tmp_path: Path) -> None:
    body = (
        "<style>.light { fill: url('#g') }</style>"
        '<linearGradient id="g"><stop stop-color="#f00"/></linearGradient>'
        '<path id="half" d="M0 0h150v200H0z"/><use xlink:href="#half" x="150" fill="#00f"/>'
        '<rect class="light" y="100" width="150" height="100"/>'
    )
    render(svg(body), tmp_path)
    places = {(0.2, 0.2): (0, 0, 0), (0.8, 0.2): (0, 0, 255), (0.2, 0.8): (255, 0, 0)}
    for place, colour in places.items():
        assert pixel(tmp_path / "card.webp", *place) == pytest.approx(colour, abs=9)


@pytest.mark.slow
def test_all_hostile_files_are_refused(tmp_path: Path) -> None:
    """Bombs, truncated files, files with something behind the picture, and other formats."""
    source = tmp_path / "source"
    files = hostile_files()
    assert len(files) >= 86
    for number, content in enumerate(files.values()):
        source.write_bytes(content)
        target = tmp_path / str(number)
        target.mkdir()
        with pytest.raises(PictureRefused):
            make_renditions(source, target)


def test_child_without_enough_cpu_time_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(picture("PNG"))
    target.mkdir()
    monkeypatch.setattr("app.resources.media.renditions.MAX_WALL_SECONDS", 0.001)
    with pytest.raises(Unavailable, match="too busy"):
        make_renditions(source, target)


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ("echo A warning of a decoder.; echo incomplete; exit 1", "incomplete"),
        ("echo undecodable; kill -KILL $$", "too-complex"),
        ("kill -SEGV $$", "too-complex"),
        ("echo incomplete; echo surprise; echo No module named PIL >&2; exit 1", None),
        ("echo No module named PIL >&2; exit 1", None),
        ("echo incomplete; echo errno surprise; echo No module named PIL >&2; exit 1", None),
    ],
)
def test_failure_of_the_child_is_told_from_a_refusal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, code: str | None
) -> None:
    child = tmp_path / "child"
    child.write_text(f"#!/bin/sh\n{script}\n")
    child.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(child))
    if code is None:
        with pytest.raises(RuntimeError, match="status 1: No module named PIL"):
            make_renditions(tmp_path / "source", tmp_path)
        return
    with pytest.raises(PictureRefused) as refusal:
        make_renditions(tmp_path / "source", tmp_path)
    assert refusal.value.code == code


@pytest.mark.parametrize("missing_bytes", [0, 1])
def test_file_that_cannot_be_written_is_an_error_of_the_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing_bytes: int
) -> None:
    child, source, target = (tmp_path / name for name in ("child", "source", "target"))
    noise = Image.effect_noise((100, 80), 200).convert("RGB")
    source.write_bytes(encode(noise))
    target.mkdir()
    render(source.read_bytes(), target)
    largest = max(target.iterdir(), key=lambda path: path.stat().st_size)
    assert largest.name == "thumb.jpg"
    max_bytes = largest.stat().st_size - missing_bytes
    script = (
        "import resource, sys; from pathlib import Path; from app.resources.media import worker;"
        f"worker._LIMITS[resource.RLIMIT_FSIZE] = {max_bytes};"
        "sys.exit(worker.main(*map(Path, sys.argv[-2:])))"
    )
    child.write_text(f'#!/bin/sh\nexec {sys.executable} -c "{script}" "$@"\n')
    child.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(child))
    if missing_bytes:
        with pytest.raises(OSError, match="File too large") as failure:
            make_renditions(source, target)
        assert failure.value.errno == errno.EFBIG
    else:
        assert make_renditions(source, target).media_type == "image/png"  # positive control


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (MemoryError(), "too-complex"),
        (OSError("image file is truncated"), "undecodable"),  # as Pillow raises it
        (OSError(errno.ENOSPC, "No space left on device"), f"errno {errno.ENOSPC}"),
    ],
)
def test_child_prints_the_reason_of_a_failure(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: Exception,
    reason: str,
) -> None:
    def fail(_content: bytes, _target: Path) -> Picture:
        raise error

    source = tmp_path / "source"
    source.write_bytes(b"")
    monkeypatch.setattr(worker, "_LIMITS", {})
    monkeypatch.setattr(worker, "write_renditions", fail)
    assert worker.main(source, tmp_path) == 1
    assert capsys.readouterr().out == f"{reason}\n"


def test_every_refusal_is_described() -> None:
    assert _REFUSALS.keys() == set(RefusalCode)


@pytest.mark.slow
def test_large_photo_takes_bounded_cpu_and_memory(tmp_path: Path) -> None:
    """12 megapixels of noise: all renditions take less CPU time and memory than the limits."""
    source, target = tmp_path / "source", tmp_path / "target"
    noise = Image.effect_noise((1000, 750), 60).convert("RGB").resize((4000, 3000))
    source.write_bytes(encode(noise, "JPEG", quality=92))
    target.mkdir()
    script = (
        "import sys; from pathlib import Path; from app.resources.media import worker;"
        "assert worker.main(*map(Path, sys.argv[1:])) == 0;"
        "print(Path('/proc/self/status').read_text())"
    )
    command = [sys.executable, "-c", script, str(source), str(target)]
    status = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    made = Picture.from_json((target / MANIFEST_FILE).read_bytes())
    assert [each.width for each in made.renditions] == [160, 480, 960, 1920]
    peak = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert peak
    assert 30_000 < int(peak[1]) < worker.MAX_MEMORY_BYTES / 2 / 1024

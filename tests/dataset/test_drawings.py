"""Drawings of the embedded archive: generated files, media records, and files made on demand."""

import json
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest
from starlette.testclient import TestClient

from app.domain.enums import RecordType
from app.domain.pictures import RENDITION_TYPES
from app.ingest.dataset.records import DATASET_PATH, Dataset
from app.resources.media.drawings import DRAWINGS_PATH, find_drawing, make_drawing
from app.resources.media.folder_store import FolderStore
from tests.support.clients import override_settings
from tools.drawings.files import Drawing, draw_all, write_records

MAX_DRAWING_BYTES = 300_000


@pytest.fixture(scope="module")
def drawings(dataset: Dataset) -> list[Drawing]:
    return list(draw_all(dataset))


def test_drawings_are_current(drawings: list[Drawing]) -> None:
    """`make drawings` writes the files, with the same bytes each time."""
    stored = {path.name: path.read_text("utf-8") for path in DRAWINGS_PATH.glob("*.svg")}
    assert {each.file: each.svg for each in drawings} == stored
    assert (DATASET_PATH / "media.jsonl").read_text("utf-8") == write_records(drawings)
    index: dict[str, list[str]] = json.loads((DRAWINGS_PATH / "index.json").read_bytes())
    assert {digest: entry[0] for digest, entry in index.items()} == {
        each.content: each.file for each in drawings
    }
    assert sum(len(each.svg.encode()) for each in drawings) < MAX_DRAWING_BYTES


def test_every_mission_module_and_spacecraft_type_has_a_drawing(dataset: Dataset) -> None:
    drawn = {(each.type, each.record) for each in dataset.media.values()}
    expected: dict[RecordType, Collection[str]] = {
        RecordType.MISSION: dataset.missions,
        RecordType.MODULE: dataset.modules,
        RecordType.SPACECRAFT_TYPE: dataset.spacecraft_types,
    }
    assert drawn == {(type_, slug) for type_, records in expected.items() for slug in records}


@pytest.mark.parametrize("slug", ["emblem-iss-59", "drawing-unity", "drawing-crew-dragon-2"])
def test_index_describes_the_drawing(tmp_path: Path, dataset: Dataset, slug: str) -> None:
    """Size, type and preview are those that the decoder finds."""
    store, content = FolderStore(tmp_path), dataset.media[slug].content
    assert find_drawing("0" * 32) is None
    assert store.find(content) is None
    make_drawing(store, content)
    assert store.find(content) == find_drawing(content)


@pytest.fixture
def folder(archive: TestClient, tmp_path: Path) -> Iterator[Path]:
    with override_settings(archive, media_dir=str(tmp_path)):
        yield tmp_path


@pytest.mark.parametrize("redirect", ["", "/pictures"])
def test_files_are_made_when_they_are_read(
    archive: TestClient, folder: Path, dataset: Dataset, redirect: str
) -> None:
    content = dataset.media["emblem-iss-1" if redirect else "emblem-iss-2"].content
    assert not list(folder.iterdir())
    with override_settings(archive, media_dir=str(folder), media_redirect=redirect):
        answers = {
            name: archive.get(f"/media/{content}/{name}") for name in ("card.avif", "page.jpg")
        }
    assert answers["card.avif"].status_code == 200
    if redirect:
        location = answers["card.avif"].headers["X-Accel-Redirect"]
        assert (folder / location.removeprefix("/pictures/")).is_file()
    else:
        assert answers["card.avif"].headers["Content-Type"] == RENDITION_TYPES["avif"]
        assert b"ftypavif" in answers["card.avif"].content[:32]
    assert answers["page.jpg"].status_code == 404


def test_busy_server_makes_no_drawing(
    archive: TestClient, folder: Path, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.resources.media.renditions.MAX_WALL_SECONDS", 0.001)
    path = f"/media/{dataset.media['emblem-iss-3'].content}/card.webp"
    answer = archive.get(path)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    monkeypatch.undo()
    assert archive.get(path).status_code == 200


@pytest.mark.usefixtures("folder")
def test_requests_wait_for_one_drawing_at_a_time(
    archive: TestClient, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting, end = Event(), Event()

    def wait(*_: object) -> None:
        waiting.set()
        assert end.wait(60)

    monkeypatch.setattr("app.resources.media.file_router._MAX_DRAWING_WAIT_SECONDS", 0.1)
    monkeypatch.setattr("app.resources.media.file_router.make_drawing", wait)
    contents = (dataset.media[f"emblem-iss-{number}"].content for number in (4, 5))
    first, second = (f"/media/{content}/card.jpg" for content in contents)
    with ThreadPoolExecutor(1) as pool:
        rendered = pool.submit(archive.get, first)
        assert waiting.wait(60)
        refused = archive.get(second)
        unknown = archive.get(f"/media/{'0' * 32}/card.jpg")
        end.set()
        rendered.result()
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "30")
    assert unknown.status_code == 404
    monkeypatch.undo()
    assert archive.get(second).status_code == 200  # positive control


@pytest.mark.parametrize(
    ("path", "slug"),
    [
        ("/v1/missions/iss-59", "emblem-iss-59"),
        ("/v1/modules/unity", "drawing-unity"),
        ("/v1/spacecraft/atlantis", "drawing-space-shuttle-orbiter"),
    ],
)
def test_records_show_their_drawings(archive: TestClient, path: str, slug: str) -> None:
    image = archive.get(path).json()["image"]
    assert (image["media"], image["credit"], image["licence"]) == (slug, "Zarya", "MIT")
    assert image == archive.get(f"/v1/media/{slug}").json()["image"]
    russian = archive.get(f"{path}?lang=ru").json()["image"]
    assert russian["alt"] != image["alt"]
    collection = path.rpartition("/")[0]
    counts = [
        archive.get(f"{collection}?has_image={value}&with_total=true&limit=1").json()["total"]
        for value in ("true", "false")
    ]
    assert counts[0] > 0
    assert counts[1] == 0


def test_page_of_a_mission_shows_its_emblem(archive: TestClient) -> None:
    page = archive.get("/missions/iss-59", headers={"Accept": "text/html"}).text
    assert 'alt="Emblem of Expedition 59:' in page
    assert 'width="480"' in page  # which limits its width on the page

"""The media library: uploads, publication, lists, files and deletion."""

import json
import os
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from app.config import Settings, use_settings
from app.db.models import Media
from app.domain.pictures import RENDITION_TYPES
from app.http.client import OutboundResponse
from app.ops.backup import restore_backup, write_backup
from app.resources.media.cleanup import remove_unused_pictures
from app.resources.media.commands import _list_referrers
from app.resources.media.folder_store import FolderStore
from tests.support import documents, factories
from tests.support.clients import database_of, open_client, override_settings
from tests.support.databases import CreateDatabase, alembic_config
from tests.support.documents import IF_MATCH_ANY
from tests.support.fake_sites import FakeSite, Reply
from tests.support.pictures import TYPES, animation, picture, svg, turned_photo

PATH = "/v1/media"
FIELDS: dict[str, Any] = {
    "alt": "Soyuz MS-12 on the launch pad",
    "alt_ru": "«Союз МС-12» на стартовом столе",
    "credit": "Joel Kowsky",
    "licence": "CC-BY-4.0",
    "taken_on": "2019-03-12",
    "published": True,
}


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Store of all tests: a picture in it is not decoded again."""
    return tmp_path_factory.mktemp("pictures")


@pytest.fixture(autouse=True)
def folder(client: TestClient, pictures: Path) -> Iterator[Path]:
    """The store that `client` uses."""
    with override_settings(client, media_dir=str(pictures)):
        yield pictures


def upload(editor: TestClient, content: bytes = picture("JPEG"), **fields: Any) -> Any:
    """Upload a picture by a form. Returns its record."""
    parts = {"metadata": json.dumps(FIELDS | fields)}
    answer = editor.post(PATH, files={"file": ("a", content)}, data=parts)
    assert answer.status_code == 201, answer.text
    return answer.json()


def error_of(answer: Any) -> tuple[str, str]:
    """Pointer and code of the only error of a response with status 422."""
    assert answer.status_code == 422, answer.text
    (error,) = answer.json()["errors"]
    return error["pointer"], error["code"]


def test_raw_bytes_are_stored_unpublished(client: TestClient, editor: TestClient) -> None:
    answer = editor.post(PATH, content=turned_photo(), headers={"Content-Type": "image/jpeg"})
    assert answer.status_code == 201
    media = answer.json()
    assert answer.headers["Location"].endswith(f"{PATH}/{media['slug']}")
    assert media["slug"] == f"picture-{media['content'][:12]}"
    image = media["image"]
    assert (image["width"], image["height"], media["published"]) == (200, 300, False)
    assert (media["alt"], image["alt"], image["licence"]) == (None, "", "unknown")
    assert [(each["width"], each["height"], each["type"]) for each in image["srcset"]] == [
        (width, height, media_type)
        for media_type in RENDITION_TYPES.values()
        for width, height in ((107, 160), (200, 300))
    ]
    assert image["url"] == image["srcset"][-1]["url"]
    assert client.get(PATH).json()["items"] == []
    assert client.get(f"{PATH}/{media['slug']}").status_code == 404
    (listed,) = editor.get("/v1/unpublished-media").json()["items"]
    assert listed == media == editor.get(f"{PATH}/{media['slug']}/preview").json()


def test_picture_is_published_listed_found_and_deleted(
    client: TestClient, editor: TestClient
) -> None:
    media = upload(editor)
    slug = "soyuz-ms-12-on-the-launch-pad"
    assert (media["slug"], media["published"]) == (slug, True)
    sent_back = editor.patch(f"{PATH}/{slug}", json=media, headers=IF_MATCH_ANY)
    assert sent_back.json() == media
    (item,) = client.get(PATH).json()["items"]
    assert item == client.get(f"{PATH}/{slug}").json()
    assert item["image"]["alt"] == FIELDS["alt"]
    russian = client.get(f"{PATH}/{slug}?lang=ru").json()
    assert russian["image"]["alt"] == FIELDS["alt_ru"]
    for query in (
        "?q=союз",
        "?licence=CC-BY-4.0",
        "?taken_on_gte=2019-03-12&taken_on_lt=2019-03-13",
    ):
        assert len(client.get(PATH + query).json()["items"]) == 1
    for query in ("?q=progress", "?licence=CC0-1.0", "?taken_on_lt=2019-03-12"):
        assert client.get(PATH + query).json()["items"] == []
    (hit,) = client.get("/v1/search?q=type:media+soyuz").json()["items"]
    assert (hit["title"], hit["text"]) == (FIELDS["alt"], "Joel Kowsky")
    (change,) = client.get("/v1/changes?types=media").json()["items"]
    assert change["data"]["content"] == media["content"]
    assert change["data"]["srcset"] == media["image"]["srcset"]
    assert editor.delete(f"{PATH}/{slug}", headers=IF_MATCH_ANY).status_code == 204
    assert client.get(f"{PATH}/{slug}").status_code == 410


def test_second_upload_returns_the_first_record(editor: TestClient) -> None:
    media = upload(editor)
    headers = {"Content-Type": "image/jpeg"}
    again = editor.post(PATH, content=picture("JPEG"), headers=headers)
    assert (again.status_code, again.json()) == (200, media)
    assert upload(editor, picture("PNG"))["slug"] == f"{media['slug']}-2"


@pytest.mark.parametrize(
    ("changes", "is_allowed"),
    [
        ({}, True),
        ({"alt": None}, False),
        ({"alt_ru": None}, False),
        ({"licence": "unknown"}, False),
        ({"licence": "public domain"}, True),
        ({"licence": "unknown", "alt": None, "published": False}, True),
    ],
)
def test_publication_needs_descriptions_and_licence(
    client: TestClient, editor: TestClient, changes: dict[str, Any], is_allowed: bool
) -> None:
    address = f"{PATH}/{upload(editor)['slug']}"
    answer = editor.patch(address, json=changes, headers=IF_MATCH_ANY)
    if is_allowed:
        assert answer.status_code == 200
    else:
        assert error_of(answer) == ("/published", "value_error")
    assert client.get(address).status_code == (404 if "published" in changes else 200)


def read_changes(client: TestClient, address: str) -> tuple[list[str], str]:
    """Operations of the changes from `address` on, and the address of the next ones."""
    operations = []
    while True:
        page = client.get(address).json()
        operations += [each["op"] for each in page["items"]]
        if page["sync"]:
            return operations, page["sync"]
        address = page["next"]


def test_unpublished_picture_is_deleted_in_the_change_feed(
    client: TestClient, editor: TestClient
) -> None:
    """One that was never published leaves no trace in it."""
    address = f"{PATH}/{upload(editor)['slug']}"
    upload(editor, picture("PNG"), published=False)
    operations, following = read_changes(client, "/v1/changes?types=media")
    assert operations == ["upsert"]
    upload(editor, picture("GIF"), published=False)
    editor.patch(address, json={"published": False}, headers=IF_MATCH_ANY)
    operations, following = read_changes(client, following)
    assert operations == ["delete"]
    editor.patch(address, json={"credit": "Somebody"}, headers=IF_MATCH_ANY)
    assert read_changes(client, following)[0] == []


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        ({"content": b"", "headers": {"Content-Type": "image/png"}}, ("", "unsupported-type")),
        (
            {"content": picture("PNG"), "headers": {"Content-Type": "image/jpeg"}},
            ("", "mismatched-type"),
        ),
        (
            {"content": animation(501), "headers": {"Content-Type": "image/gif"}},
            ("", "too-many-frames"),
        ),
        ({"files": {"file": ("a.svg", b"<svg/>")}}, ("/file", "unsupported-type")),
        ({"files": {"file": ("a.svg", svg("<text/>"))}}, ("/file", "unsupported-content")),
        ({"files": {"file": ("a.png", picture("GIF"), "image/png")}}, ("/file", "mismatched-type")),
        ({"files": {"other": ("a.png", b"")}}, ("/other", "extra_forbidden")),
        ({"files": {"metadata": ("a.json", b"{}")}}, ("/file", "missing")),
        (
            {"files": {"file": ("a", picture("PNG"))}, "data": {"metadata": '{"alt": 1}'}},
            ("/metadata/alt", "string_type"),
        ),
        (
            {"files": {"file": ("a", picture("PNG"))}, "data": {"metadata": "{"}},
            ("/metadata", "json_invalid"),
        ),
        ({"json": {"url": "http://127.0.0.1/a.png"}}, ("/url", "value_error")),
        ({"json": {"url": "https://example.org/a", "size": 1}}, ("/size", "extra_forbidden")),
        ({"json": {}}, ("/url", "missing")),
    ],
)
def test_invalid_upload_is_refused(
    editor: TestClient, folder: Path, request_: dict[str, Any], expected: tuple[str, str]
) -> None:
    assert error_of(editor.post(PATH, **request_)) == expected
    assert editor.get("/v1/unpublished-media").json()["items"] == []


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/a.png", None),
        ("/page", "unsupported-type"),
        ("/moved", "unreachable"),
        ("/none", "unreachable"),
    ],
)
def test_picture_is_fetched_from_a_url(
    client: TestClient, editor: TestClient, folder: Path, path: str, code: str | None
) -> None:
    site = FakeSite()
    site.add("/a.png", Reply(body=picture("PNG")))
    site.add("/page", Reply(body=b"<html>"))
    site.add("/moved", Reply(302, {"Location": "/a.png"}))
    with override_settings(client, media_dir=str(folder), private_targets=True):
        answer = editor.post(PATH, json={"url": site.origin + path, "credit": "Somebody"})
    site.close()
    if code:
        assert error_of(answer) == ("/url", code)
    else:
        media = answer.json()
        assert (media["source_url"], media["image"]["credit"]) == (site.origin + path, "Somebody")
        assert media["image"]["width"] == 300


def test_slow_site_delays_no_other_upload(
    editor: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_fetching, is_released = Event(), Event()

    def fetch(*_args: object, **_options: object) -> OutboundResponse:
        is_fetching.set()
        assert is_released.wait(10)
        return OutboundResponse(200, {}, picture("PNG"))

    monkeypatch.setattr("app.resources.media.uploads.send_request", fetch)
    with ThreadPoolExecutor(1) as pool:
        fetched = pool.submit(editor.post, PATH, json={"url": "https://example.org/a.png"})
        assert is_fetching.wait(10)
        upload(editor, picture("GIF"))
        assert not fetched.done()
        is_released.set()
        assert fetched.result().status_code == 201


@pytest.mark.parametrize("content_type", ["image/tiff", "text/html", ""])
def test_body_of_another_type_is_refused(editor: TestClient, content_type: str) -> None:
    answer = editor.post(PATH, content=b"<svg/>", headers={"Content-Type": content_type})
    assert answer.status_code == 415
    assert set(TYPES.values()) < set(answer.headers["Accept-Post"].split(", "))


def test_malformed_form_is_refused(editor: TestClient) -> None:
    for content_type in ("multipart/form-data", "multipart/form-data; boundary=x"):
        answer = editor.post(PATH, content=b"--y", headers={"Content-Type": content_type})
        assert 400 <= answer.status_code < 500, answer.text


def test_size_of_uploads_is_limited(editor: TestClient, client: TestClient) -> None:
    headers = {"Content-Type": "image/png"}
    large = bytes(21 * 2**20)
    assert editor.post(PATH, content=large, headers=headers).status_code == 413
    # Without a key, and on other paths, the limit is that of all bodies.
    medium = bytes(2 * 2**20)
    assert client.post(PATH, content=medium, headers=headers).status_code == 413
    assert editor.post("/v1/articles", content=medium, headers=headers).status_code == 413
    assert error_of(editor.post(PATH, content=medium, headers=headers)) == ("", "unsupported-type")


@pytest.mark.parametrize("name", ["card.avif", "card.webp", "card.jpg"])
def test_file_is_served_immutable(client: TestClient, editor: TestClient, name: str) -> None:
    content = upload(editor)["content"]
    answer = client.get(f"/media/{content}/{name}")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == RENDITION_TYPES[name.rpartition(".")[2]]
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    etag = answer.headers["ETag"]
    again = client.get(f"/media/{content}/{name}", headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("is_cached", [True, False])
def test_file_is_sent_in_parts(
    client: TestClient, editor: TestClient, monkeypatch: pytest.MonkeyPatch, is_cached: bool
) -> None:
    if not is_cached:
        monkeypatch.setattr("app.resources.media.file_router._MAX_CACHED_BYTES", 0)
    path = f"/media/{upload(editor)['content']}/card.jpg"
    whole = client.get(path)
    assert whole.headers["Accept-Ranges"] == "bytes"
    head = client.head(path)
    assert head.headers.keys() - {"x-request-id"} == whole.headers.keys() - {"x-request-id"}
    assert head.headers["Content-Length"] == str(len(whole.content))
    for invalid in ("items=0-5", "bytes=x", "bytes=5-2"):
        ignored = client.get(path, headers={"Range": invalid})
        assert (ignored.status_code, ignored.content) == (200, whole.content)
    part = client.get(path, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, whole.content[10:20])
    matching = {"If-None-Match": whole.headers["ETag"]}
    assert client.get(path, headers=matching).status_code == 304


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/media/{}/card.png", 404),
        ("/media/{}/page.jpg", 404),
        ("/media/{}/picture.json", 404),
        ("/media/..%2f..%2fetc/card.jpg", 404),
        ("/media/" + "0" * 32 + "/card.jpg", 404),
    ],
)
def test_unknown_file_is_not_found(
    client: TestClient, editor: TestClient, path: str, status: int
) -> None:
    assert client.get(path.format(upload(editor)["content"])).status_code == status


def test_redirect_to_nginx_names_the_file(
    client: TestClient, editor: TestClient, folder: Path
) -> None:
    content = upload(editor)["content"]
    with override_settings(client, media_dir=str(folder), media_redirect="/pictures"):
        answer = client.get(f"/media/{content}/card.jpg")
    location = answer.headers["X-Accel-Redirect"]
    assert (answer.content, answer.headers["Content-Type"]) == (b"", "image/jpeg")
    assert (folder / location.removeprefix("/pictures/")).is_file()


def test_dry_run_saves_no_record(editor: TestClient) -> None:
    headers = {"Content-Type": "image/png"}
    answer = editor.post(f"{PATH}?validate_only=true", content=picture("PNG"), headers=headers)
    assert answer.status_code == 200
    assert editor.get("/v1/unpublished-media").json()["items"] == []


@pytest.fixture
def article(editor: TestClient) -> str:
    """Path of a published article with a picture of the library."""
    upload(editor)
    image = {"media": "soyuz-ms-12-on-the-launch-pad"}
    slug = editor.post("/v1/articles", json=documents.article(image=image)).json()["slug"]
    assert editor.post(f"/v1/articles/{slug}/publish").status_code == 200
    return f"/v1/articles/{slug}"


def test_article_shows_the_picture(client: TestClient, article: str) -> None:
    picture_ = client.get(f"{PATH}/soyuz-ms-12-on-the-launch-pad").json()["image"]
    assert client.get(article).json()["image"] == picture_
    assert client.get(f"{article}?lang=ru").json()["image"]["alt"] == FIELDS["alt_ru"]
    (listed,) = client.get("/v1/articles?has_image=true").json()["items"]
    assert listed["image"] == picture_
    assert client.get("/v1/articles?has_image=false").json()["items"] == []
    (item,) = client.get("/v1/articles/feed.json").json()["items"]
    assert item["image"] == picture_["url"]
    for form in ("rss", "atom"):
        assert ' type="image/jpeg"' in client.get(f"/v1/articles/feed.{form}").text
    (change,) = client.get("/v1/changes?types=article").json()["items"]
    assert change["data"]["image"] == {
        "media": "soyuz-ms-12-on-the-launch-pad",
        **{name: picture_[name] for name in ("url", "alt", "credit")},
    }


def test_picture_in_use_stays_published(editor: TestClient, article: str) -> None:
    address = f"{PATH}/soyuz-ms-12-on-the-launch-pad"
    hidden = editor.patch(address, json={"published": False}, headers=IF_MATCH_ANY)
    deleted = editor.delete(address, headers=IF_MATCH_ANY)
    for answer in (hidden, deleted):
        assert (answer.status_code, article.rpartition("/")[2] in answer.text) == (409, True)
    editor.patch(article, json={"image": None}, headers=IF_MATCH_ANY)
    assert editor.get(article).json()["image"] is None
    assert editor.delete(address, headers=IF_MATCH_ANY).status_code == 204


def test_busy_server_asks_to_send_the_picture_again(
    client: TestClient, editor: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with override_settings(client, media_dir=str(tmp_path)):
        with monkeypatch.context() as busy:
            busy.setattr("app.resources.media.renditions.MAX_WALL_SECONDS", 0.001)
            refused = editor.post(PATH, files={"file": ("a", picture("JPEG"))})
        assert refused.status_code == 503
        assert refused.headers["Retry-After"] == "30"
        assert upload(editor)["published"]


def test_picture_of_many_articles_is_not_deleted(client: TestClient, editor: TestClient) -> None:
    """The refusal names some of them, and no more are read."""
    media = factories.media()
    with database_of(client).session() as session:
        session.add(media)
        session.flush()
        for number in range(12):
            session.add(factories.article(slug=f"a-{number:02}", image_media_id=media.id))
        slug = media.slug
    with database_of(client).session() as session:
        (stored,) = session.scalars(select(Media).where(Media.slug == slug))
        assert len(_list_referrers(session, stored, None)) == 10
    refused = editor.delete(f"{PATH}/{slug}", headers=IF_MATCH_ANY)
    assert refused.status_code == 409
    assert (
        "the article a-00, the article a-01, the article a-02, the article a-03, the article a-04 "
        "and others" in (refused.json()["detail"])
    )


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ({"media": "none"}, ("/image/media", "unknown-reference")),
        ({"media": "soyuz-ms-12-on-the-launch-pad"}, ("/image/media", "unpublished")),
        ({"url": "https://example.org/a.jpg"}, ("/image/alt", "missing")),
    ],
)
def test_invalid_image_is_refused(
    editor: TestClient, image: dict[str, str], expected: tuple[str, str]
) -> None:
    upload(editor, published=False)
    answer = editor.post("/v1/articles", json=documents.article(image=image))
    assert error_of(answer) == expected


def test_renamed_picture_changes_its_articles(
    client: TestClient, editor: TestClient, article: str
) -> None:
    _, following = read_changes(client, "/v1/changes?types=article")
    address = f"{PATH}/soyuz-ms-12-on-the-launch-pad"
    assert editor.patch(address, json={"slug": "renamed"}, headers=IF_MATCH_ANY).status_code == 200
    (change,) = client.get(following).json()["items"]
    assert change["data"]["image"]["media"] == "renamed"


def test_files_without_a_record_are_deleted_after_30_days(
    client: TestClient, editor: TestClient, tmp_path: Path
) -> None:
    kept, deleted = factories.media(), factories.media()
    with database_of(client).session() as session:
        session.add(kept)
        contents = [kept.content, deleted.content]
    store = FolderStore(tmp_path)
    for content in contents:
        store.import_files(content, {"thumb.jpg": b"jpeg"})
        os.utime(store.folder(content), (0, 0))
    with use_settings(Settings(media_dir=str(tmp_path))):
        assert remove_unused_pictures(database_of(client), lambda: None) == 1
    assert list(store.digests()) == contents[:1]


@pytest.mark.slow
def test_backup_restores_the_files(
    client: TestClient,
    editor: TestClient,
    folder: Path,
    create_database: CreateDatabase,
    tmp_path: Path,
) -> None:
    media = upload(editor)
    url, backup = create_database(), tmp_path / "zarya.backup"
    file = media["image"]["srcset"][-1]["url"].partition("8000")[2]
    with use_settings(Settings(media_dir=str(folder))):
        write_backup(database_of(client), backup, alembic_config(""), lambda _: None)
    other: dict[str, Any] = {"media_dir": str(tmp_path / "other")}
    with open_client(url) as restored:
        with use_settings(Settings(**other)):
            restore_backup(database_of(restored), backup, alembic_config(url), lambda _: None)
        with override_settings(restored, **other):
            assert restored.get(file).content == client.get(file).content
            assert restored.get(PATH).content == client.get(PATH).content


def test_pages_show_the_picture(client: TestClient, article: str) -> None:
    """With its size, so that the text below it does not move; from the host of the page."""
    image = client.get(article).json()["image"]
    page = client.get(article.removeprefix("/v1")).text
    assert f'<meta property="og:image" content="{image["url"]}">' in page
    assert f'width="{image["width"]}" height="{image["height"]}" alt="{image["alt"]}"' in page
    for source in image["srcset"]:
        assert re.search(rf'[" ]{urlsplit(source["url"]).path} {source["width"]}w', page)
    assert not re.search('src(set)?="[^"]*http', page)
    found = client.get("/search?q=type:media").text
    assert f'href="{client.get(PATH).json()["items"][0]["url"]}"' in found

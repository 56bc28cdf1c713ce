"""Pictures in an S3-compatible bucket: uploads, files, backups, and a bucket that is away."""

import json
import os
import re
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from anyio import create_task_group, run, to_thread
from starlette.testclient import TestClient

from app.config import Settings, use_settings
from app.ops.backup import restore_backup, write_backup
from app.ops.doctor import Finding, Level, diagnose
from app.ops.jobs import PeriodicJobs
from app.resources.media import commands
from app.resources.media.current_store import current_store
from app.resources.media.folder_store import FolderStore
from app.resources.media.picture_store import UNUSED_SECONDS
from app.resources.media.s3_store import S3Store
from app.resources.write_steps import build_database
from tests.support import documents, factories
from tests.support.clients import TEST_SETTINGS, database_of, open_client, override_settings
from tests.support.command_line import run_zarya
from tests.support.databases import CreateDatabase, alembic_config
from tests.support.documents import IF_MATCH_ANY
from tests.support.paths import ROOT
from tests.support.pictures import picture
from tests.support.s3 import CreateBucket, SilentServer, set_age_of_objects
from tests.support.servers import free_port, wait_for

PATH = "/v1/media"
OTHER_PICTURE = picture("PNG", 9, 9)


@pytest.fixture
def bucket(client: TestClient, create_bucket: CreateBucket) -> Iterator[str]:
    """URL of the bucket that `client` uses."""
    url = create_bucket()
    with override_settings(client, media_url=url):
        yield url


@contextmanager
def silent_bucket(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> Iterator[SilentServer]:
    """`client` uses a server that does not answer."""
    monkeypatch.setattr("app.resources.media.s3_store._REQUEST_SECONDS", 60.0)
    with SilentServer() as server, monkeypatch.context() as environment:
        environment.setenv("AWS_ENDPOINT_URL", server.endpoint)
        url = f"s3://silent-{server.endpoint.rpartition(':')[2]}"
        with override_settings(client, media_url=url):
            yield server


def upload(editor: TestClient, content: bytes = picture("JPEG")) -> httpx.Response:
    fields = {"alt": "A", "alt_ru": "A", "credit": "C", "licence": "CC0-1.0", "published": True}
    parts = {"metadata": json.dumps(fields)}
    return editor.post(PATH, files={"file": ("a", content)}, data=parts)


def shown_headers(answer: httpx.Response) -> dict[str, str]:
    """Headers of a response, without its time and id, and without that of the file."""
    changing = {"date", "x-request-id", "server-timing", "last-modified", "age"}
    return {name: value for name, value in answer.headers.items() if name not in changing}


@pytest.mark.parametrize("max_cached_bytes", [2**18, 1000, 1])
def test_files_are_those_of_a_folder(
    client: TestClient,
    editor: TestClient,
    bucket: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    max_cached_bytes: int,
) -> None:
    """Small files are cached responses; larger ones are read in parts while they are sent."""
    router = "app.resources.media.file_router"
    monkeypatch.setattr(f"{router}._MAX_CACHED_BYTES", max_cached_bytes)
    monkeypatch.setattr(f"{router}._StoredFileResponse.chunk_size", 1000)
    content = upload(editor).json()["content"]
    with use_settings(Settings(media_url=bucket)):
        files = current_store().read_files(content)
    with use_settings(Settings(media_dir=str(tmp_path))):
        current_store().import_files(content, files)

    def get(file: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
        answer = client.request(method, f"/media/{content}/{file}", headers=headers)
        body = b"" if answer.status_code == 404 else answer.content  # a problem has an id
        return answer.status_code, shown_headers(answer), body

    def get_all() -> list[tuple[int, dict[str, str], bytes]]:
        etag = get("card.jpg")[1]["etag"]
        requests: list[dict[str, Any]] = [
            {"file": name} for name in sorted(files.keys() - {"picture.json"})
        ]
        requests += [
            {"file": "card.jpg", "method": "HEAD"},
            {"file": "card.jpg", "If-None-Match": etag},
            {"file": "full.jpg"},
            {"file": "picture.json"},
        ]
        requests += [
            {"file": "card.jpg", "Range": value}
            for value in ("bytes=10-19", "bytes=990-2010", "bytes=-5", "bytes=99999-")
        ]
        return [get(**each) for each in requests]

    from_s3 = get_all()
    with override_settings(client, media_url="", media_dir=str(tmp_path)):
        assert get_all() == from_s3
    whole = {name: body for name, body in files.items() if name != "picture.json"}
    assert [body for _, _, body in from_s3[: len(whole)]] == [whole[name] for name in sorted(whole)]
    head = from_s3[0][1]
    assert (head["cache-control"], head["x-content-type-options"]) == (
        "public, max-age=31536000, immutable",
        "nosniff",
    )
    assert [status for status, _, _ in from_s3[len(whole) :]] == [
        *(200, 304, 404, 404),
        *(206, 206, 206, 416),
    ]


def test_drawing_is_made_when_it_is_read(archive: TestClient, create_bucket: CreateBucket) -> None:
    with override_settings(archive, media_url=create_bucket()):
        url = archive.get("/v1/media/emblem-iss-59").json()["image"]["url"]
        path = url.partition("8000")[2]
        made = archive.get(path)
        assert (made.status_code, made.headers["Content-Type"]) == (200, "image/jpeg")
        assert archive.get(path.replace("card", "page")).status_code == 404


def test_record_is_saved_without_a_request(
    client: TestClient, editor: TestClient, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The transaction of an upload or a change must not wait for another server."""
    first = upload(editor).json()
    assert editor.delete(f"{PATH}/{first['slug']}", headers=IF_MATCH_ANY).status_code == 204
    other = upload(editor, OTHER_PICTURE).json()
    with use_settings(Settings(media_url=bucket)):
        store = current_store()
        assert len(list(store.digests())) == 2
    store._recent.clear()  # type: ignore[attr-defined]  # as after a restart
    reads: list[bool] = []
    read_part, set_content = type(store).read_part, commands._set_content
    in_transaction = False

    def record_read(*arguments: Any) -> Any:
        reads.append(in_transaction)
        return read_part(*arguments)

    def record_transaction(*arguments: Any) -> None:
        nonlocal in_transaction
        in_transaction = True
        set_content(*arguments)
        in_transaction = False

    monkeypatch.setattr(type(store), "read_part", record_read)
    monkeypatch.setattr(commands, "_set_content", record_transaction)
    path = f"{PATH}/{other['slug']}"
    changed = editor.patch(path, json={"content": first["content"]}, headers=IF_MATCH_ANY)
    assert (changed.status_code, changed.json()["content"]) == (200, first["content"])
    assert reads == [False]
    reads.clear()
    assert upload(editor, picture("PNG", 9, 8)).status_code == 201
    assert reads == [False]


def run_unanswered(
    server: SilentServer, requests: list[Callable[[], httpx.Response]], pool: ThreadPoolExecutor
) -> list[Future[httpx.Response]]:
    """Send requests that wait for the bucket."""
    answers = [pool.submit(each) for each in requests]
    wait_for(lambda: len(server.connections) >= len(requests), 30)
    return answers


def test_bucket_that_does_not_answer_delays_nothing_else(
    client: TestClient, editor: TestClient, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    media = upload(editor).json()
    article = documents.article()
    file = f"/media/{media['content']}/card.jpg"
    with ThreadPoolExecutor(8) as pool:
        with silent_bucket(client, monkeypatch) as server:
            answers = run_unanswered(
                server,
                [
                    lambda: client.get(file),
                    lambda: client.get(file.replace("card", "thumb")),
                    lambda: upload(editor, OTHER_PICTURE),
                    lambda: editor.patch(
                        f"{PATH}/{media['slug']}", json={"content": "0" * 32}, headers=IF_MATCH_ANY
                    ),
                ],
                pool,
            )
            assert client.get(PATH).json()["items"][0]["slug"] == media["slug"]
            assert editor.post("/v1/articles", json=article).status_code == 201
            assert not any(each.done() for each in answers)
        for answer in (each.result(30) for each in answers):
            assert answer.status_code == 503
            assert answer.headers["Content-Type"] == "application/problem+json"
            assert "Pictures are unavailable" in answer.json()["detail"]
            assert int(answer.headers["Retry-After"]) > 0
    assert client.get(file).status_code == 200  # positive control


def test_request_to_a_bucket_that_does_not_answer_ends(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with silent_bucket(client, monkeypatch) as server:
        monkeypatch.setattr("app.resources.media.s3_store._REQUEST_SECONDS", 0.1)
        for _ in range(2):
            answer = client.get(f"/media/{'0' * 32}/card.jpg")
            assert (answer.status_code, "unavailable" in answer.json()["detail"]) == (503, True)
        wait_for(lambda: server.connections, 20)
    assert len([each for each in caplog.messages if "the picture store" in each]) == 1


def test_upload_stores_again_what_was_deleted_meanwhile(
    bucket: str, client: TestClient, editor: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    put, deleted = S3Store._put, list[str]()

    def put_and_delete(self: S3Store, digest: str, name: str, content: bytes) -> None:
        put(self, digest, name, content)
        if not deleted:
            deleted.append(name)
            self._delete(digest, [name])

    monkeypatch.setattr(S3Store, "_put", put_and_delete)
    image = upload(editor).json()["image"]
    assert len(deleted) == 1
    addresses = [image["url"], *(each["url"] for each in image["srcset"])]
    assert {client.get(address).status_code for address in addresses} == {200}
    digest = image["url"].rsplit("/", 2)[1]
    assert deleted[0] in S3Store(bucket).read_files(digest)


def test_unused_pictures_of_a_bucket_are_deleted(
    client: TestClient, editor: TestClient, bucket: str
) -> None:
    kept, deleted = upload(editor).json(), upload(editor, OTHER_PICTURE).json()
    editor.delete(f"{PATH}/{deleted['slug']}", headers=IF_MATCH_ANY)
    set_age_of_objects(bucket, "", UNUSED_SECONDS + 60)
    settings = Settings(**TEST_SETTINGS, media_url=bucket)
    with use_settings(settings):
        store = current_store()

        async def run_jobs() -> None:
            async with create_task_group() as tasks:
                tasks.start_soon(PeriodicJobs(database_of(client), settings).run)
                await to_thread.run_sync(wait_for, lambda: len([*store.digests()]) == 1, 20)
                tasks.cancel_scope.cancel()

        run(run_jobs)
        assert list(store.digests()) == [kept["content"]]


@pytest.mark.slow
def test_backup_carries_pictures_between_folder_and_bucket(
    client: TestClient,
    editor: TestClient,
    create_database: CreateDatabase,
    create_bucket: CreateBucket,
    tmp_path: Path,
) -> None:
    stores: list[dict[str, Any]] = [
        {"media_dir": str(tmp_path / "first")},
        {"media_url": create_bucket()},
        {"media_dir": str(tmp_path / "second")},
    ]
    with override_settings(client, **stores[0]):
        content = upload(editor).json()["content"]
    database, stored = database_of(client), list[dict[str, bytes]]()
    for number, (source, target) in enumerate(pairwise(stores)):
        backup, url = tmp_path / f"{number}.backup", create_database()
        with use_settings(Settings(**source)):
            stored.append(current_store().read_files(content))
            write_backup(database, backup, alembic_config(""), lambda _: None)
        with open_client(url) as restored, use_settings(Settings(**target)):
            restore_backup(database_of(restored), backup, alembic_config(url), lambda _: None)
            stored.append(current_store().read_files(content))
        restored_store = target
    assert restored_store == stores[2]
    assert len(stored[0]) == 7
    assert stored == [stored[0]] * 4


def find_pictures(client: TestClient, **settings: Any) -> Finding:
    """What `zarya doctor` finds of the store."""
    with use_settings(Settings(**settings)):
        findings = diagnose(Settings(**settings), database_of(client))
        (finding,) = (each for each in findings if each.check == "pictures")
    return finding


def test_doctor_writes_to_the_store(
    client: TestClient, create_bucket: CreateBucket, tmp_path: Path
) -> None:
    bucket = create_bucket()
    (tmp_path / "file").touch()
    for settings in ({"media_url": bucket}, {"media_dir": str(tmp_path)}):
        assert find_pictures(client, **settings).level is Level.OK
    missing = find_pictures(client, media_url="s3://no-such-bucket")
    assert (missing.level, "NoSuchBucket" in missing.detail) == (Level.ERROR, True)
    assert find_pictures(client, media_dir=str(tmp_path / "file")).level is Level.ERROR


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"ZARYA_MEDIA_URL": "https://bucket.example"}, "ZARYA_MEDIA_URL: use s3://bucket/prefix"),
        ({"ZARYA_MEDIA_URL": "s3://key:secret@bucket"}, "ZARYA_MEDIA_URL: use s3://bucket/prefix"),
        ({"ZARYA_MEDIA_URL": "s3://b1", "ZARYA_MEDIA_DIR": "a"}, "ZARYA_MEDIA_DIR are both set"),
        ({"ZARYA_MEDIA_URL": "s3://b1", "ZARYA_MEDIA_REDIRECT": "/a"}, "_REDIRECT needs a folder"),
    ],
)
def test_contradictory_settings_are_refused(
    monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], reason: str
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    result = run_zarya("keys", "list")
    assert (result.exit_code, reason in result.stderr) == (2, True)
    assert "secret" not in result.stderr


def test_empty_variables_are_those_of_none(
    client: TestClient, create_bucket: CreateBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = create_bucket()
    monkeypatch.setenv("AWS_ENDPOINT", os.environ["AWS_ENDPOINT_URL"])  # its other name
    for name in ("AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "")
    finding = find_pictures(client, media_url=bucket)
    assert (finding.level, finding.detail) == (Level.OK, "the store can be written")


def test_containers_have_the_extra_and_the_settings() -> None:
    syncs = re.findall(r"uv sync .*", (ROOT / "Dockerfile").read_text())
    assert len(syncs) == 2
    assert all("--extra s3" in each for each in syncs)
    compose = (ROOT / "compose.yaml").read_text()
    sample = (ROOT / "docs" / "media.md").read_text().partition("```sh\n")[2].partition("```")[0]
    names = re.findall(r"^\w+", sample, re.M)
    assert len(names) == 5
    assert all(f"    {name}: ${{{name}:-}}\n" in compose for name in names)


def test_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZARYA_MEDIA_URL", "s3://bucket")
    monkeypatch.setattr("app.config.find_spec", lambda _name: None)
    result = run_zarya("keys", "list")
    assert result.exit_code == 2
    assert result.stderr == "ZARYA_MEDIA_URL: it needs the extra s3: pip install 'zarya[s3]'\n"


def test_keys_are_the_paths_of_a_folder(create_bucket: CreateBucket, tmp_path: Path) -> None:
    """So any tool that copies files moves an archive."""
    files = {"picture.json": b"{}", "card.jpg": b"jpeg"}
    url, digest = create_bucket(), "3f" * 16
    FolderStore(tmp_path).import_files(digest, files)
    prefix = f"{os.environ['AWS_ENDPOINT_URL']}/{url.removeprefix('s3://')}"
    for path in tmp_path.rglob("*.*"):
        key = path.relative_to(tmp_path)
        assert httpx.put(f"{prefix}/{key}", content=path.read_bytes()).status_code == 200
    assert S3Store(url).read_files(digest) == files


def test_command_names_a_bucket_that_is_away(
    cli_migrated_url: str,
    create_bucket: CreateBucket,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A backup without pictures, or an import without media, would be noticed too late."""
    with closing(build_database(cli_migrated_url)) as database, database.session() as session:
        session.add(factories.media())
    exported = tmp_path / "media.ndjson"
    record = {"content": "1" * 32, "slug": "a-picture"}
    exported.write_text(json.dumps({"type": "media", "data": record}))
    imports = ("import", "ndjson", "--rejects", str(tmp_path), str(exported))

    monkeypatch.setenv("ZARYA_MEDIA_URL", create_bucket())
    assert run_zarya("backup", str(tmp_path / "first.backup")).exit_code == 0
    assert "rejected 1" in run_zarya(*imports).stdout  # positive control

    monkeypatch.setenv("ZARYA_MEDIA_URL", "s3://away")
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
    for arguments in (("backup", str(tmp_path / "second.backup")), imports):
        result = run_zarya(*arguments)
        assert result.exit_code == os.EX_UNAVAILABLE
        assert "Picture store: unreachable: " in result.stderr
        assert "Error performing GET http://127.0.0.1" in result.stderr
    assert not (tmp_path / "second.backup").exists()

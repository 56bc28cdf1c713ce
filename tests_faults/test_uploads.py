"""Uploads of pictures: durability when processes are killed, and memory with hostile files."""

import asyncio
import os
import random
import signal
import tempfile
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from PIL import Image
from sqlalchemy import select

from app.config import Settings, use_settings
from app.db.models import Media
from app.domain.pictures import RENDITION_TYPES
from app.resources.media import picture_store
from app.resources.media.cleanup import remove_unused_pictures
from app.resources.media.current_store import current_store
from app.resources.media.picture_store import compute_digest
from app.resources.write_steps import build_database
from tests.support.pictures import encode, hostile_files
from tests.support.s3 import CreateBucket
from tests_faults.load import wait_until
from tests_faults.services import LOAD_DIVISOR, Note, Service, Start, worker_pids

UPLOAD_COUNT, KILL_COUNT = (1000, 20) if LOAD_DIVISOR == 1 else (60, 3)
CLIENT_COUNT = 8
FILE_COUNT = len(RENDITION_TYPES)
"""Files of a picture, which is small: one size in each type."""

MAX_GROWTH_MB = 50
LARGE_BYTES = 20 * 2**20


def make_picture(number: int, shade: int = 0) -> bytes:
    return encode(Image.new("RGB", (40, 30), (number % 256, number // 256, shade)))


async def upload(client: httpx.AsyncClient, content: bytes) -> httpx.Response:
    return await client.post("/v1/media", content=content, headers={"Content-Type": "image/png"})


def open_client(service: Service) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {service.key}"}
    # The service closes idle connections after 5 seconds, when a client must not begin to use one.
    limits = httpx.Limits(keepalive_expiry=1)
    return httpx.AsyncClient(base_url=service.origin, headers=headers, timeout=60, limits=limits)


def read_contents(database_url: str) -> set[str]:
    """Digests of the pictures that have a record."""
    with closing(build_database(database_url)) as database, database.session() as session:
        return set(session.scalars(select(Media.content)))


@dataclass
class Uploads:
    """Clients that upload pictures, each again until it is acknowledged."""

    service: Service
    shade: int
    """Part of the pictures, which are others than those of other shades."""
    acknowledged: dict[str, str] = field(default_factory=dict)
    """Slug of the record by digest."""
    failure_count: int = 0
    """Uploads without a response."""

    async def run(self) -> None:
        """Upload all pictures, while processes of the service are killed."""
        waiting = list(range(UPLOAD_COUNT))
        async with open_client(self.service) as client:
            senders = (self._send(client, waiting) for _ in range(CLIENT_COUNT))
            await asyncio.gather(self._kill(), *senders)

    async def _send(self, client: httpx.AsyncClient, waiting: list[int]) -> None:
        while waiting:
            content = make_picture(waiting.pop(), self.shade)
            while True:
                try:
                    answer = await upload(client, content)
                except httpx.TransportError:
                    self.failure_count += 1
                    await asyncio.sleep(0.1)
                    continue
                if answer.status_code in {200, 201}:
                    media = answer.json()
                    self.acknowledged[media["content"]] = media["slug"]
                    break
                assert answer.status_code in {409, 503}, answer.text

    async def _kill(self) -> None:
        """Kill one worker or both, at random, after equal numbers of uploads."""
        random_source = random.Random(59)

        async def has_acknowledged(number: int) -> bool:
            return len(self.acknowledged) >= number

        for number in range(1, KILL_COUNT + 1):
            await wait_until(partial(has_acknowledged, number * UPLOAD_COUNT // (KILL_COUNT + 1)))
            await asyncio.sleep(random_source.random() / 4)
            workers = worker_pids(self.service.process.pid)
            for pid in random_source.sample(
                workers, min(len(workers), random_source.choice((1, 2)))
            ):
                os.kill(pid, signal.SIGKILL)

    async def count_unreadable(self, slugs: Iterable[str]) -> int:
        """The number of `slugs` whose record, or a file of it, cannot be read."""
        unreadable, waiting = set[str](), list(slugs)

        async def read(client: httpx.AsyncClient) -> None:
            while waiting:
                slug = waiting.pop()
                record = await client.get(f"/v1/media/{slug}/preview")
                files = record.json()["image"]["srcset"] if record.status_code == 200 else []
                answers = [await client.get(each["url"]) for each in files]
                statuses = {each.status_code for each in answers if each.content}
                if len(answers) != FILE_COUNT or statuses != {200}:
                    unreadable.add(slug)

        async with open_client(self.service) as client:
            await asyncio.gather(*(read(client) for _ in range(CLIENT_COUNT)))
        return len(unreadable)


@pytest.fixture(params=["folder", "s3"])
def store_settings(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, Any]:
    """Settings of an empty store of pictures, whose uploads are in a directory of their own."""
    if request.param == "folder":
        return {"media_dir": str(tmp_path)}
    monkeypatch.setenv("TMPDIR", str(tmp_path))  # of the service
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))  # of the cleanup in this process
    create_bucket: CreateBucket = request.getfixturevalue("create_bucket")
    return {"media_url": create_bucket()}


@pytest.mark.timeout(1800)
def test_killed_service_loses_no_acknowledged_picture(
    start: Start, note: Note, store_settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    is_s3 = "media_url" in store_settings
    with start(workers=2, **store_settings) as service:
        before = read_contents(service.database_url)
        uploads = Uploads(service, shade=1 if is_s3 else 2)
        asyncio.run(uploads.run())
        assert uploads.failure_count > 0
        assert len(uploads.acknowledged) == UPLOAD_COUNT
        recorded = read_contents(service.database_url) - before
        assert uploads.acknowledged.keys() <= recorded
        assert asyncio.run(uploads.count_unreadable(uploads.acknowledged.values())) == 0
        assert asyncio.run(uploads.count_unreadable(["no-such-record"])) == 1  # positive control
    left = remove_orphans(service.database_url, store_settings, monkeypatch)
    assert left == recorded
    note(
        f"`kill -9` of one or both of 2 workers, {KILL_COUNT} times",
        f"{CLIENT_COUNT} clients upload {UPLOAD_COUNT:,} pictures, retrying each until it is "
        f"acknowledged, to {'S3' if is_s3 else 'a folder'}",
        f"{uploads.failure_count} without response; none lost, none without files or record",
    )


def remove_orphans(
    database_url: str, settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> set[str]:
    """Delete pictures without a record, and the remains of uploads. Returns the names of the rest.

    As a positive control, there is one such picture.
    """
    for name in ("UNUSED_SECONDS", "PARTIAL_SECONDS"):
        monkeypatch.setattr(picture_store, name, -1.0)
    with use_settings(Settings(**settings)), closing(build_database(database_url)) as database:
        store = current_store()
        if "media_url" in settings:
            assert store.staging_root == Path(os.environ["TMPDIR"])  # not that of others
        store.import_files(compute_digest(b"orphan"), store.read_files(next(store.digests())))
        assert remove_unused_pictures(database, lambda: None) >= 1
        entries = list(store._list_entries())
        assert all(entry.is_complete for entry in entries)
        stored = {entry.digest for entry in entries}
        staged = store.staging_root.glob(f"{store.staging_prefix}*")
        return stored | {path.name for path in staged}


@pytest.mark.timeout(300)
def test_hostile_files_take_bounded_memory(start: Start, note: Note, tmp_path: Path) -> None:
    files = [*hostile_files().values(), *(bytes([n]) * LARGE_BYTES for n in range(8))]

    async def send_all(service: Service) -> set[int]:
        async with open_client(service) as client:
            await upload(client, make_picture(0))
            before = service.memory_mb
            waiting, statuses = list(files), set[int]()
            peak = before

            async def send() -> None:
                nonlocal peak
                while waiting:
                    statuses.add((await upload(client, waiting.pop())).status_code)
                    peak = max(peak, service.memory_mb)

            await asyncio.gather(*(send() for _ in range(3)))
            assert peak < before + MAX_GROWTH_MB
            note(
                f"{len(files)} hostile files, 8 of them of 20 MB",
                "3 clients upload them",
                f"all refused; {peak - before:.0f} MB more memory",
            )
            return statuses

    with start(media_dir=str(tmp_path)) as service:
        assert asyncio.run(send_all(service)) <= {422, 503}

"""Uploads of pictures: durability when workers are killed, and memory with hostile files."""

import asyncio
import os
import random
import signal
from contextlib import closing
from functools import partial
from pathlib import Path

import httpx2 as httpx
import pytest
from PIL import Image
from sqlalchemy import select

from app.db.models import Media
from app.resources.media.store import PictureStore
from app.resources.write_steps import build_database
from tests.support.pictures import encode, hostile_files
from tests_faults.load import wait_until
from tests_faults.services import LOAD_DIVISOR, Note, Service, Start, worker_pids

UPLOAD_COUNT = 250 // LOAD_DIVISOR
KILL_COUNT = 20 // LOAD_DIVISOR
CLIENT_COUNT = 8
MAX_GROWTH_MB = 50
LARGE_BYTES = 20 * 2**20


def make_picture(number: int) -> bytes:
    return encode(Image.new("RGB", (40, 30), (number % 256, number // 256, 59)))


async def upload(client: httpx.AsyncClient, content: bytes) -> httpx.Response:
    return await client.post("/v1/media", content=content, headers={"Content-Type": "image/png"})


def open_client(service: Service) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {service.key}"}
    return httpx.AsyncClient(base_url=service.origin, headers=headers, timeout=60)


def read_contents(database_url: str) -> set[str]:
    """Digests of the pictures that have a record."""
    with closing(build_database(database_url)) as database, database.session() as session:
        return set(session.scalars(select(Media.content)))


@pytest.mark.timeout(590)
def test_killed_worker_loses_no_acknowledged_picture(
    start: Start, note: Note, tmp_path: Path
) -> None:
    random_source, acknowledged = random.Random(59), set[str]()
    failure_count = 0

    async def send(client: httpx.AsyncClient, waiting: list[int]) -> None:
        nonlocal failure_count
        while waiting:
            content = make_picture(waiting.pop())
            while True:
                try:
                    answer = await upload(client, content)
                except httpx.TransportError:
                    failure_count += 1
                    await asyncio.sleep(0.1)
                    continue
                if answer.status_code in {200, 201}:
                    acknowledged.add(answer.json()["content"])
                    break
                assert answer.status_code in {409, 503}, answer.text

    async def has_acknowledged(number: int) -> bool:
        return len(acknowledged) >= number

    async def kill(service: Service) -> None:
        for number in range(1, KILL_COUNT + 1):
            await wait_until(partial(has_acknowledged, number * UPLOAD_COUNT // (KILL_COUNT + 1)))
            os.kill(random_source.choice(worker_pids(service.process.pid)), signal.SIGKILL)

    async def work(service: Service) -> None:
        waiting = list(range(UPLOAD_COUNT))
        async with open_client(service) as client:
            await asyncio.gather(
                kill(service), *(send(client, waiting) for _ in range(CLIENT_COUNT))
            )

    with start(workers=2, media_dir=str(tmp_path)) as service:
        before = read_contents(service.database_url)
        asyncio.run(work(service))
        recorded = read_contents(service.database_url) - before
    store = PictureStore(tmp_path)
    stored = {digest for digest in store.digests() if store.find(digest)}
    assert len(acknowledged) == UPLOAD_COUNT
    assert (acknowledged - recorded, recorded - stored, stored - recorded) == (set(), set(), set())
    note(
        f"`kill -9` of one of 2 workers, {KILL_COUNT} times",
        f"{CLIENT_COUNT} clients upload {UPLOAD_COUNT} pictures, retrying each until acknowledged",
        f"{failure_count} without response; none lost, none without files or record",
    )


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

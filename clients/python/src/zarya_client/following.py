"""Following the archive: a snapshot, the changes since, and events as they happen."""

import asyncio
import math
import os
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Protocol, TypeAlias

import httpx
from httpx_sse import aconnect_sse

from zarya_client.client import Zarya
from zarya_client.models import Change, ChangePage, RecordType
from zarya_client.problems import Gone, Problem, delay_seconds

_Batch: TypeAlias = tuple[list[Change], str]  # changes, and the cursor after them
_TIMEOUT = httpx.Timeout(30.0, read=60.0)  # seconds; the service sends a comment every 15 seconds


class CursorStore(Protocol):
    """Store of a cursor between runs of a program; None at the first start."""

    def load(self) -> str | None: ...

    def save(self, cursor: str) -> None: ...


class CursorFile:
    """Cursor in a file, which is replaced as a whole."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path)

    def load(self) -> str | None:
        """The stored cursor; None at the first start."""
        try:
            return self._path.read_text("utf-8").strip() or None
        except FileNotFoundError:
            return None

    def save(self, cursor: str) -> None:
        """Store a cursor durably."""
        temporary = self._path.with_name(f"{self._path.name}.new")
        with temporary.open("w", encoding="utf-8") as file:
            file.write(cursor)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self._path)


async def follow(
    client: Zarya,
    store: CursorStore,
    *,
    types: Sequence[RecordType] = (),
    with_snapshot: bool = True,
    on_restart: Callable[[], object] | None = None,
) -> AsyncIterator[Change]:
    """Yield all records, then their changes as they happen, without end.

    The cursor of a change is stored when you ask for the next one, so a change is yielded again if
    your program ends while it handles it. `with_snapshot=False` yields the changes since the first
    start only. If the cursor has expired, after 90 days, or the archive was restored from a backup,
    `on_restart` is called, which should empty your copy, and the snapshot starts again; without it,
    raises Gone. Raises Problem for other errors than those that pass.
    """
    cursor = store.load()
    is_wanted = with_snapshot or cursor is not None
    while True:
        try:
            for read in (_read_pages, _read_stream):
                params = {"cursor": cursor, "types": ",".join(types)}
                given = {name: value for name, value in params.items() if value}
                async for changes, cursor in read(client, given):
                    for change in changes if is_wanted else ():
                        yield change
                    store.save(cursor)
                is_wanted = True
        except Gone:
            if on_restart is None:
                raise
            on_restart()
            cursor, is_wanted = None, True


async def _read_pages(client: Zarya, params: dict[str, str]) -> AsyncIterator[_Batch]:
    """Pages up to the one with `sync`, each with the cursor after it. Waits for the service."""
    page: ChangePage | None = None
    while page is None or not page["sync"]:
        response = await client.send("GET", "/v1/changes", max_attempts=math.inf, params=params)
        page = response.json()
        cursor = httpx.URL(page["next"] or page["sync"] or "").params["cursor"]
        yield page["items"], cursor
        params = {**params, "cursor": cursor}


async def _read_stream(client: Zarya, params: dict[str, str]) -> AsyncIterator[_Batch]:
    """Events of one stream, each with its cursor, and the cursor at the end. Then waits."""
    delay, reached = delay_seconds(1), params.get("cursor")
    stream = aconnect_sse(client.http, "GET", "/v1/events", params=params, timeout=_TIMEOUT)
    try:
        async with stream as source:
            async for event in source.aiter_sse():
                delay = (event.retry or 0) / 1000 or delay
                if event.id and event.id != reached:  # a comment repeats the last id
                    reached = event.id
                    yield [event.json()] if event.data else [], reached
    except (httpx.TransportError, Problem) as error:
        delay = delay_seconds(1, error)
    await asyncio.sleep(delay)  # then the service may be back: read what has changed

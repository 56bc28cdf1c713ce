"""Following the archive: a snapshot, the changes since, and events as they happen."""

import asyncio
import json
import math
import os
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qs, urlsplit

import httpx

from zarya_client.client import Zarya
from zarya_client.models import Change, ChangePage, RecordType
from zarya_client.problems import Gone, Problem, delay_seconds, is_passing

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
                async for changes, reached in read(client, cursor, types):
                    for change in changes if is_wanted else ():
                        yield change
                    cursor = reached
                    store.save(cursor)
                is_wanted = True
        except Gone:
            if on_restart is None:
                raise
            on_restart()
            cursor, is_wanted = None, True


def _params(cursor: str | None, types: Sequence[RecordType]) -> dict[str, str]:
    values = {"cursor": cursor, "types": ",".join(types)}
    return {name: value for name, value in values.items() if value}


async def _read_pages(
    client: Zarya, cursor: str | None, types: Sequence[RecordType]
) -> AsyncIterator[tuple[list[Change], str]]:
    """Pages up to the one with `sync`, each with the cursor after it. Waits for the service."""
    page: ChangePage | None = None
    while page is None or not page["sync"]:
        request = client.http.build_request("GET", "/v1/changes", params=_params(cursor, types))
        page = (await client.send(request, math.inf)).json()
        cursor = parse_qs(urlsplit(page["next"] or page["sync"] or "").query)["cursor"][0]
        yield page["items"], cursor


async def _read_stream(
    client: Zarya, cursor: str | None, types: Sequence[RecordType]
) -> AsyncIterator[tuple[list[Change], str]]:
    """Events of one stream, each with its cursor; none for the end. Waits before it returns."""
    delay = delay_seconds(1)
    stream = client.http.stream(
        "GET", "/v1/events", params=_params(cursor, types), timeout=_TIMEOUT
    )
    try:
        async with stream as response:
            if response.is_error:
                await response.aread()
                Problem.raise_for(response)
            fields: dict[str, str] = {}
            async for line in response.aiter_lines():
                name, _, value = line.partition(":")
                if name:
                    fields[name] = value.removeprefix(" ")
                elif not line:
                    delay = int(fields.get("retry", 0)) / 1000 or delay
                    if "id" in fields:
                        changes = [json.loads(fields["data"])] if "data" in fields else []
                        yield changes, fields["id"]
                    fields = {}
    except (httpx.TransportError, Problem) as error:
        if not is_passing(error):
            raise
        delay = delay_seconds(1, error)
    await asyncio.sleep(delay)  # then the service may be back: read what has changed

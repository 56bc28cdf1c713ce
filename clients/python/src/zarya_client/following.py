"""Following the archive: a snapshot, the changes since, and events as they happen."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qs, urlsplit

import httpx

from zarya_client.client import (
    RETRIED_STATUSES,
    Zarya,
    backoff_seconds,
    encode_params,
    retry_after_seconds,
)
from zarya_client.models import Change, ChangePage, RecordType
from zarya_client.problems import Gone, build_problem

_READ_TIMEOUT_SECONDS = 60.0  # the service sends a comment every 15 seconds


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
    is_snapshot = cursor is None
    while True:
        try:
            async for page, reached in _read_pages(client, cursor, types):
                for change in page["items"]:
                    if with_snapshot or not is_snapshot:
                        yield change
                cursor = reached
                store.save(cursor)
            is_snapshot = False
            async for event, reached in _read_stream(client, cursor, types):
                if event is not None:
                    yield event
                cursor = reached
                store.save(cursor)
        except Gone:
            if on_restart is None:
                raise
            on_restart()
            cursor, is_snapshot, with_snapshot = None, True, True


async def _read_pages(
    client: Zarya, cursor: str | None, types: Sequence[RecordType]
) -> AsyncIterator[tuple[ChangePage, str]]:
    """Pages up to the one with `sync`, each with the cursor after it. Waits for the service."""
    params: dict[str, object] = {"types": ",".join(types)} if types else {}
    failures = 0
    while True:
        own = {**params, **({"cursor": cursor} if cursor else {})}
        try:
            page: ChangePage = await client.get("/v1/changes", own)
        except httpx.TransportError:
            failures += 1
            await asyncio.sleep(backoff_seconds(failures))
            continue
        failures = 0
        cursor = _cursor_of(page["next"] or page["sync"] or "")
        yield page, cursor
        if page["sync"]:
            return


def _cursor_of(url: str) -> str:
    return parse_qs(urlsplit(url).query)["cursor"][0]


async def _read_stream(
    client: Zarya, cursor: str | None, types: Sequence[RecordType]
) -> AsyncIterator[tuple[Change | None, str]]:
    """Events of one stream, each with its cursor; None for the end. Waits before it returns."""
    params: dict[str, object] = {"cursor": cursor}
    if types:
        params["types"] = ",".join(types)
    delay = backoff_seconds(1)
    query, timeout = encode_params(params), httpx.Timeout(30.0, read=_READ_TIMEOUT_SECONDS)
    try:
        async with client.http.stream(
            "GET", "/v1/events", params=query, timeout=timeout
        ) as response:
            if response.is_error:
                await response.aread()
                if response.status_code not in RETRIED_STATUSES:
                    raise build_problem(response)
                delay = retry_after_seconds(response) or delay
            fields: dict[str, str] = {}
            async for line in response.aiter_lines():
                name, _, value = line.partition(":")
                if name:
                    fields[name] = value.removeprefix(" ")
                elif not line:
                    delay = int(fields.get("retry", 0)) / 1000 or delay
                    if "id" in fields:
                        data: Change | None = json.loads(fields.get("data", "null"))
                        yield data, fields["id"]
                    fields = {}
    except httpx.TransportError:
        pass  # the service has gone: read what has changed once it is back
    await asyncio.sleep(delay)

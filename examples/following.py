"""Follow an archive: a snapshot of its records, then its changes, as they happen.

Other examples import `follow`. It needs the standard library of Python only.
"""

import json
import time
from collections.abc import Iterator
from http.client import HTTPException
from typing import Any, NamedTuple
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlencode, urlsplit
from urllib.request import Request, urlopen

SILENCE_SECONDS = 60
"""Reconnect after this time: the service sends a comment every 15 seconds."""


class Batch(NamedTuple):
    """Changes to apply together, with the cursor after them."""

    changes: list[dict[str, Any]]
    cursor: str
    is_start: bool
    """These are the first records of a snapshot: delete what you have copied before."""
    is_complete: bool
    """After these changes, the copy is complete up to the cursor."""


def follow(origin: str, types: str, cursor: str | None) -> Iterator[Batch]:
    """Yield batches for ever, of records of `types`, such as `launch,person`, or of all if empty.

    `cursor` is that of the last batch that you stored, or None.

    Apply a batch and store its cursor in one transaction, or else in this order: then a change
    may come twice, which has no effect, but none is lost.
    """
    while True:
        try:
            for batch in _read_changes(origin, types, cursor):
                cursor = batch.cursor
                yield batch
            for batch in _read_events(origin, types, cursor):
                cursor = batch.cursor
                yield batch
        except HTTPError as error:
            if error.code == 410:  # the cursor has expired
                cursor = None
            else:
                time.sleep(int(error.headers.get("Retry-After", 5)))
        except (OSError, HTTPException):  # the service restarts, or the network fails
            time.sleep(1)


def _read_changes(origin: str, types: str, cursor: str | None) -> Iterator[Batch]:
    """Yield the pages of the snapshot, if there is no cursor, and of the changes up to now."""
    is_complete = False
    while not is_complete:
        query = {"types": types, "cursor": cursor or ""}
        with urlopen(_url(f"{origin}/v1/changes", query), timeout=SILENCE_SECONDS) as response:
            page = json.load(response)
        is_start, is_complete = cursor is None, page["next"] is None
        [cursor] = parse_qs(urlsplit(page["next"] or page["sync"]).query)["cursor"]
        yield Batch(page["items"], cursor, is_start, is_complete)


def _read_events(origin: str, types: str, cursor: str | None) -> Iterator[Batch]:
    """Yield the changes after `cursor` as they happen, until the stream ends."""
    url = _url(f"{origin}/v1/events", {"types": types})
    request = Request(url, headers={"Last-Event-ID": cursor or ""})
    with urlopen(request, timeout=SILENCE_SECONDS) as stream:
        fields: dict[str, str] = {}
        for line in stream:
            name, _, value = line.decode().rstrip("\n").partition(": ")
            if name:
                fields[name] = value
            elif not value and "id" in fields:  # an empty line ends the event
                changes = [json.loads(fields["data"])] if "data" in fields else []
                yield Batch(changes, fields["id"], is_start=False, is_complete=True)
                fields = {}


def _url(address: str, query: dict[str, str]) -> str:
    """`address` with those parameters that are not empty."""
    return f"{address}?{urlencode({name: value for name, value in query.items() if value})}"

"""Programs that follow the archive miss and double nothing while the service stops and starts."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random
from signal import SIGKILL, SIGTERM
from threading import Event, Thread

import httpx2 as httpx
import pytest

from tests.support.recipes import (
    create_launch,
    output_of,
    posted_launches,
    read_copy,
    read_snapshot,
    run_lines,
    shown_lines,
)
from tests.support.servers import free_port, wait_for
from tests_faults.services import LOAD_DIVISOR, Note, Start

pytestmark = pytest.mark.parametrize("create_database", ["sqlite"], indirect=True)

RESTART_COUNT = 50 // LOAD_DIVISOR
KILL_COUNT = 20 // LOAD_DIVISOR
SECONDS = 60
"""Guard against a hang only."""


@contextmanager
def watch_events(origin: str) -> Iterator[list[str]]:
    """Follow launches without a cursor; yields the spacecraft seen. Control: it misses some."""
    seen: list[str] = []
    ended = Event()

    def read() -> None:
        try:
            with httpx.stream("GET", f"{origin}/v1/events?types=launch", timeout=SECONDS) as stream:
                seen.extend(
                    json.loads(line[6:])["data"]["spacecraft"][0]["name"]
                    for line in stream.iter_lines()
                    if line.startswith("data: ")
                )
        except httpx.HTTPError:
            ended.wait(1)

    def read_again() -> None:
        while not ended.is_set():
            read()

    thread = Thread(target=read_again)
    thread.start()
    try:
        yield seen
    finally:
        ended.set()
        thread.join()


@pytest.mark.timeout(1200)
def test_bot_and_copy_survive_restarts_and_kills(start: Start, note: Note, tmp_path: Path) -> None:
    """In every second round, the service ends before the programs can see the launch."""
    faults = [*[SIGTERM] * RESTART_COUNT, *[SIGKILL] * KILL_COUNT]
    Random(25).shuffle(faults)
    port, created = free_port(), list[str]()
    bot, copy = tmp_path / "bot", tmp_path / "copy"
    with ExitStack() as programs:
        with start(port=port) as service:
            for folder, recipe in ((bot, "bot"), (copy, "offline-copy")):
                folder.mkdir()
                programs.enter_context(run_lines(shown_lines(recipe), service.origin, folder))
            wait_for(lambda: (bot / "bot.json").exists() and "Complete" in output_of(copy), SECONDS)
            wait_for(lambda: json.loads((bot / "bot.json").read_text())["is_ready"], SECONDS)
        control = programs.enter_context(watch_events(service.origin))
        for number, fault in enumerate(faults):
            with start(port=port) as service:
                created.append(f"Progress Test-{number}")
                create_launch(service.origin, service.key, created[-1])
                if number % 2:
                    wait_for(lambda: posted_launches(bot) == created, SECONDS)
                service.process.send_signal(fault)
                service.process.wait(SECONDS)
        with start(port=port) as service:
            wait_for(lambda: len(posted_launches(bot)) >= len(created), SECONDS)
            expected = read_snapshot(service.origin)
            wait_for(lambda: read_copy(copy / "copy.db") == expected, SECONDS)
    assert posted_launches(bot) == created
    assert set(control) < set(created)
    note(
        f"{RESTART_COUNT} restarts and {KILL_COUNT} kills",
        "a bot and an offline copy follow; one launch between two faults",
        f"{len(created)} launches posted once and in order, the copy equals the archive; "
        f"without a cursor {len(created) - len(set(control))} missed",
    )

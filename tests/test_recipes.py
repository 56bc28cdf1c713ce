"""Recipes of the documentation: the shown lines run in an empty folder, against a real service."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.api.api_key_format import generate_api_key
from app.domain.enums import Scope
from app.resources.write_steps import build_database
from tests.support.databases import CreateDatabase
from tests.support.paths import ROOT
from tests.support.recipes import (
    create_launch,
    output_of,
    posted_launches,
    read_copy,
    read_snapshot,
    run_lines,
    shown_lines,
)
from tests.support.servers import DEV_NULL, free_port, run_server, run_server_process, wait_for

pytestmark = pytest.mark.parametrize("create_database", ["sqlite"], indirect=True, scope="session")

SECONDS = 60
"""Guard against a hang only."""


@pytest.fixture(scope="module")
def url(create_database: CreateDatabase, archive_template_url: str) -> str:
    """URL of a copy of the embedded archive."""
    return create_database(archive_template_url)


@pytest.fixture(scope="module")
def key(url: str) -> str:
    """API key with all scopes."""
    database = build_database(url)
    with database.session() as session:
        stored, key = generate_api_key("Recipes", list(Scope))
        session.add(stored)
        session.commit()
    database.close()
    return key


@pytest.fixture(scope="module")
def origin(url: str) -> Iterator[str]:
    """Origin of the service."""
    with run_server(url, rate_limit=0) as origin:
        yield origin


@pytest.mark.parametrize(
    ("recipe", "expected"),
    [
        (
            "calendar",
            "2019-04: 2 launches\n"
            "2019-04-04  LV Soyuz-2.1a with CV Progress MS-11 is launched\n"
            "2019-04-17  LV Antares 230 with CV Cygnus NG-11 is launched\n",
        ),
        ("statistics", "Oleg Kononenko           5 flights, 1110 days in space\n"),
    ],
)
@pytest.mark.slow
def test_program_prints_facts(tmp_path: Path, origin: str, recipe: str, expected: str) -> None:
    lines = shown_lines(recipe)
    with run_lines([*lines, lines[-1]], origin, tmp_path) as process:
        assert process.wait(SECONDS) == 0, output_of(tmp_path)
    assert output_of(tmp_path).count(expected) == 2


@pytest.mark.slow
def test_first_program_prints_people_and_all_missions(origin: str) -> None:
    command = [sys.executable, str(ROOT / "examples" / "start.py"), origin]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert len(output.splitlines()) == 7
    assert "Oleg Kononenko Roscosmos\n" in output
    assert output.endswith("75 missions\n")


@pytest.mark.slow
def test_bot_posts_each_launch_once_across_restarts(tmp_path: Path, url: str, key: str) -> None:
    lines, port = shown_lines("bot"), free_port()
    posted: list[str] = []

    def launch_and_wait(origin: str) -> None:
        posted.append(f"Progress Test-{len(posted)}")
        create_launch(origin, key, posted[-1])
        wait_for(lambda: f"Launched: {posted[-1]}," in output_of(tmp_path), SECONDS)

    state = tmp_path / "bot.json"
    with run_server_process(url, port=port, log=DEV_NULL, rate_limit=0) as (origin, server):
        with run_lines(lines, origin, tmp_path):
            wait_for(lambda: state.exists() and json.loads(state.read_text())["is_ready"], SECONDS)
            launch_and_wait(origin)
            server.kill()
            server.wait()
            with run_server_process(url, port=port, rate_limit=0):
                launch_and_wait(origin)
        with run_server_process(url, port=port, rate_limit=0):
            create_launch(origin, key, "Progress Meanwhile")
            posted.append("Progress Meanwhile")
            with run_lines(lines[-1:], origin, tmp_path):
                launch_and_wait(origin)
    assert sorted(posted_launches(tmp_path)) == sorted(posted)


@pytest.mark.slow
def test_offline_copy_equals_the_archive_after_kills(tmp_path: Path, origin: str, key: str) -> None:
    lines, copy = shown_lines("offline-copy"), tmp_path / "copy.db"
    with run_lines(lines, origin, tmp_path):
        wait_for(lambda: copy.exists() and copy.stat().st_size > 100_000, SECONDS)
    assert "Complete" not in output_of(tmp_path)
    with run_lines(lines[-1:], origin, tmp_path):
        wait_for(lambda: "Complete" in output_of(tmp_path), SECONDS)
    create_launch(origin, key, "Progress Copy")
    with run_lines(lines[-1:], origin, tmp_path):
        wait_for(lambda: "Progress Copy" in str(read_copy(copy)), SECONDS)
    assert read_copy(copy) == read_snapshot(origin)

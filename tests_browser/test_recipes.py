"""Recipes of the documentation that run in a browser or on Node.js."""

# ruff: noqa: S101 - tests assert

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import expect

from tests.support.paths import ROOT
from tests.support.recipes import output_of, run_lines, shown_lines
from tests.support.servers import run_server
from tests_browser.browsers import Visit
from tests_browser.servers import HOST, Server

Open = Callable[..., Visit]

SECONDS = 100
"""Guard against a hang only."""


@contextmanager
def serve_folder(folder: Path) -> Iterator[str]:
    """Serve the files of `folder`; yields the origin."""
    handler = partial(SimpleHTTPRequestHandler, directory=str(folder))
    with ThreadingHTTPServer((HOST, 0), handler) as files:
        Thread(target=files.serve_forever, daemon=True).start()
        yield f"http://{HOST}:{files.server_port}"
        files.shutdown()


def test_wall_display_follows_changes(
    visit: Open, server: Server, origin: str, tmp_path: Path
) -> None:
    with run_lines(shown_lines("wall-display")[:1], origin, tmp_path) as process:
        assert process.wait(SECONDS) == 0
    seen = visit()
    page = seen.page
    with serve_folder(tmp_path) as files:
        with page.expect_response("**/v1/station"):
            page.goto(f"{files}/wall_display.html?api={origin}")
        expect(page.get_by_role("heading", level=1)).to_have_text("Not known at present")
        expect(page.get_by_role("status")).to_be_empty()
        person: dict[str, object] = {"name": "Vera Display", "nationality": "RU"}
        with page.expect_response("**/v1/station") as response:
            server.post("/v1/people", server.create_key("people:write"), person)
        assert response.value.ok
        page.goto("about:blank")  # closes the stream
    assert seen.external_requests == []


@pytest.mark.timeout(400)  # npm installs forty packages
def test_mission_page_shows_crew_and_launches(visit: Open, origin: str, tmp_path: Path) -> None:
    lines = [*shown_lines("mission-page")[:-1], f"API={origin} npm run build"]
    lines.insert(-2, f"export API={origin}")
    with run_lines(lines, origin, tmp_path) as process:
        assert process.wait(3 * SECONDS) == 0, output_of(tmp_path)
    seen = visit()
    with serve_folder(tmp_path / "mission-page" / "www") as files:
        seen.page.goto(f"{files}/?mission=iss-59")
        expect(seen.page.get_by_role("heading", level=1)).to_have_text("ISS-59 mission")
        expect(seen.page.get_by_text("Oleg Kononenko, Commander")).to_be_visible()
        expect(seen.page.get_by_text("LV Soyuz-2.1a with CV Progress MS-11")).to_be_visible()
        seen.page.goto(f"{files}/?mission=iss-99")
        expect(seen.page.get_by_role("alert")).to_contain_text("There is no mission 'iss-99'")
    assert seen.external_requests == []


def test_first_program_in_typescript_prints_people_and_all_missions(server: Server) -> None:
    # A server of its own, whose public URL is its origin: `next` leads there.
    with run_server(server.environment["ZARYA_DATABASE_URL"]) as origin:
        node = Path(sys.executable).with_name("node")
        command = [str(node), str(ROOT / "examples" / "start.ts"), origin]
        output = subprocess.run(  # noqa: S603 - our own command
            command, check=True, capture_output=True, text=True
        ).stdout
    assert "Oleg Kononenko Roscosmos\n" in output
    assert output.endswith("75 missions\n")

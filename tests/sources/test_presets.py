"""Presets: the sources that they add, and the `zarya sources` command."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner, Result

from app.api.write_models import validate_write_model
from app.cli.main import cli
from app.db.database import Database
from app.domain.dates import ONE_HOUR
from app.ingest.presets import PRESETS, Preset, PresetName, load_preset_dates
from app.resources.sources.schemas import SourceWrite
from tests.support.clients import database_of
from tests.support.databases import CreateDatabase

DATES = {"launched_since": "2025-01-01", "published_since": "2026-01-01"}


@pytest.fixture
def url(
    create_database: CreateDatabase, archive_template_url: str, monkeypatch: pytest.MonkeyPatch
) -> str:
    """URL of an archive that the command uses."""
    address = create_database(archive_template_url)
    monkeypatch.setenv("ZARYA_DATABASE_URL", address)
    monkeypatch.setenv("COLUMNS", "250")  # of the terminal
    return address


def zarya(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments)


@pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)
@pytest.mark.parametrize("trusted", [False, True])
def test_presets_are_valid_sources_within_their_limits(preset: Preset, trusted: bool) -> None:
    documents = preset.build_documents(DATES, server=None, trusted=trusted)
    sources = [validate_write_model(SourceWrite, document) for document in documents]
    assert len({source.feed_url for source in sources}) == len(sources)
    for source in sources:
        assert source.feed_url.startswith("https://")
        assert source.requests_per_hour == preset.requests_per_hour
        assert bool(source.covers) == source.trusted
    polls_per_hour = sum(ONE_HOUR / timedelta(minutes=each.every_minutes) for each in sources)
    assert 3 * polls_per_hour <= preset.requests_per_hour  # two more pages each
    mirror = preset.build_documents(DATES, server="https://mirror.example/", trusted=trusted)
    assert {urlsplit(each["feed_url"]).netloc for each in mirror} == {"mirror.example"}


def test_launch_library_stays_below_fifteen_requests_per_hour() -> None:
    preset = PRESETS[PresetName.LAUNCH_LIBRARY]
    assert preset.requests_per_hour < 15
    for document in preset.build_documents(DATES, server=None, trusted=False):
        query = parse_qs(urlsplit(document["feed_url"]).query)
        assert query["mode"] == ["detailed"]  # with crews
        assert int(query["limit"][0]) <= 100
        assert query.keys() & {"program", "space_station"}  # of this station


def test_dates_precede_what_may_still_change(archive: TestClient, database: Database) -> None:
    with database_of(archive).snapshot() as reader:
        dates = load_preset_dates(reader)
    newest = archive.get("/v1/launches", params={"status": "success", "limit": 1}).json()
    assert dates["launched_since"] < newest["items"][0]["launch_at"]
    aboard = archive.get("/v1/launches", params={"crewed": "true", "limit": 100}).json()["items"]
    for found in aboard:
        launch = archive.get(f"/v1/launches/{found['slug']}").json()
        if any(seat["landed_at"] is None for seat in launch["crew"]):
            assert launch["launch_at"] > dates["launched_since"] or launch["status"] == "failure"
    with database.snapshot() as reader:  # an empty archive reads everything
        assert load_preset_dates(reader)["launched_since"] == "1998-11-20"


def test_command_adds_the_sources_of_a_preset_once(url: str) -> None:
    added = zarya("sources", "add", "--preset", "launch-library")
    assert (added.exit_code, added.stdout) == (0, "")
    assert added.stderr.splitlines() == [
        f"Source {number} added, polled every {minutes} minutes."
        for number, minutes in enumerate((60, 120, 360), start=1)
    ]
    again = zarya("sources", "add", "--preset", "launch-library")
    assert again.exit_code == 0
    assert again.stderr.count("polls this list already") == 3
    mirror = ("--server", "https://mirror.example")
    assert "Source 4 added" in zarya("sources", "add", "--preset", "snapi", *mirror).stderr
    listed = zarya("sources", "list").stdout
    assert "https://mirror.example/v4/articles/" in listed
    assert listed.count("https://ll.thespacedevs.com/") == 3


def test_command_lists_presets_without_a_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    listed = zarya("sources", "presets")
    assert listed.exit_code == 0
    for preset in PRESETS.values():
        assert preset.server in listed.stdout
        assert all(source.brings in listed.stdout for source in preset.sources)


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--name", "Desk"],
        ["https://desk.example/", "--preset", "nasa"],
        ["https://desk.example/", "--name", "Desk", "--server", "https://mirror.example"],
        ["--preset", "unknown"],
        ["--preset", "nasa", "--server", "ftp://mirror.example"],
    ],
)
def test_command_refuses_invalid_presets(url: str, arguments: list[str]) -> None:
    refused = zarya("sources", "add", *arguments)
    assert refused.exit_code == 2
    assert "Traceback" not in refused.output
    assert refused.stderr

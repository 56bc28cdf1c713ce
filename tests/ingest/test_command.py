"""`zarya import` and `zarya export`: output and exit status."""

import json
from pathlib import Path

import pytest

from tests.support.command_line import run_zarya
from tests.support.fake_sites import Reply, fake_site, rss_feed, rss_item

LAST = "created {}, updated {}, unchanged {}, rejected {}\n"


@pytest.mark.slow
def test_import_and_export_commands_round_trip(cli_migrated_url: str, tmp_path: Path) -> None:
    assert cli_migrated_url
    feed = tmp_path / "in" / "news.rss"
    feed.parent.mkdir()
    feed.write_bytes(rss_feed(rss_item(1), rss_item(2), rss_item(3, date="soon")))
    rejects = f"--rejects={tmp_path}/rejects"
    tried = run_zarya("import", "feed", str(feed), "--dry-run", rejects)
    assert (tried.exit_code, tried.stdout) == (1, LAST.format(2, 0, 0, 1))
    done = run_zarya("import", "feed", str(feed.parent), "--publish", rejects)
    assert (done.exit_code, done.stdout) == (1, LAST.format(2, 0, 0, 1))
    assert "news.rss:" in done.stderr
    assert "published: 'soon' is not an unambiguous date" in done.stderr
    assert (tmp_path / "rejects" / "news.rejects.rss").exists()
    lines, again = tmp_path / "a.ndjson", tmp_path / "b.ndjson"
    assert run_zarya("export", "ndjson", str(lines)).exit_code == 0
    taken = run_zarya("import", "ndjson", str(lines))
    assert (taken.exit_code, taken.stdout) == (0, LAST.format(0, 0, 2, 0))
    assert run_zarya("export", "ndjson", str(again)).exit_code == 0
    assert lines.read_bytes() == again.read_bytes()
    assert run_zarya("export", "csv", "--no-bom", str(tmp_path / "plain")).exit_code == 0
    assert (tmp_path / "plain" / "people.csv").read_text("utf-8").startswith("id,")
    for form, target in (("csv", "folder"), ("csv", "a.zip"), ("parquet", "p"), ("sqlite", "s")):
        assert run_zarya("export", form, str(tmp_path / target)).exit_code == 0
        assert (tmp_path / target).exists()


def test_import_command_fetches_url(cli_migrated_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cli_migrated_url
    with fake_site() as there:
        address = there.add("/feed", Reply(body=rss_feed(rss_item(1))))
        refused = run_zarya("import", "feed", address)
        assert (refused.exit_code, refused.stdout) == (2, "")
        assert "not a public address" in refused.stderr
        monkeypatch.setenv("ZARYA_PRIVATE_TARGETS", "true")
        assert run_zarya("import", "feed", address).stdout == LAST.format(1, 0, 0, 0)
        assert run_zarya("import", "feed", f"{address}-missing").exit_code == 2


def test_import_command_takes_source_of_file(
    cli_migrated_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The corrected rejects of a fetched feed are entries of that feed."""
    assert cli_migrated_url
    monkeypatch.setenv("ZARYA_PRIVATE_TARGETS", "true")
    rejects = f"--rejects={tmp_path}/rejects"
    with fake_site() as there:
        address = there.add("/feed", Reply(body=rss_feed(rss_item(1), rss_item(2, date="soon"))))
        fetched = run_zarya("import", "feed", address, rejects)
        assert f"Import them with --source {address}" in fetched.stderr
        (kept,) = (tmp_path / "rejects").iterdir()
        kept.write_text(kept.read_text("utf-8").replace("soon", "2019"), "utf-8")
        run_zarya("import", "feed", str(kept), "--source", address)
        there.add("/feed", Reply(body=rss_feed(rss_item(1), rss_item(2))))
        counted = run_zarya("import", "feed", address).stdout
        assert counted.startswith("created 0, updated 1, unchanged 1")
    for arguments in (
        ("feed", str(kept), "--source", "desk"),
        ("gcat", str(kept), "--source", address),
    ):
        refused = run_zarya("import", *arguments)
        assert (refused.exit_code, refused.stdout) == (2, "")
        assert "--source takes a URL" in refused.stderr
    monkeypatch.setenv("ZARYA_PRIVATE_TARGETS", "false")
    refused = run_zarya("import", "feed", str(kept), "--source", "http://127.1./feed")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "127.1 is not a public address" in refused.stderr


def test_import_command_takes_all_launches_on_request(
    cli_migrated_url: str, tmp_path: Path
) -> None:
    assert cli_migrated_url
    stated = {"net": "2031-04-04T11:01:35Z", "status": {"name": "Maybe"}}
    launches = [
        {"id": "1", "name": "Rocket | Starlink 1", **stated},
        {"id": "2", "name": "Rocket | Progress MS-99", **stated},
        {"id": "3", "name": "Rocket | Progress MS-98", "net": "soon"},
    ]
    given = tmp_path / "launches.json"
    given.write_text(json.dumps(launches))
    rejects = f"--rejects={tmp_path}/rejects"
    tried = run_zarya("import", "launch-library", str(given), rejects)
    assert (tried.exit_code, tried.stdout) == (1, LAST.format(1, 0, 0, 1)[:-1] + ", skipped 1\n")
    assert "[2] Rocket | Progress MS-98: net: 'soon' is not" in tried.stderr
    assert "[1] Rocket | Progress MS-99: note: Unknown launch status 'Maybe'" in tried.stderr
    assert "Starlink" not in tried.stderr
    done = run_zarya("import", "launch-library", str(given), "--all", rejects)
    assert done.stdout == LAST.format(1, 0, 1, 1)


@pytest.mark.parametrize(
    "arguments",
    [
        ("import", "nonsense", "x"),
        ("import", "feed", "there-is-no-such-file"),
        ("export", "sqlite", "/proc/nowhere/a.sqlite"),
        ("export", "ndjson", "/proc/nowhere/a.ndjson"),
    ],
)
def test_invalid_commands_exit_with_2(cli_migrated_url: str, arguments: tuple[str, ...]) -> None:
    assert cli_migrated_url
    assert run_zarya(*arguments).exit_code == 2

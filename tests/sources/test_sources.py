"""Sources resource: the API and the `zarya sources` command."""

import os
from typing import Any

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner, Result

from app.cli.main import cli
from app.db.database import Database
from app.domain.enums import Scope
from tests.support.clients import client_with_key
from tests.support.documents import IF_MATCH_ANY
from tests.support.fake_sites import FakeSite, Reply, rss_feed, rss_item
from tests.support.import_runs import import_inputs, make_input
from tests.support.polling import (
    add_source,
    due_sources,
    poll_source,
    poll_source_now,
    source_row,
)

FEED = {"name": "The desk", "feed_url": "https://desk.example/feed"}


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"every_minutes": 4}, "/every_minutes"),
        ({"every_minutes": 10081}, "/every_minutes"),
        ({"format": "gcat"}, "/format"),
        ({"format": "launch-library"}, "/trusted"),
        ({"language": "English"}, "/language"),
        ({"name": ""}, "/name"),
        ({"name": "x" * 121}, "/name"),
        ({"trusted": "yes"}, "/trusted"),
        ({"feed_url": "https://user:password@desk.example/"}, "/feed_url"),
        ({"feed_url": "ftp://desk.example/"}, "/feed_url"),
        ({"etag": "mine"}, "/etag"),
    ],
)
def test_invalid_sources_are_refused(
    editor: TestClient, fields: dict[str, Any], pointer: str
) -> None:
    refused = editor.post("/v1/sources", json=FEED | fields)
    assert refused.status_code == 422, refused.text
    assert refused.json()["errors"][0]["pointer"] == pointer
    assert editor.post("/v1/sources", json=FEED).status_code == 201


def test_launch_library_source_must_be_trusted(editor: TestClient) -> None:
    address = f"/v1/sources/{add_source(editor, 'https://desk.example/', trusted=True)}"
    launches = {"format": "launch-library"}
    assert editor.patch(address, json=launches, headers=IF_MATCH_ANY).status_code == 200
    refused = editor.patch(address, json={"trusted": False}, headers=IF_MATCH_ANY)
    assert refused.json()["errors"][0]["pointer"] == "/trusted"


def test_feed_url_is_unique(editor: TestClient) -> None:
    add_source(editor, "https://desk.example/feed")
    other = add_source(editor, "https://desk.example/other")
    again = editor.post("/v1/sources", json=FEED)
    moved = editor.patch(
        f"/v1/sources/{other}", json={"feed_url": FEED["feed_url"]}, headers=IF_MATCH_ANY
    )
    for refused in (again, moved):
        problem = refused.json()["errors"][0]
        assert (problem["pointer"], problem["code"]) == ("/feed_url", "taken")


def test_source_changes_need_matching_version(editor: TestClient, client: TestClient) -> None:
    address = f"/v1/sources/{add_source(editor, 'https://desk.example/feed')}"
    tag = editor.get(address).headers["ETag"]
    assert editor.patch(address, json={"name": "New"}).status_code == 428
    assert editor.patch(address, json={"name": "New"}, headers={"If-Match": tag}).is_success
    assert editor.patch(address, json={"name": "Old"}, headers={"If-Match": tag}).status_code == 412
    same = editor.patch(address, json={"name": "New"}, headers=IF_MATCH_ANY)
    assert same.json()["version"] == 2
    assert client.get(address).status_code == 401
    assert client_with_key(client, Scope.WEBHOOKS_WRITE).get(address).status_code == 403
    for missing in ("/v1/sources/999999", "/v1/sources/999999/poll"):
        send = editor.post if missing.endswith("poll") else editor.get
        assert send(missing).status_code == 404


def test_audit_log_records_source_changes(editor: TestClient) -> None:
    id_ = add_source(editor, "https://desk.example/feed")
    editor.patch(f"/v1/sources/{id_}", json={"trusted": True}, headers=IF_MATCH_ANY)
    assert editor.delete(f"/v1/sources/{id_}", headers=IF_MATCH_ANY).status_code == 204
    trail = editor.get("/v1/audit", params={"type": "source", "record_id": id_}).json()["items"]
    newest = trail[:3]  # the audit log outlives the tests, and ids may repeat
    assert [entry["action"] for entry in newest] == ["delete", "update", "create"]
    assert (newest[1]["before"]["trusted"], newest[1]["after"]["trusted"]) == (False, True)


def test_articles_of_deleted_source_stay(
    editor: TestClient, database: Database, fake_site: FakeSite, allow_private_targets: None
) -> None:
    id_ = add_source(editor, fake_site.add("/", Reply(body=rss_feed(rss_item(1)))))
    poll_source(database, id_)
    editor.delete(f"/v1/sources/{id_}", headers=IF_MATCH_ANY)
    assert editor.get(f"/v1/sources/{id_}").status_code == 404
    assert len(editor.get("/v1/drafts").json()["items"]) == 1


def test_entries_are_known_at_a_corrected_address(
    editor: TestClient, database: Database, fake_site: FakeSite, allow_private_targets: None
) -> None:
    """Also if some were imported from the new address before, and after a second correction."""
    old, new = (
        fake_site.add(path, Reply(body=rss_feed(*items)))
        for path, items in (("/old", [rss_item(1), rss_item(2)]), ("/new", [rss_item(2)]))
    )
    id_ = add_source(editor, old)
    poll_source(database, id_)
    import_inputs(database, "feed", make_input(rss_feed(rss_item(2)), source=new))
    fake_site.add("/new", Reply(body=rss_feed(rss_item(1), rss_item(2), rss_item(3))))
    for url, created in ((new, 1), (old, 0), (new, 0)):
        change = {"feed_url": url}
        editor.patch(f"/v1/sources/{id_}", json=change, headers=IF_MATCH_ANY)
        report = poll_source_now(database, id_).report
        assert report is not None
        assert (report.created, report.rejected) == (created, 0)
    other = add_source(editor, old)  # positive control: another source at the former address
    found = poll_source(database, other)
    assert found is not None
    assert found.report is not None
    assert found.report.created == 1


@pytest.mark.parametrize(
    ("change", "forgets"),
    [
        ({"feed_url": "https://desk.example/new"}, True),
        ({"format": "snapi"}, True),
        ({"language": "ru"}, True),
        ({"name": "New"}, False),
        ({"trusted": True}, False),
        ({"every_minutes": 30}, False),
    ],
)
def test_changed_source_forgets_validators(
    editor: TestClient,
    database: Database,
    fake_site: FakeSite,
    allow_private_targets: None,
    change: dict[str, Any],
    forgets: bool,
) -> None:
    id_ = add_source(
        editor, fake_site.add("/", Reply(200, {"ETag": '"one"'}, rss_feed(rss_item(1))))
    )
    poll_source(database, id_)
    answer = editor.patch(f"/v1/sources/{id_}", json=change, headers=IF_MATCH_ANY)
    assert answer.status_code == 200, answer.text
    assert (source_row(database, id_)["etag"] is None) == forgets
    assert (due_sources(database) == [id_]) == forgets


def test_shorter_interval_applies_at_once(
    editor: TestClient, database: Database, fake_site: FakeSite, allow_private_targets: None
) -> None:
    weekly = add_source(
        editor, fake_site.add("/", Reply(body=rss_feed(rss_item(1)))), every_minutes=10080
    )
    poll_source(database, weekly)
    far = source_row(database, weekly)["next_at"]
    editor.patch(f"/v1/sources/{weekly}", json={"every_minutes": 5}, headers=IF_MATCH_ANY)
    assert (far - source_row(database, weekly)["next_at"]).total_seconds() > 10000 * 60


def test_disabled_source_is_not_due(editor: TestClient, database: Database) -> None:
    id_ = add_source(editor, "https://desk.example/feed", enabled=False)
    assert due_sources(database) == []
    assert editor.get(f"/v1/sources/{id_}").json()["next_at"] is None
    assert editor.get("/v1/sources").json()["items"][0]["next_at"] is None
    assert editor.post(f"/v1/sources/{id_}/poll").status_code == 409
    assert editor.patch(
        f"/v1/sources/{id_}", json={"enabled": True}, headers=IF_MATCH_ANY
    ).is_success
    assert due_sources(database) == [id_]
    assert editor.post(f"/v1/sources/{id_}/poll").status_code == 202


@pytest.fixture
def url(cli_migrated_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """URL of the database that the command uses."""
    monkeypatch.setenv("ZARYA_PRIVATE_TARGETS", "true")
    monkeypatch.setenv("COLUMNS", "250")  # of the terminal
    return cli_migrated_url


def zarya(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments)


def test_sources_command_adds_polls_and_lists(url: str, fake_site: FakeSite) -> None:
    feed = fake_site.add("/feed", Reply(200, {"ETag": '"one"'}, rss_feed(rss_item(1), language="")))
    added = zarya(
        "sources", "add", feed, "--name", "[The] desk", "--language", "ru", "--every", "30"
    )
    assert (added.exit_code, added.stderr) == (0, "Source 1 added, polled every 30 minutes.\n")
    assert zarya("sources", "poll").stdout == "1: created 1, updated 0, unchanged 0, rejected 0\n"
    nothing_due = zarya("sources", "poll")
    assert (nothing_due.exit_code, nothing_due.stdout) == (0, "")
    again = zarya("sources", "poll", "1")
    assert again.stdout == "1: created 0, updated 0, unchanged 0, rejected 0\n"
    assert fake_site.statuses == [200, 304]
    listed = zarya("sources", "list")
    assert listed.exit_code == 0
    for text in ("[The] desk", feed, "enabled"):
        assert text in listed.stdout


def test_sources_poll_command_exits_with_1_on_failure(url: str, fake_site: FakeSite) -> None:
    failing = fake_site.add("/failing", Reply(500))
    partly = fake_site.add(
        "/partly", Reply(body=rss_feed(rss_item(1), rss_item(2, date="some day")))
    )
    for number, address in enumerate((failing, partly)):
        assert zarya("sources", "add", address, "--name", f"Desk {number}").exit_code == 0
    both = zarya("sources", "poll", "1", "2")
    assert both.exit_code == 1
    first, second = both.stdout.splitlines()
    assert first == "1: HTTP status 500."
    assert second.startswith("2: created 1, updated 0, unchanged 0, rejected 1; 1 rejected, the")
    assert "failed 1 times: HTTP status 500." in zarya("sources", "list").stdout
    missing = zarya("sources", "poll", "3")
    assert (missing.exit_code, "No such source" in missing.stdout) == (1, True)


@pytest.mark.parametrize(
    "arguments",
    [
        ["ftp://desk.example/", "--name", "Desk"],
        ["https://desk.example/", "--name", ""],
        ["https://desk.example/", "--name", "Desk", "--every", "1"],
        ["https://desk.example/", "--name", "Desk", "--format", "launch-library"],
        ["https://desk.example/", "--name", "Desk", "--format", "gcat"],
        ["https://desk.example/"],
    ],
)
def test_sources_add_command_refuses_invalid_sources(url: str, arguments: list[str]) -> None:
    refused = zarya("sources", "add", *arguments)
    assert refused.exit_code == 2
    assert "Traceback" not in refused.output
    assert refused.stderr


def test_sources_command_without_database_prints_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZARYA_DATABASE_URL", "postgresql://zarya:secret@127.0.0.1:1/zarya")
    results = [zarya("sources", "poll"), zarya("sources", "list")]
    for result in results:
        assert result.exit_code == os.EX_UNAVAILABLE
        assert "secret" not in result.output

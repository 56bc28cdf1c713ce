"""Tests of notes, run by `tests/test_new_resource.py` in a copy of the repository."""

import json
from pathlib import Path

from alembic import command
from pysqlite3 import dbapi2 as sqlite3
from starlette.testclient import TestClient

import app
from app.domain.enums import Scope
from app.resources.exports.ndjson import iter_export_lines
from app.resources.exports.sqlite import write_sqlite
from tests.support.clients import client_with_key, database_of
from tests.support.databases import CreateDatabase, alembic_config
from tests.support.import_runs import import_inputs, make_input

NOTE = {"title": "Docking delayed", "body": "By one orbit.", "written_at": "2019-04-04T12:00:00Z"}


def test_note_is_written_listed_and_found(client: TestClient, tmp_path: Path) -> None:
    editor = client_with_key(client, *Scope)
    created = editor.post("/v1/notes", json=NOTE)
    assert created.status_code == 201, created.text
    assert created.headers["location"].endswith("/v1/notes/docking-delayed")
    patched = editor.patch(
        "/v1/notes/docking-delayed", json={"body": "By two orbits."}, headers={"If-Match": "*"}
    )
    assert patched.json()["version"] == 2

    (item,) = client.get("/v1/notes", params={"q": "dockings"}).json()["items"]
    assert item["slug"] == "docking-delayed"
    assert client.get("/v1/notes", params={"written_at_gte": "2020-01-01"}).status_code == 422
    (hit,) = client.get("/v1/search", params={"q": "type:note orbits"}).json()["items"]
    assert (hit["type"], hit["text"]) == ("note", "By two orbits.")
    missing = client.get("/v1/notes/none").json()["detail"]
    assert missing == "There is no note 'none'. Slugs look like docking-delayed. See /v1/notes."
    index = client.get("/", headers={"Accept": "application/json"}).json()["links"]
    assert index["notes"].endswith("/v1/notes")

    changes = client.get("/v1/changes").json()["items"]
    assert [(each["type"], each["data"]["title"]) for each in changes] == [("note", NOTE["title"])]
    entries = editor.get("/v1/audit", params={"type": "note"}).json()["items"]
    assert [each["action"] for each in entries] == ["update", "create"]

    database = database_of(client)
    with database.snapshot() as reader:
        lines = list(iter_export_lines(reader))
        write_sqlite(reader, tmp_path / "a.sqlite")
    exported = sqlite3.connect(str(tmp_path / "a.sqlite")).execute("SELECT slug FROM notes")
    assert list(exported) == [("docking-delayed",)]

    assert editor.delete("/v1/notes/docking-delayed", headers={"If-Match": "*"}).status_code == 204
    assert client.get("/v1/notes/docking-delayed").status_code == 410
    line = json.dumps(lines[0] | {"data": lines[0]["data"] | {"slug": "imported"}})
    report, rejects = import_inputs(database, "ndjson", make_input(line))
    assert (report.created, rejects) == (1, [])
    assert client.get("/v1/notes/imported").json()["body"] == "By two orbits."


def test_migration_makes_the_table_of_the_model(create_database: CreateDatabase) -> None:
    assert Path(app.__file__).is_relative_to(Path.cwd())
    config = alembic_config(create_database())
    command.upgrade(config, "head")
    command.check(config)
    command.downgrade(config, "-1")

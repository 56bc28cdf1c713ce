"""Export files: all public records and nothing else, reproducible."""

import codecs
import csv
import io
import json
from hashlib import sha256
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from pyarrow import parquet
from pysqlite3 import dbapi2 as sqlite3
from starlette.testclient import TestClient

from app.api.lists.csv import escape_formulas
from app.db.database import Database
from app.resources.exports import csv as csv_files
from app.resources.exports import file_cache, ndjson, sqlite
from app.resources.exports import parquet as parquet_files
from app.resources.exports.tables import EXPORT_TABLES
from tests.support import documents
from tests.support.clients import database_of, open_client
from tests.support.databases import CreateDatabase
from tests.support.documents import IF_MATCH_ANY
from tests.support.exports import SPREADSHEET_FORMULAS, export_ndjson
from tests.support.import_runs import import_inputs, make_input


def write_sqlite_file(database: Database, path: Path) -> Path:
    with database.snapshot() as reader:
        sqlite.write_sqlite(reader, path)
    return path


def execute_sql(path: Path, statement: str) -> list[Any]:
    connection = sqlite3.connect(str(path), isolation_level=None)
    try:
        return list(connection.execute(statement))
    finally:
        connection.close()


def count_rows(path: Path, table: str) -> int:
    """Number of rows of a table of the file."""
    ((number,),) = execute_sql(path, f"SELECT count(*) FROM {table}")  # noqa: S608 - our own names
    return int(number)


def test_sqlite_file_has_all_public_records(archive: TestClient, tmp_path: Path) -> None:
    path = write_sqlite_file(database_of(archive), tmp_path / "a.sqlite")
    for table in ("missions", "people", "launches", "articles"):
        total = archive.get(f"/v1/{table}", params={"with_total": True}).json()["total"]
        assert count_rows(path, table) == total
    total = archive.get("/v1/crew-assignments", params={"with_total": True}).json()["total"]
    assert execute_sql(path, "SELECT count(*) FROM crew_assignments") == [(total,)]
    assert execute_sql(path, "PRAGMA foreign_key_check") == []
    assert execute_sql(path, "PRAGMA integrity_check") == [("ok",)]
    assert execute_sql(path, "PRAGMA user_version") == [(2,)]
    names = [name for (name,) in execute_sql(path, "SELECT name FROM credits")]
    assert any("McDowell" in name for name in names)
    crew = (
        "SELECT p.slug FROM crew_assignments c JOIN people p ON p.id = c.person_id "
        "JOIN missions m ON m.id = c.mission_id WHERE m.slug = 'iss-59' ORDER BY c.ordinal"
    )
    crew_members = archive.get("/v1/missions/iss-59").json()["crew"]
    assert [slug for (slug,) in execute_sql(path, crew)] == [
        row["person"]["slug"] for row in crew_members
    ]


@pytest.mark.slow
def test_sqlite_file_is_reproducible(archive: TestClient, tmp_path: Path) -> None:
    database = database_of(archive)
    one, other = (write_sqlite_file(database, tmp_path / name).read_bytes() for name in ("a", "b"))
    assert one == other


def test_unpublished_articles_are_not_exported(
    editor: TestClient, database: Database, tmp_path: Path
) -> None:
    slug = editor.post("/v1/articles", json=documents.article(tags=["secret"])).json()["slug"]
    hidden = write_sqlite_file(database, tmp_path / "a.sqlite")
    assert execute_sql(hidden, "SELECT count(*) FROM articles") == [(0,)]
    assert execute_sql(hidden, "SELECT count(*) FROM article_tags") == [(0,)]
    assert slug.encode() not in hidden.read_bytes()
    editor.post(f"/v1/articles/{slug}/publish")
    published = write_sqlite_file(database, tmp_path / "b.sqlite")
    assert execute_sql(published, "SELECT slug FROM articles") == [(slug,)]
    for table in EXPORT_TABLES:
        unknown = {column.name for column in table.columns} & {"edited", "state"}
        assert not unknown


def test_sqlite_file_is_equal_from_both_databases(
    create_database: CreateDatabase, tmp_path: Path
) -> None:
    """An imported archive has the same rows except for their ids, and so the same bytes."""
    lines = json.dumps(
        {"type": "person", "data": {"name": "Yuri Example", "born_on": "1979-06-07"}, "kept": KEPT}
    )
    with open_client(create_database()) as client:
        database = database_of(client)
        import_inputs(database, "ndjson", make_input(lines))
        assert export_ndjson(database).count("\n") == 1
        path = write_sqlite_file(database, tmp_path / "a.sqlite")
    execute_sql(path, "UPDATE meta SET value = '' WHERE name = 'cursor'")
    execute_sql(path, "VACUUM")
    assert sha256(path.read_bytes()).hexdigest() == EXPECTED


KEPT = {
    "created_at": "2026-01-01T00:00:00Z",
    "updated_at": "2026-01-01T00:00:00Z",
    "version": 3,
    "edited": False,
}
EXPECTED = "62662d79ed9b112ea0b22c61ef7f9248d7d6783078e51433fe7d393fa6ccfd34"
"""SHA-256 of the file without its cursor, as written by the SQLite version in uv.lock."""


def test_exports_say_where_they_stand(
    editor: TestClient, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client continues from any export by the same cursor."""
    monkeypatch.setattr(file_cache, "_MAX_STALE_SECONDS", 0.0)
    editor.post("/v1/people", json=documents.person(slug="before"))
    path = write_sqlite_file(database, tmp_path / "a.sqlite")
    meta = dict(execute_sql(path, "SELECT name, value FROM meta"))
    with database.snapshot() as reader:
        csv_files.write_csv(reader, tmp_path, bom=False)
        parquet_files.write_parquet(reader, tmp_path)
        lines = io.StringIO()
        ndjson.write_ndjson(reader, lines)
    with (tmp_path / "meta.csv").open(newline="") as file:
        assert {row["name"]: row["value"] for row in csv.DictReader(file)} == meta
    rows = parquet.read_table(tmp_path / "meta.parquet").to_pylist()
    assert {row["name"]: row["value"] for row in rows} == meta
    assert json.loads(lines.getvalue().splitlines()[0]) == {"cursor": meta["cursor"]}
    (listed,) = editor.get("/v1/export").json()["items"]
    assert listed["cursor"] == meta["cursor"]
    assert editor.get("/v1/changes", params={"cursor": meta["cursor"]}).json()["items"] == []
    editor.post("/v1/people", json=documents.person(slug="after"))
    (change,) = editor.get("/v1/changes", params={"cursor": meta["cursor"]}).json()["items"]
    assert change["data"]["slug"] == "after"


def test_meta_describes_every_table_and_column(archive: TestClient, tmp_path: Path) -> None:
    path = write_sqlite_file(database_of(archive), tmp_path / "a.sqlite")
    meta = dict(execute_sql(path, "SELECT name, value FROM meta"))
    names = {"cursor", "schema_version"}
    for table in EXPORT_TABLES:
        names |= {table.name, *(f"{table.name}.{column.name}" for column in table.columns)}
    assert set(meta) == names
    assert all(meta.values())
    assert meta["launches.vehicle_id"] == "Id in `vehicles`."
    assert meta["people.name_ru"] == "Name in Russian."


@pytest.mark.slow
def test_csv_files_equal_sqlite_file(archive: TestClient, tmp_path: Path) -> None:
    database = database_of(archive)
    path = write_sqlite_file(database, tmp_path / "a.sqlite")
    with database.snapshot() as reader:
        number = csv_files.write_csv(reader, tmp_path / "csv")
        csv_files.write_csv(reader, tmp_path / "a.zip")
        csv_files.write_csv(reader, tmp_path / "plain", bom=False)
    counts = {}
    for table in EXPORT_TABLES:
        marked = (tmp_path / "csv" / f"{table.name}.csv").read_bytes()
        plain = (tmp_path / "plain" / f"{table.name}.csv").read_bytes()
        assert marked == codecs.BOM_UTF8 + plain
        text = plain.decode()
        cells = list(csv.reader(io.StringIO(text, newline="")))
        counts[table.name] = len(cells) - 1
        assert counts[table.name] == count_rows(path, table.name)
        assert {len(row) for row in cells} == {len(table.columns)}
    assert sum(counts.values()) == number
    with ZipFile(tmp_path / "a.zip") as archived:
        for table in EXPORT_TABLES:
            assert (
                archived.read(f"{table.name}.csv")
                == (tmp_path / "csv" / f"{table.name}.csv").read_bytes()
            )


@pytest.mark.slow
def test_parquet_files_equal_sqlite_file(archive: TestClient, tmp_path: Path) -> None:
    database = database_of(archive)
    path = write_sqlite_file(database, tmp_path / "a.sqlite")
    with database.snapshot() as reader:
        parquet_files.write_parquet(reader, tmp_path / "parquet")
    for table in EXPORT_TABLES:
        read = parquet.read_table(tmp_path / "parquet" / f"{table.name}.parquet")
        assert read.num_rows == count_rows(path, table.name)
    launches = parquet.read_table(tmp_path / "parquet" / "launches.parquet").to_pylist()
    (progress,) = (row for row in launches if row["slug"] == "progress-ms-11")
    assert progress["launch_at"].isoformat() == "2019-04-04T11:01:35+00:00"


@pytest.mark.parametrize("text", SPREADSHEET_FORMULAS)
def test_formula_cells_are_escaped(
    editor: TestClient, database: Database, tmp_path: Path, text: str
) -> None:
    assert escape_formulas(text)[0] == "'"
    note = f"{text} note"
    editor.post("/v1/launches", json=documents.launch(outcome_note=note))
    with database.snapshot() as reader:
        csv_files.write_csv(reader, tmp_path)
    written = (tmp_path / "launches.csv").read_text("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(written, newline=""))
    assert row["outcome_note"] == escape_formulas(note.strip())


@pytest.mark.parametrize("text", ["plain", "1-1", "a=b", "", "Soyuz MS-10"])
def test_plain_cells_are_unchanged(text: str) -> None:
    assert escape_formulas(text) == text


def test_deleted_record_is_not_exported(
    editor: TestClient, database: Database, tmp_path: Path
) -> None:
    slug = editor.post("/v1/people", json=documents.person()).json()["slug"]
    assert execute_sql(write_sqlite_file(database, tmp_path / "a"), "SELECT slug FROM people") == [
        (slug,)
    ]
    editor.delete(f"/v1/people/{slug}", headers=IF_MATCH_ANY)
    assert execute_sql(write_sqlite_file(database, tmp_path / "b"), "SELECT slug FROM people") == []

"""Backup and restore of both kinds of databases, and detection of damage."""

from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import func, select
from starlette.testclient import TestClient

from app.db.database import Database
from app.db.models import AuditEntry, Person, RecordChange, UserSession, Webhook
from app.domain.enums import Scope
from app.ops.backup import BackupError, _digest_tables, restore_backup, write_backup
from app.resources.write_steps import build_database
from tests.support import documents, factories
from tests.support.changes import read_changes_to_end
from tests.support.clients import client_with_key, database_of, open_client
from tests.support.databases import (
    CreateDatabase,
    alembic_config,
    find_tables_without_statistics,
)

HOOK = {"address": "https://hook.example/", "types": [], "secret": "whsec_" + "a" * 32}


def quiet(_: int) -> None:
    """Progress callback that does nothing."""


def migrated(url: str) -> Database:
    command.upgrade(alembic_config(url), "head")
    return build_database(url)


@pytest.fixture(scope="session")
def backup(archive_client: TestClient, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Backup of the embedded archive."""
    file = tmp_path_factory.mktemp("backup") / "zarya.backup"
    database = database_of(archive_client)
    assert write_backup(database, file, alembic_config(""), quiet) > 5000
    assert list(file.parent.iterdir()) == [file]
    return file


@pytest.mark.slow
def test_backup_restores_to_both_databases(
    archive: TestClient, backup: Path, create_database: CreateDatabase, tmp_path: Path
) -> None:
    """Responses are identical, and the search index is rebuilt."""
    found = ("/v1/search?q=kononenko", "/v1/search?q=konnonenko", "/v1/launches?q=progress")
    assert all(archive.get(path).json()["items"] for path in found)
    for url in (create_database(), f"sqlite:///{tmp_path}/other.db"):
        with closing(migrated(url)) as database:
            restore_backup(database, backup, alembic_config(url), quiet)
            assert find_tables_without_statistics(database) == set()
        with open_client(url) as restored:
            for path in ("/v1/missions/iss-59/page?month=2019-04", "/v1/people?view=full", *found):
                assert restored.get(path).content == archive.get(path).content


@pytest.mark.slow
def test_backup_has_every_table(client: TestClient, editor: TestClient, tmp_path: Path) -> None:
    """Including drafts, API keys, the audit log, and the sequences of deleted rows."""
    editor.post("/v1/articles", json=documents.article())
    gone = editor.post("/v1/people", json=documents.person()).json()["id"]
    key = editor.headers["Authorization"].removeprefix("Bearer ")
    client.post("/v1/session", json={"key": key}).raise_for_status()
    client.cookies.clear()
    database, file, url = database_of(client), tmp_path / "b", f"sqlite:///{tmp_path}/other.db"
    with database.session() as session:
        session.delete(session.get_one(Person, gone))
        assert session.scalars(select(UserSession)).all()
    write_backup(database, file, alembic_config(""), quiet)
    with closing(migrated(url)) as other:
        restore_backup(other, file, alembic_config(url), quiet)
        with other.snapshot() as restored, database.snapshot() as original:
            found, wanted = dict(_digest_tables(restored)), dict(_digest_tables(original))
            assert found.pop("restorations") != wanted.pop("restorations")
            if database.engine.dialect.name == "postgresql":  # its ids are specific to the database
                assert found.pop("changes") != wanted.pop("changes")
            assert found == wanted
            assert restored.scalar(select(func.count(AuditEntry.id)))
            assert restored.all(select(UserSession.key_id)) == []
        with other.session() as session:
            session.add(person := factories.person())
            session.flush()
            assert person.id > gone


@pytest.mark.slow
def test_changes_continue_after_restore(create_database: CreateDatabase, tmp_path: Path) -> None:
    """Change cursors are refused; webhooks continue with undelivered changes."""
    with open_client(create_database()) as client:
        editor = client_with_key(client, *Scope)
        _, later_changes = read_changes_to_end(editor)
        editor.post("/v1/people", json=documents.person())
        with database_of(client).session() as session:
            session.add(Webhook(**HOOK, told_transaction_id=2**40, told_seq=0))
        write_backup(database_of(client), tmp_path / "b", alembic_config(""), quiet)
    url = create_database()
    with closing(migrated(url)) as database:
        restore_backup(database, tmp_path / "b", alembic_config(url), quiet)
        with database.snapshot() as reader:
            hook = reader.first(select(Webhook.told_transaction_id, Webhook.told_seq))
            newest = reader.scalar(select(func.max(RecordChange.seq)))
            assert hook == {"told_transaction_id": 0, "told_seq": newest}
    with open_client(url) as client:
        refused = client.get(later_changes)
        assert refused.status_code == 410
        assert refused.links["start"]["url"].endswith("/v1/changes")
        _, later_changes = read_changes_to_end(client)
        made = client_with_key(client, *Scope).post("/v1/people", json=documents.person()).json()
        (change,) = client.get(later_changes).json()["items"]
        assert change["id"] == made["id"]


@pytest.mark.slow
def test_damaged_backup_is_refused(
    backup: Path, empty_sqlite_database: Database, tmp_path: Path
) -> None:
    command.upgrade(alembic_config(url := str(empty_sqlite_database.engine.url)), "head")
    content = bytearray(backup.read_bytes())
    place = content.index(b"Soyuz-FG")
    content[place : place + 8] = b"Soyuz-XX"
    for name, broken in {
        "altered": bytes(content),
        "cut": backup.read_bytes()[: len(content) // 2],
        "something else": b"no database at all" * 100,
        "empty": b"",
    }.items():
        file = tmp_path / name
        file.write_bytes(broken)
        with pytest.raises(BackupError):
            restore_backup(empty_sqlite_database, file, alembic_config(url), quiet)
    with empty_sqlite_database.snapshot() as reader:
        assert reader.scalar(select(func.count(Person.id))) == 0


def test_existing_file_and_filled_database_are_refused(
    archive: TestClient, backup: Path, client: TestClient
) -> None:
    with pytest.raises(BackupError, match="exists already"):
        write_backup(database_of(archive), backup, alembic_config(""), quiet)
    with database_of(client).session() as session:
        session.add(factories.person())
    with pytest.raises(BackupError, match="not empty"):
        restore_backup(database_of(client), backup, alembic_config(""), quiet)


@pytest.mark.slow
def test_altered_rows_are_detected_on_restore(
    backup: Path, empty_sqlite_database: Database
) -> None:
    """A trigger alters a row during the restore."""
    command.upgrade(alembic_config(url := str(empty_sqlite_database.engine.url)), "head")
    with empty_sqlite_database.engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER spoil AFTER INSERT ON people WHEN new.slug = 'oleg-kononenko' "
            "BEGIN UPDATE people SET name = 'Somebody' WHERE id = new.id; END"
        )
    with pytest.raises(BackupError, match="differs from the backup"):
        restore_backup(empty_sqlite_database, backup, alembic_config(url), quiet)
    with empty_sqlite_database.snapshot() as reader:
        assert reader.scalar(select(func.count(Person.id))) == 0

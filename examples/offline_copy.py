"""A copy of an archive in an SQLite file, kept current for as long as the program runs.

    python3 offline_copy.py http://localhost:8000 copy.db

You may stop it at any time: it continues where it was. It needs the standard library of Python,
and `following.py` beside it.
"""

import json
import sqlite3
import sys

from following import Batch, follow

SCHEMA = """
CREATE TABLE IF NOT EXISTS records (type TEXT, id INTEGER, data TEXT, PRIMARY KEY (type, id));
CREATE TABLE IF NOT EXISTS position (cursor TEXT);
"""
ALL_TYPES = ""


def apply(database: sqlite3.Connection, batch: Batch) -> None:
    """Apply changes and store the cursor after them in one transaction."""
    with database:
        if batch.is_start:
            database.execute("DELETE FROM records")
        for change in batch.changes:
            key = (change["type"], change["id"])
            if change["op"] == "delete":
                database.execute("DELETE FROM records WHERE type = ? AND id = ?", key)
            else:
                row = (*key, json.dumps(change["data"], ensure_ascii=False))
                database.execute("INSERT OR REPLACE INTO records VALUES (?, ?, ?)", row)
        database.execute("DELETE FROM position")
        database.execute("INSERT INTO position VALUES (?)", (batch.cursor,))


def main(origin: str, path: str) -> None:
    """Copy the archive of `origin` to the file `path`, and follow it."""
    database = sqlite3.connect(path)
    database.executescript(SCHEMA)
    position = database.execute("SELECT cursor FROM position").fetchone()
    for batch in follow(origin, ALL_TYPES, position[0] if position else None):
        apply(database, batch)
        if batch.is_complete:
            [(count,)] = database.execute("SELECT count(*) FROM records")
            print(f"Complete: {count} records", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])

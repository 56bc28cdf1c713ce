"""Sequences that generate primary keys: their last values, for backups."""

from sqlalchemy import Column, Connection, column, func, select, table

from app.db.database import Reader
from app.db.functions import LastSequenceValue


def get_last_sequence_value(reader: Reader, key: Column[int]) -> int | None:
    """Get the last value generated for the column `key`; None if there is none yet."""
    return reader.scalar(select(LastSequenceValue(key.table.name, key.name)))


def set_sequence_value(connection: Connection, key: Column[int], value: int | None) -> None:
    """Make the sequence of the column `key` continue after `value`."""
    if not value:  # None, or 0 on SQLite, if nothing was generated yet
        return
    name = key.table.name
    if connection.dialect.name == "postgresql":
        sequence = func.pg_get_serial_sequence(name, key.name)
        connection.execute(select(func.setval(sequence, value)))
        return
    sequences = table("sqlite_sequence", column("name"), column("seq"))
    connection.execute(sequences.delete().where(sequences.c.name == name))
    connection.execute(sequences.insert().values(name=name, seq=value))

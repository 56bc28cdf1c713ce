"""Search for secrets in the logs and databases of a service."""

import re
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

from sqlalchemy import select

from app.db.models import Base
from app.resources.write_steps import build_database

KEY_PATTERN = re.compile(rb"zarya_[a-z0-9]{8}_(\w+)")


def secret_of(key: str) -> bytes:
    """Return the secret part of an API key; the rest is its id."""
    return key.rpartition("_")[2].encode()


def stored_data(database_url: str, logs: Iterable[Path]) -> Iterator[tuple[str, bytes]]:
    """Yield names and contents of the logs, the database files and the tables."""
    for log in logs:
        yield str(log), log.read_bytes()
    if database_url.startswith("sqlite"):
        for file in Path(database_url.removeprefix("sqlite:///")).parent.glob("*.db*"):
            yield str(file), file.read_bytes()
    with closing(build_database(database_url)) as database, database.snapshot() as reader:
        for table in Base.metadata.sorted_tables:
            yield table.name, str(reader.all(select(table))).encode()


def places_with(secrets: Iterable[bytes], data: Iterable[tuple[str, bytes]]) -> list[str]:
    """Return the names of the contents that contain one of `secrets`."""
    values = set(secrets)
    return [name for name, content in data if any(secret in content for secret in values)]

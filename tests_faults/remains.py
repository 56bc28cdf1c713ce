"""What a service leaves behind: nothing in it may be a secret."""

import re
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

from sqlalchemy import select

from app.db.models import Base
from app.resources.write_steps import build_database

KEY = re.compile(rb"zarya_[a-z0-9]{8}_(\w+)")


def secret_of(key: str) -> bytes:
    """What of an API key nobody may know; the rest is its id."""
    return key.rpartition("_")[2].encode()


def remains(database_url: str, logs: Iterable[Path]) -> Iterator[tuple[str, bytes]]:
    """All that is kept, by a name: the logs, and the database as it is stored or read."""
    for log in logs:
        yield str(log), log.read_bytes()
    if database_url.startswith("sqlite"):
        for file in Path(database_url.removeprefix("sqlite:///")).parent.glob("*.db*"):
            yield str(file), file.read_bytes()
    with closing(build_database(database_url)) as database, database.snapshot() as reader:
        for table in Base.metadata.sorted_tables:
            yield table.name, str(reader.all(select(table))).encode()


def found(secrets: Iterable[bytes], kept: Iterable[tuple[str, bytes]]) -> list[str]:
    """Where one of `secrets` is kept."""
    wanted = set(secrets)
    return [name for name, content in kept if any(secret in content for secret in wanted)]

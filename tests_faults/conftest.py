"""Real servers that are broken on purpose, over the embedded archive, on either database.

On a machine that does other things too the counts decide: what was lost, cut or refused. Times are
noted for `docs/reliability.md` and only bounded where something would otherwise hang.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest
from alembic import command
from sqlalchemy import text

from app.auth import new_key
from app.database import Database
from app.dataset.load import load
from app.models import Scope
from tests.conftest import NewDatabase, alembic, new_database, postgresql
from tests.servers import QUIET, free_port, is_up, running, wait_for
from tests_faults import report
from tests_faults.remains import found, remains, secret_of

__all__ = ["new_database", "postgresql"]  # fixtures that pytest finds here

SHARE = 5 if os.environ.get("FAULTS") == "quick" else 1
"""What part of many thousand requests or writes is made: the fifth where it has to be quick."""

FIGURES = pytest.StashKey[list[report.Figure]]()


@dataclass(frozen=True)
class Service:
    """A running service, and a key that may do everything in it."""

    origin: str
    key: str
    database_url: str
    process: subprocess.Popen[bytes]
    log: Path = QUIET

    @property
    def memory(self) -> float:
        """What the process itself has in memory, in MB."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        raise LookupError(self.process.pid)


class Start(Protocol):
    """Starts a service over a database with the archive in it."""

    def __call__(self, workers: int = 1, **settings: object) -> AbstractContextManager[Service]: ...


def workers_of(pid: int) -> list[int]:
    """The processes that one has started and that serve."""
    told = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    served = {child: Path(f"/proc/{child}/cmdline") for child in told}
    return [
        int(c) for c, line in served.items() if line.exists() and b"spawn_main" in line.read_bytes()
    ]


def prepared(url: str) -> str:
    """A key to the database at `url`, which is migrated and else empty."""
    command.upgrade(alembic(url), "head")
    return _key_to(url)


def _key_to(url: str) -> str:
    with closing(Database(url, read_threads=1)) as database, database.session() as session:
        stored, key = new_key("Faults", list(Scope))
        session.add(stored)
    return key


def alter(url: str, statement: str) -> None:
    """Change the database at `url` behind the service's back."""
    with closing(Database(url, read_threads=1)) as database, database.session() as session:
        session.execute(text(statement))


@pytest.fixture(scope="session")
def archive_url(new_database: NewDatabase) -> str:
    """A database with the embedded archive."""
    url = new_database()
    command.upgrade(alembic(url), "head")
    with closing(Database(url, read_threads=1)) as database, database.session() as session:
        load(session)
    return url


@pytest.fixture(scope="session")
def logs(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder for what services over the archive tell."""
    return tmp_path_factory.mktemp("logs")


@pytest.fixture(scope="session")
def key(archive_url: str, logs: Path) -> Iterator[str]:
    """A key to the archive that may do everything; when all is over, nothing tells of it."""
    key = _key_to(archive_url)
    yield key
    assert found([secret_of(key)], remains(archive_url, logs.iterdir())) == []


@pytest.fixture
def start(archive_url: str, key: str, logs: Path) -> Start:
    """Starts services as `zarya serve` does."""

    @contextmanager
    def started(workers: int = 1, **settings: object) -> Iterator[Service]:
        # On a starved machine an answer may take long without anything being wrong.
        given = {"log_requests": False, "request_seconds": 30} | settings
        log = logs / str(len(list(logs.iterdir())))
        with running(archive_url, workers, log, **given) as (origin, process):
            yield Service(origin, key, archive_url, process, log)

    return started


@pytest.fixture
def start_plain(archive_url: str, key: str) -> Start:
    """Starts the same application behind plain uvicorn, to see what our own bounds are for."""

    @contextmanager
    def started(workers: int = 1, **settings: object) -> Iterator[Service]:
        port = free_port()
        arguments = ["app.main:create_app", "--factory", "--http=httptools", f"--port={port}"]
        env = os.environ | {"ZARYA_DATABASE_URL": archive_url, "ZARYA_LOG_REQUESTS": "false"}
        quiet = subprocess.DEVNULL
        with subprocess.Popen(
            [sys.executable, "-m", "uvicorn", *arguments], env=env, stdout=quiet, stderr=quiet
        ) as process:
            try:
                origin = f"http://127.0.0.1:{port}"
                wait_for(lambda: is_up(origin), 60)
                yield Service(origin, key, archive_url, process)
            finally:
                process.kill()

    return started


class Note(Protocol):
    """Notes a figure for the document."""

    def __call__(self, fault: str, done: str, counts: str, times: str = "") -> None: ...


@pytest.fixture
def note(request: pytest.FixtureRequest) -> Note:
    """Notes what came of a fault, on the database of this test."""

    def noted(fault: str, done: str, counts: str, times: str = "") -> None:
        callspec = getattr(request.node, "callspec", None)
        database = callspec.params.get("new_database", "") if callspec else ""
        made = report.Figure(request.node.name, fault, database, done, counts, times)
        request.config.stash[FIGURES].append(made)

    return noted


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--report", help="the document whose table is rewritten")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[FIGURES] = []


def pytest_sessionfinish(session: pytest.Session) -> None:
    figures = session.config.stash[FIGURES]
    document = session.config.getoption("--report")
    if document and figures:
        kept = Path("var/faults.json")
        kept.parent.mkdir(exist_ok=True)
        known = json.loads(kept.read_text()) if kept.exists() else []
        merged = report.merged([report.Figure(**each) for each in known], figures)
        kept.write_text(json.dumps([vars(each) for each in merged], indent=1))
        report.rewrite(Path(document), merged)

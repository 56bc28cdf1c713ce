"""Real servers for tests: the service itself in a process of its own, and a listener for it."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import randrange
from threading import Thread
from time import monotonic, sleep

import httpx2 as httpx

QUIET = Path(os.devnull)
ZARYA = str(Path(sys.executable).parent / "zarya")


@contextmanager
def serving(database_url: str, workers: int = 1, **settings: object) -> Iterator[str]:
    """The service over a migrated database, on a port of its own; its address."""
    with running(database_url, workers, QUIET, **settings) as (origin, _):
        yield origin


@contextmanager
def running(
    database_url: str, workers: int = 1, log: Path = QUIET, **settings: object
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """The same, and its process; `settings` by their names, such as `rate_limit`."""
    port = free_port()
    origin = f"http://127.0.0.1:{port}"
    env = os.environ | {
        "ZARYA_DATABASE_URL": database_url,
        "ZARYA_PUBLIC_URL": origin,
        "ZARYA_PRIVATE_TARGETS": "true",
        "ZARYA_DRAIN_SECONDS": "0",
        "ZARYA_WRONG_KEYS": "0",
    }
    env |= {f"ZARYA_{name.upper()}": str(value) for name, value in settings.items()}
    command = [ZARYA, "serve", "--port", str(port), "--workers", str(workers)]
    with (
        log.open("ab") as told,
        subprocess.Popen(command, env=env, stdout=told, stderr=told) as process,
    ):
        try:
            wait_for(lambda: is_up(origin) or process.poll() is not None, 60)
            assert process.poll() is None, "it has ended"
            yield origin, process
        finally:
            process.terminate()
            process.wait(60)


def free_port() -> int:
    """A port that nobody listens at, and that no connection of ours will be given."""
    while is_listening(port := randrange(20_000, 32_000)):  # another suite may run beside this one
        pass
    return port


def is_listening(port: int) -> bool:
    """Whether somebody listens at `port`."""
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) == 0


def is_up(origin: str) -> bool:
    """Whether the service answers."""
    try:
        return httpx.get(f"{origin}/health/ready").status_code == 200
    except httpx.TransportError:
        return False


def wait_for(what: Callable[[], object], seconds: float) -> None:
    """Wait until `what` holds; fail when it does not in time."""
    until = monotonic() + seconds
    while not what():
        assert monotonic() < until, "it did not come in time"
        sleep(0.05)


def other_end(connection: socket.socket) -> str:
    """The process on this machine that `connection` leads to, by its id."""
    port = f":{connection.getsockname()[1]:04X}"
    rows = map(str.split, Path("/proc/net/tcp").read_text().splitlines())
    # What is closed stays in the table for a minute, without an inode.
    inode = next(row[9] for row in rows if row[2].endswith(port) and row[9] != "0")
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        with suppress(OSError):  # it has been closed meanwhile
            if str(link.readlink()) == f"socket:[{inode}]":
                return link.parts[2]
    raise LookupError(inode)


class Hook:
    """A listener for webhooks: it keeps what it is sent, and answers as it is told."""

    def __init__(self) -> None:
        self.messages: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []
        """The statuses of the next answers; 204 when there are no more."""
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hook.messages.append((dict(self.headers.items()), body))
                self.send_response(hook.answers.pop(0) if hook.answers else 204)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Keep quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        self.server.shutdown()
        self.server.server_close()


@contextmanager
def hooked() -> Iterator[Hook]:
    """A listener for webhooks."""
    hook = Hook()
    yield hook
    hook.close()

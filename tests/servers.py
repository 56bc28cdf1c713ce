"""Real servers for tests: the service itself in a process of its own, and a listener for it."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from time import monotonic, sleep

import httpx2 as httpx

ZARYA = str(Path(sys.executable).parent / "zarya")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def serving(database_url: str, workers: int = 1) -> Iterator[str]:
    """The service over a migrated database, on a port of its own; its address."""
    port = free_port()
    origin = f"http://127.0.0.1:{port}"
    env = os.environ | {
        "ZARYA_DATABASE_URL": database_url,
        "ZARYA_PUBLIC_URL": origin,
        "ZARYA_PRIVATE_TARGETS": "true",
    }
    command = [ZARYA, "serve", "--port", str(port), "--workers", str(workers)]
    with subprocess.Popen(command, env=env, stderr=subprocess.DEVNULL) as process:
        try:
            wait_for(lambda: is_up(origin), 20)
            yield origin
        finally:
            process.terminate()
            process.wait(20)


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

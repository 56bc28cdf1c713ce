"""The service in a process of its own, for browser tests and screenshots."""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

HOST = "127.0.0.1"
ZARYA_COMMAND = str(Path(sys.executable).with_name("zarya"))


@dataclass(frozen=True)
class Server:
    """Running service over the embedded archive, in an SQLite file of its own."""

    origin: str
    environment: dict[str, str]

    @property
    def database(self) -> Path:
        """File of the database."""
        return Path(self.environment["ZARYA_DATABASE_URL"].removeprefix("sqlite:///"))

    def create_key(self, *scopes: str, role: str = "", name: str = "Test") -> str:
        """Create an API key with `scopes`, or with a role."""
        options = [option for scope in scopes for option in ("--scope", scope)]
        options += ["--role", role] if role else []
        command = [ZARYA_COMMAND, "keys", "create", "--name", name, *options]
        result = subprocess.run(  # noqa: S603 - our own command
            command, env=self.environment, check=True, capture_output=True, text=True
        )
        return result.stdout.split()[-1]

    def copy_database(self, folder: Path) -> None:
        """Copy the database, as it is now, into `folder`."""
        with (
            closing(sqlite3.connect(self.database)) as source,
            closing(sqlite3.connect(database_in(folder))) as copy,
        ):
            source.backup(copy)

    def post(self, path: str, key: str, document: dict[str, object]) -> Any:
        """POST a JSON document; returns the response body."""
        return self.send("POST", path, key, json.dumps(document).encode())

    def send(
        self, method: str, path: str, key: str, body: bytes, media_type: str = "application/json"
    ) -> Any:
        """Write, whatever the version of a record is; returns the response body, None if empty."""
        headers = {"Authorization": f"Bearer {key}", "Content-Type": media_type, "If-Match": "*"}
        request = Request(f"{self.origin}{path}", body, headers, method=method)  # noqa: S310 - an address of our own
        with urlopen(request) as response:  # noqa: S310 - an address of our own
            return json.loads(response.read() or "null")


def get_json(origin: str, path: str) -> Any:
    """GET a JSON document."""
    with urlopen(f"{origin}{path}") as response:  # noqa: S310 - an address of our own
        return json.load(response)


def database_in(folder: Path) -> Path:
    """File of the database of a server that runs in `folder`."""
    return folder / "archive.db"


@contextmanager
def run_server(folder: Path, **settings: str) -> Iterator[Server]:
    """Run the service with its database in `folder`, and with `settings`.

    Its public URL differs from its origin, as behind a proxy, so that a page that wrongly sends
    requests to the public URL fails. An empty `ZARYA_PUBLIC_URL` makes it the origin.
    """
    with socket.socket() as free:
        free.bind((HOST, 0))
        port = free.getsockname()[1]
    environment = os.environ | {
        "ZARYA_DATABASE_URL": f"sqlite:///{database_in(folder)}",
        "ZARYA_PUBLIC_URL": "https://zarya.example",
        **settings,
    }
    if not environment["ZARYA_PUBLIC_URL"]:
        del environment["ZARYA_PUBLIC_URL"]
    command = [ZARYA_COMMAND, "serve", "--prepare", "--port", str(port)]
    with subprocess.Popen(command, env=environment) as server:  # noqa: S603 - our own command
        try:
            # Built before pages read it, which may take longer than they wait on a busy machine.
            wait_for(f"http://{HOST}:{port}/openapi.json", server)
            yield Server(f"http://{HOST}:{port}", environment)
        finally:
            server.send_signal(signal.SIGTERM)


def wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    """Wait until `url` answers. Raises TimeoutError if `server` ends, or takes too long."""
    deadline = time.monotonic() + 100
    while server.poll() is None and time.monotonic() < deadline:
        try:
            urlopen(url).close()  # noqa: S310 - an address of our own
        except URLError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(url)


@contextmanager
def serve(content: str, media_type: str = "text/html") -> Iterator[str]:
    """Serve `content` on another port; yields its URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", media_type)
            self.end_headers()
            self.wfile.write(content.encode())

        def log_message(self, *_arguments: object) -> None:
            """Write nothing."""

    with ThreadingHTTPServer((HOST, 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://{HOST}:{server.server_port}/"
        server.shutdown()

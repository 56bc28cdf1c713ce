"""An S3-compatible server (moto) on a loopback port, with buckets for tests.

Moto is imported where it is used: that takes two seconds of each process that collects tests.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from importlib import import_module
from itertools import count
from socket import SHUT_RDWR, create_server, socket
from threading import Thread
from typing import Self

import httpx2 as httpx
import pytest

_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "zarya",
    "AWS_SECRET_ACCESS_KEY": "secret-of-the-tests",
    "AWS_REGION": "us-east-1",
}

CreateBucket = Callable[[], str]
"""Create an empty bucket. Returns its URL, for `ZARYA_MEDIA_URL`."""


@pytest.fixture(scope="session")
def create_bucket() -> Iterator[CreateBucket]:
    """Buckets of a server whose address and keys are in the environment."""
    module = import_module("moto.moto_server.threaded_moto_server")
    server = module.ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    endpoint = "http://{}:{}".format(*server.get_host_and_port())
    numbers = count()

    def create() -> str:
        name = f"pictures-{os.getpid()}-{next(numbers)}"
        assert httpx.put(f"{endpoint}/{name}").status_code == 200
        return f"s3://{name}/archive"

    with pytest.MonkeyPatch.context() as patch:
        for variable, value in {**_ENVIRONMENT, "AWS_ENDPOINT_URL": endpoint}.items():
            patch.setenv(variable, value)
        yield create
    server.stop()


def set_age_of_objects(url: str, part: str, seconds: float) -> None:
    """Set the time since the objects of a bucket with `part` in their keys were written."""
    name = url.split("/")[2]
    written_at = datetime.fromtimestamp(datetime.now(UTC).timestamp() - seconds, UTC)
    backend = import_module("moto.s3.models").s3_backends["123456789012"]["aws"]
    for key, stored in backend.buckets[name].keys.items():
        if part in key:
            stored.last_modified = written_at.replace(tzinfo=None)


class SilentServer:
    """Server that accepts connections and sends nothing, until it is closed."""

    def __init__(self) -> None:
        self._listener = create_server(("127.0.0.1", 0))
        self.endpoint = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.connections: list[socket] = []
        self._thread = Thread(target=self._accept, daemon=True)
        self._thread.start()

    def _accept(self) -> None:
        with suppress(OSError):  # closed
            while True:
                self.connections.append(self._listener.accept()[0])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Close all connections. Requests fail from then on."""
        self._listener.shutdown(SHUT_RDWR)
        self._thread.join()
        for each in (self._listener, *self.connections):
            each.close()

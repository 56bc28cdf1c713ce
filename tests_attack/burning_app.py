"""ASGI application whose handler holds the event loop: the positive control of measurements."""

import os
from time import thread_time

from starlette.types import Receive, Scope, Send

BURN_MS = int(os.environ["BURN_MS"])


async def application(scope: Scope, _receive: Receive, send: Send) -> None:
    """Answer 200 to `/health/live` at once, and to other paths after BURN_MS of CPU time."""
    end = thread_time() + BURN_MS / 1000
    while scope["path"] != "/health/live" and thread_time() < end:
        pass
    body = b'{"paths": {}}'
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})

"""ASGI application whose requests hold the event loop: reference and control of measurements."""

import os

from starlette.types import Receive, Scope, Send

BURN_ROUNDS = int(os.environ["BURN_ROUNDS"])


async def application(scope: Scope, _receive: Receive, send: Send) -> None:
    """Answer 200 to `/health/live` at once, and to other paths after BURN_ROUNDS of a loop."""
    if scope["path"] != "/health/live":
        for _ in range(BURN_ROUNDS):
            pass
    body = b'{"paths": {}}'
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})

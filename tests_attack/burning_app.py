"""ASGI application whose handler holds the event loop: the positive control of measurements."""

from time import perf_counter

from starlette.types import Receive, Scope, Send

BURN_SECONDS = 0.1


async def application(scope: Scope, _receive: Receive, send: Send) -> None:
    """Answer 200 to `/health/live` at once, and to other paths after BURN_SECONDS of CPU time."""
    end = perf_counter() + BURN_SECONDS
    while scope["path"] != "/health/live" and perf_counter() < end:
        pass
    body = b'{"paths": {}}'
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})

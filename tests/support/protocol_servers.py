"""A small ASGI application served in a thread, for tests of the HTTP protocol alone."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn import Config, Server

from app.http.protocol import LimitedHttpProtocol
from tests.support.servers import free_port, is_listening, wait_for

SLOW_SECONDS = 0.6


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer 413 at once to `/refuse`, the size of the body to `/body`, and 200 to others.

    `/slow` takes SLOW_SECONDS.
    """
    status, content = 200, b"ok"
    if scope["path"] == "/refuse":
        status = 413
    elif scope["path"] == "/slow":
        await asyncio.sleep(SLOW_SECONDS)
    elif scope["path"] == "/body":
        size, more = 0, True
        while more:
            message: Message = await receive()
            if message["type"] == "http.disconnect":
                return
            size += len(message["body"])
            more = message["more_body"]
        content = str(size).encode()
    headers = [(b"content-length", str(len(content)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})


@contextmanager
def serve_in_thread(
    protocol: type[LimitedHttpProtocol] = LimitedHttpProtocol, app: ASGIApp = application
) -> Iterator[str]:
    """Serve `app` on a free port with `protocol`; yields its origin."""
    port = free_port()
    config = Config(
        app,
        port=port,
        http=protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        proxy_headers=False,
    )
    server = Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        wait_for(lambda: is_listening(port), 20)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()

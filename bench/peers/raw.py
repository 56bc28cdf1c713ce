"""Upper bound: an ASGI application that returns recorded responses from a dict."""

import json
import os
from base64 import b64decode
from pathlib import Path

from starlette.types import Receive, Scope, Send

_RESPONSES = {
    path.encode(): (
        {
            "type": "http.response.start",
            "status": status,
            "headers": [(name.encode(), value.encode()) for name, value in headers],
        },
        {"type": "http.response.body", "body": b64decode(body)},
    )
    for path, (status, headers, body) in json.loads(
        Path(os.environ["BENCH_RESPONSES"]).read_text()
    ).items()
}


async def app(scope: Scope, _receive: Receive, send: Send) -> None:
    """Send the response recorded for the path."""
    if scope["type"] != "http":
        return
    start, body = _RESPONSES[scope["raw_path"]]
    await send(start)
    await send(body)

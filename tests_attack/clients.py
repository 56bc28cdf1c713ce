"""Clients that send uploads: those of Python, curl, and fetch of Node and Chromium."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import requests
from playwright.sync_api import Browser, Page

from tests.support.uploads import PYTHON_CLIENTS, TIMEOUT_SECONDS, SendUpload, Upload

SendAll = Callable[[str, Sequence[Upload]], list[int]]
"""Send uploads one after another; statuses of the responses, 0 without one."""

NODE_COMMAND = str(Path(sys.executable).with_name("node"))

_FETCH = """async ({origin, uploads}) => {
  const statuses = [];
  for (const {path, headers, size, chunked, pause} of uploads) {
    async function* parts() {
      for (let start = 0; start < size; start += 65536) {
        if (start && pause) await new Promise((resolve) => setTimeout(resolve, pause * 1000));
        yield new Uint8Array(Math.min(65536, size - start));
      }
    }
    const body = chunked ? ReadableStream.from(parts()) : new Uint8Array(size);
    try {
      const response = await fetch(origin + path, {method: "POST", headers, body, duplex: "half"});
      await response.text();
      statuses.push(response.status);
    } catch {
      statuses.push(0);
    }
  }
  return statuses;
}"""


def _arguments(origin: str, uploads: Sequence[Upload]) -> dict[str, object]:
    rows = [
        {
            "path": upload.path,
            "headers": {**upload.headers, "Content-Type": "application/json"},
            "size": upload.size,
            "chunked": upload.chunked,
            "pause": upload.pause_seconds,
        }
        for upload in uploads
    ]
    return {"origin": origin, "uploads": rows}


def send_by_requests(origin: str, upload: Upload) -> int:
    """Status of the response to requests; 0 without one."""
    try:
        return requests.post(
            origin + upload.path,
            data=upload.parts() if upload.chunked else b"".join(upload.parts()),
            headers=upload.headers | {"Content-Type": "application/json"},
            timeout=TIMEOUT_SECONDS,
        ).status_code
    except requests.RequestException:
        return 0


def send_by_curl(origin: str, upload: Upload) -> int:
    """Status of the response to curl, which reads the body from a pipe; 0 without one."""
    headers = {**upload.headers, "Content-Type": "application/json"}
    options = [option for each in headers.items() for option in ("--header", ": ".join(each))]
    # Chunks for a file of unknown length; data are read completely first.
    body = ["--upload-file", "-"] if upload.chunked else ["--data-binary", "@-"]
    command = ["curl", "--silent", "--http1.1", "--request", "POST", *options, *body]
    output = ["--output", "/dev/null", "--write-out", "%{http_code}"]
    with subprocess.Popen(
        [*command, *output, origin + upload.path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        # It stops reading when it has a response, or has failed.
        with suppress(BrokenPipeError):
            for part in upload.parts():
                process.stdin.write(part)
        with suppress(BrokenPipeError):
            process.stdin.close()
        status = process.stdout.read()
        return int(status) if process.wait(TIMEOUT_SECONDS) == 0 else 0


def _one_by_one(send: SendUpload) -> SendAll:
    return lambda origin, uploads: [send(origin, upload) for upload in uploads]


def send_by_node(origin: str, uploads: Sequence[Upload]) -> list[int]:
    """Statuses of the responses to fetch in Node."""
    script = (
        f"const send = {_FETCH}; let text = '';"
        "for await (const part of process.stdin) text += part;"
        "console.log(JSON.stringify(await send(JSON.parse(text))))"
    )
    result = subprocess.run(
        [NODE_COMMAND, "--input-type=module", "--eval", script],
        input=json.dumps(_arguments(origin, uploads)).encode(),
        stdout=subprocess.PIPE,
        check=True,
    )
    statuses: list[int] = json.loads(result.stdout)
    return statuses


@contextmanager
def open_blank_page(browser: Browser, origin: str) -> Iterator[Page]:
    """Open an empty page of `origin`, without a request to the server."""
    with browser.new_page() as page:
        page.route(
            f"{origin}/blank", lambda route: route.fulfill(body="", content_type="text/html")
        )
        page.goto(f"{origin}/blank")
        page.unroute_all()  # otherwise bodies pass through Playwright
        yield page


def chromium_client(browser: Browser) -> SendAll:
    """Client that uses fetch in `browser`; it cannot send chunks, so it sends whole bodies."""

    def send(origin: str, uploads: Sequence[Upload]) -> list[int]:
        with open_blank_page(browser, origin) as page:
            whole = [upload._replace(chunked=False) for upload in uploads]
            statuses: list[int] = page.evaluate(_FETCH, _arguments(origin, whole))
            return statuses

    return send


SINGLE_CLIENTS: dict[str, SendUpload] = {
    **PYTHON_CLIENTS,
    "requests": send_by_requests,
    "curl": send_by_curl,
}
CLIENTS: dict[str, SendAll] = {
    **{name: _one_by_one(send) for name, send in SINGLE_CLIENTS.items()},
    "Node": send_by_node,
}
"""Clients without Chromium, which needs a browser; see `chromium_client`."""

"""Checks of the service behind nginx as a caching proxy: hits, validation, variants, expiry."""

import gzip
import http.client
import json
import re
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from string import Template
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import brotli
import zstandard
from sqlalchemy import select

from app.db.models import Launch, Payload
from app.resources.write_steps import build_database
from contract.servers import Failed, free_port, running

TEMPLATE = Path(__file__).parent / "nginx.conf.template"
MAX_AGE_LIMIT_SECONDS = 60
MISSION = "/v1/missions/iss-59"
LAUNCH = "/v1/launches/progress-ms-11"
LAUNCHES = "/v1/launches?limit=100"


@dataclass(frozen=True)
class HttpResponse:
    """HTTP response, its body still encoded."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def cache_status(self) -> str:
        """Cache status of the proxy: HIT, MISS, EXPIRED, REVALIDATED…"""
        return self.headers.get("x-cache-status", "")

    @property
    def max_age(self) -> int:
        """`max-age` in seconds, or 0."""
        found = re.search(r"max-age=(\d+)", self.headers.get("cache-control", ""))
        return int(found[1]) if found else 0

    def decoded_body(self) -> bytes:
        """Return the body without its content coding."""
        match self.headers.get("content-encoding"):
            case None:
                return self.body
            case "gzip":
                return gzip.decompress(self.body)
            case "br":
                decoded: bytes = brotli.decompress(self.body)
                return decoded
            case "zstd":
                return zstandard.ZstdDecompressor().decompressobj().decompress(self.body)
            case other:
                raise Failed(f"unexpected content coding {other}")


def get(origin: str, path: str, **headers: str) -> HttpResponse:
    """Send a GET without a client cache. `if_none_match="…"` sends `If-None-Match`."""
    with closing(http.client.HTTPConnection(urlsplit(origin).netloc, timeout=10)) as connection:
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request("GET", path, headers={"accept-encoding": "identity", **fields})
        response = connection.getresponse()
        found = {name.lower(): value for name, value in response.getheaders()}
        return HttpResponse(response.status, found, response.read())


def expect(holds: bool, claim: str, response: HttpResponse) -> None:
    """Raise Failed with `claim` and the response head unless `holds` is true."""
    if not holds:
        head = "\n".join(f"  {name}: {value}" for name, value in response.headers.items())
        raise Failed(f"{claim}\n  {response.status}\n{head}")


@contextmanager
def proxied(origin: str, folder: Path) -> Iterator[tuple[str, str]]:
    """Run nginx, and yield the URLs of a proxy for `origin` and of one for a faulty server."""
    folder.mkdir()
    nginx = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
    if nginx is None:
        raise Failed("nginx is not installed. Debian's package is sufficient.")
    with server_without_vary() as control:
        port, control_port = free_port(), free_port()
        config = folder / "nginx.conf"
        config.write_text(
            Template(TEMPLATE.read_text()).substitute(
                folder=folder, port=port, origin=origin, control_port=control_port, control=control
            )
        )
        command = [nginx, "-c", str(config), "-e", str(folder / "error.log")]
        proxy = f"http://127.0.0.1:{port}"
        with running(command, folder / "nginx.log", f"{proxy}/openapi.json"):
            yield proxy, f"http://127.0.0.1:{control_port}"


class _NoVaryHandler(BaseHTTPRequestHandler):
    """Handler that compresses on request but omits the `Vary` header."""

    def do_GET(self) -> None:
        body = b'{"items": []}'
        compress = "gzip" in self.headers.get("Accept-Encoding", "")
        self.send_response(200)
        self.send_header("Cache-Control", "public, max-age=60")
        if compress:
            body = gzip.compress(body)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        """Do not log."""


@contextmanager
def server_without_vary() -> Iterator[str]:
    """Run a server that omits the `Vary` header, and yield its URL."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _NoVaryHandler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def check_hit(proxy: str) -> None:
    """The second response comes from the cache and equals the first."""
    first, second = get(proxy, MISSION), get(proxy, MISSION)
    expect(
        first.status == 200 and first.cache_status == "MISS",
        "the first response comes from the origin",
        first,
    )
    expect(second.cache_status == "HIT", "the second response comes from the cache", second)
    expect(second.body == first.body, "the cached body is the same", second)
    for name in ("etag", "cache-control", "vary", "content-type", "last-modified"):
        expect(name in first.headers, f"the header {name} is present", first)
        expect(
            second.headers.get(name) == first.headers[name],
            f"the cached {name} is the same",
            second,
        )


def check_conditional(origin: str, proxy: str) -> None:
    """Service and proxy send 304 for a matching ETag, and 200 for any other."""
    for server in (origin, proxy):
        whole = get(server, MISSION)
        for tag in (whole.headers["etag"], f'"other", {whole.headers["etag"]}', "*"):
            response = get(server, MISSION, if_none_match=tag)
            expect(response.status == 304, f"304 for If-None-Match: {tag}", response)
            expect(response.body == b"", "304 has no body", response)
            for name in ("etag", "cache-control", "vary"):
                same = response.headers.get(name) == whole.headers[name]
                expect(same, f"304 has the same {name}", response)
        for tag in ('W/"other"', "malformed"):
            response = get(server, MISSION, if_none_match=tag)
            expect(response.status == 200, f"200 for If-None-Match: {tag}", response)
    whole = get(proxy, MISSION, accept_encoding="br")
    response = get(proxy, MISSION, accept_encoding="gzip", if_none_match=whole.headers["etag"])
    expect(response.status == 304, "the ETag is the same for every coding", response)


def check_codings(proxy: str, path: str, codings: tuple[str, ...]) -> int:
    """Every client gets a coding that it accepts and the same text, whatever is cached.

    Returns the number of responses.
    """
    texts: dict[str, Any] = {}
    count = 0
    for _round in range(3):
        for coding in codings:
            response = get(proxy, path, accept_encoding=coding)
            got = response.headers.get("content-encoding", "identity")
            expect(got == coding, f"{path} is encoded as {coding}", response)
            texts[coding] = json.loads(response.decoded_body())
            count += 1
        expect(response.cache_status == "HIT", "variants are cached", response) if _round else None
    expect(
        all(text == texts["identity"] for text in texts.values()),
        "all codings have the same text",
        response,
    )
    return count


def check_errors(proxy: str) -> None:
    """Errors are not cached."""
    for path in ("/v1/missions/iss-0", "/v1/missions?limit=0", "/v1/nothing"):
        for _ in range(2):
            response = get(proxy, path)
            expect(400 <= response.status < 500, "an error status", response)
            expect(response.cache_status != "HIT", f"the error at {path} is not cached", response)


def check_change(origin: str, proxy: str, database_url: str) -> float:
    """A change is visible after `max-age`. Unchanged resources are revalidated.

    Returns the waiting time in seconds.
    """
    paths = LAUNCH, LAUNCHES
    old = {path: get(proxy, path) for path in paths}
    still = get(proxy, MISSION + "/crew")
    start = time.monotonic()
    note = "Docked after two orbits. Changed by the cache check."
    with closing(build_database(database_url)) as database, database.session() as session:
        spacecraft = select(Payload.launch_id).where(Payload.slug == "progress-ms-11")
        launch = session.scalars(select(Launch).where(Launch.id.in_(spacecraft))).one()
        launch.outcome_note = note
    longest = max(response.max_age for response in [still, *old.values()])
    for path in paths:
        fresh, cached = get(origin, path), get(proxy, path)
        expect(fresh.headers["etag"] != old[path].headers["etag"], "a new ETag", fresh)
        expect(
            cached.cache_status == "HIT" and cached.body == old[path].body,
            "cached until max-age expires",
            cached,
        )
        expect(0 < cached.max_age <= MAX_AGE_LIMIT_SECONDS, "max-age is at most a minute", cached)
    time.sleep(max(0.0, start + longest + 1 - time.monotonic()))
    waited = time.monotonic() - start
    for path in paths:
        new = get(proxy, path)
        expect(new.cache_status == "EXPIRED", "the cache asks the origin after max-age", new)
        expect(new.body == get(origin, path).body, "the change is visible", new)
        expect(new.headers["etag"] != old[path].headers["etag"], "a new ETag", new)
    expect(
        json.loads(get(proxy, LAUNCH).body)["outcome_note"] == note, "the change is visible", new
    )
    same = get(proxy, MISSION + "/crew")
    expect(same.cache_status == "REVALIDATED", "an unchanged resource is revalidated by 304", same)
    expect(same.body == still.body, "an unchanged resource has the same body", same)
    return waited


def check_control(control: str) -> None:
    """Control: `check_codings` fails for a server that omits `Vary`."""
    try:
        check_codings(control, "/", ("gzip", "identity"))
    except (Failed, ValueError):
        return
    raise Failed("check_codings did not detect a missing Vary header")


def check(origin: str, database_url: str, folder: Path) -> str:
    """Run all checks and return a summary."""
    with proxied(origin, folder) as (proxy, control):
        check_hit(proxy)
        check_conditional(origin, proxy)
        codings = "identity", "gzip", "br", "zstd"
        variants = sum(check_codings(proxy, path, codings) for path in (MISSION, LAUNCHES))
        check_errors(proxy)
        check_control(control)
        waited = check_change(origin, proxy, database_url)
    return f"{variants} responses in {len(codings)} codings, a change visible within {waited:.0f} s"

"""nginx as a caching proxy before the service: what it may keep, for how long, and for whom."""

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

from app.db.models import Launch, Spacecraft
from app.resources.write_steps import build_database
from contract.servers import Failed, free_port, running

TEMPLATE = Path(__file__).parent / "nginx.conf.template"
LONGEST_WAIT = 60
MISSION = "/v1/missions/iss-59"
LAUNCH = "/v1/launches/progress-ms-11"
LAUNCHES = "/v1/launches?limit=100"


@dataclass(frozen=True)
class Answer:
    """What came back, its body as it was sent."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def cached(self) -> str:
        """What the proxy says about it: HIT, MISS, EXPIRED, REVALIDATED…"""
        return self.headers.get("x-cache-status", "")

    @property
    def max_age(self) -> int:
        """For how many seconds it may be used without asking."""
        found = re.search(r"max-age=(\d+)", self.headers.get("cache-control", ""))
        return int(found[1]) if found else 0

    def text(self) -> bytes:
        """The body, decoded."""
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
                raise Failed(f"nobody asked for the coding {other}")


def get(origin: str, path: str, **headers: str) -> Answer:
    """GET as a client without a cache of its own; `if_none_match="…"` sends If-None-Match."""
    with closing(http.client.HTTPConnection(urlsplit(origin).netloc, timeout=10)) as connection:
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request("GET", path, headers={"accept-encoding": "identity", **fields})
        response = connection.getresponse()
        found = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, found, response.read())


def expect(holds: bool, claim: str, answer: Answer) -> None:
    """Fail with `claim` and the answer's head unless it `holds`."""
    if not holds:
        head = "\n".join(f"  {name}: {value}" for name, value in answer.headers.items())
        raise Failed(f"{claim}\n  {answer.status}\n{head}")


@contextmanager
def proxied(origin: str, folder: Path) -> Iterator[tuple[str, str]]:
    """The addresses of nginx before `origin`, and of nginx before a faulty server."""
    folder.mkdir()
    nginx = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
    if nginx is None:
        raise Failed("nginx is not installed; Debian's package will do")
    with forgetful() as control:
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


class _Forgetful(BaseHTTPRequestHandler):
    """Compresses for those who accept it, and does not say Vary."""

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
        """Say nothing."""


@contextmanager
def forgetful() -> Iterator[str]:
    """The address of a server that forgets to say Vary."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Forgetful)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def check_hit(proxy: str) -> None:
    """The second read comes from the cache, the same in all that matters."""
    first, second = get(proxy, MISSION), get(proxy, MISSION)
    expect(first.status == 200 and first.cached == "MISS", "the first read is the origin's", first)
    expect(second.cached == "HIT", "the second read is the cache's", second)
    expect(second.body == first.body, "the cache answers the same", second)
    for name in ("etag", "cache-control", "vary", "content-type", "last-modified"):
        expect(name in first.headers, f"there is a header {name}", first)
        expect(second.headers.get(name) == first.headers[name], f"{name} is kept", second)


def check_conditional(origin: str, proxy: str) -> None:
    """Who has the answer gets 304 from either, by the same ETag; others get it whole."""
    for server in (origin, proxy):
        whole = get(server, MISSION)
        for tag in (whole.headers["etag"], f'"other", {whole.headers["etag"]}', "*"):
            answer = get(server, MISSION, if_none_match=tag)
            expect(answer.status == 304, f"304 for If-None-Match: {tag}", answer)
            expect(answer.body == b"", "304 has no body", answer)
            for name in ("etag", "cache-control", "vary"):
                same = answer.headers.get(name) == whole.headers[name]
                expect(same, f"304 has the same {name}", answer)
        for tag in ('W/"other"', "malformed"):
            answer = get(server, MISSION, if_none_match=tag)
            expect(answer.status == 200, f"200 for If-None-Match: {tag}", answer)
    whole = get(proxy, MISSION, accept_encoding="br")
    answer = get(proxy, MISSION, accept_encoding="gzip", if_none_match=whole.headers["etag"])
    expect(answer.status == 304, "one ETag serves every coding", answer)


def check_codings(proxy: str, path: str, codings: tuple[str, ...]) -> int:
    """Whatever the cache has already, each client gets a coding it accepts, of the same text."""
    texts: dict[str, Any] = {}
    answers = 0
    for _round in range(3):
        for coding in codings:
            answer = get(proxy, path, accept_encoding=coding)
            got = answer.headers.get("content-encoding", "identity")
            expect(got == coding, f"{path} comes as {coding}", answer)
            texts[coding] = json.loads(answer.text())
            answers += 1
        expect(answer.cached == "HIT", "variants are kept", answer) if _round else None
    expect(all(text == texts["identity"] for text in texts.values()), "one text", answer)
    return answers


def check_errors(proxy: str) -> None:
    """An error does not stay: who comes after it asks anew."""
    for path in ("/v1/missions/iss-0", "/v1/missions?limit=0", "/v1/nothing"):
        for _ in range(2):
            answer = get(proxy, path)
            expect(400 <= answer.status < 500, "an error", answer)
            expect(answer.cached != "HIT", f"the error at {path} is not kept", answer)


def check_change(origin: str, proxy: str, database_url: str) -> float:
    """A change shows as soon as max-age is over; what has not changed is not sent again."""
    paths = LAUNCH, LAUNCHES
    old = {path: get(proxy, path) for path in paths}
    still = get(proxy, MISSION + "/crew")
    start = time.monotonic()
    note = "Docked after two orbits; changed by the check of the caches."
    with closing(build_database(database_url)) as database, database.session() as session:
        spacecraft = select(Spacecraft.launch_id).where(Spacecraft.slug == "progress-ms-11")
        launch = session.scalars(select(Launch).where(Launch.id.in_(spacecraft))).one()
        launch.outcome_note = note
    longest = max(answer.max_age for answer in [still, *old.values()])
    for path in paths:
        fresh, kept = get(origin, path), get(proxy, path)
        expect(fresh.headers["etag"] != old[path].headers["etag"], "a new ETag", fresh)
        expect(kept.cached == "HIT" and kept.body == old[path].body, "kept till then", kept)
        expect(0 < kept.max_age <= LONGEST_WAIT, "max-age is at most a minute", kept)
    time.sleep(max(0.0, start + longest + 1 - time.monotonic()))
    waited = time.monotonic() - start
    for path in paths:
        new = get(proxy, path)
        expect(new.cached == "EXPIRED", "the cache asks once max-age is over", new)
        expect(new.body == get(origin, path).body, "the change shows", new)
        expect(new.headers["etag"] != old[path].headers["etag"], "a new ETag", new)
    expect(json.loads(get(proxy, LAUNCH).body)["outcome_note"] == note, "the change shows", new)
    same = get(proxy, MISSION + "/crew")
    expect(same.cached == "REVALIDATED", "what has not changed is confirmed by 304", same)
    expect(same.body == still.body, "what has not changed stays", same)
    return waited


def check_notices(control: str) -> None:
    """The check of codings notices a server that forgets to say Vary."""
    try:
        check_codings(control, "/", ("gzip", "identity"))
    except (Failed, ValueError):
        return
    raise Failed("the check of codings does not notice a missing Vary")


def check(origin: str, database_url: str, folder: Path) -> str:
    """All of it; the figures."""
    with proxied(origin, folder) as (proxy, control):
        check_hit(proxy)
        check_conditional(origin, proxy)
        codings = "identity", "gzip", "br", "zstd"
        variants = sum(check_codings(proxy, path, codings) for path in (MISSION, LAUNCHES))
        check_errors(proxy)
        check_notices(control)
        waited = check_change(origin, proxy, database_url)
    return f"{variants} answers in {len(codings)} codings, a change shown within {waited:.0f} s"

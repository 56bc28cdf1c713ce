"""Benchmark servers: the service and its peers, each with its recommended production settings."""

import json
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex

from sqlalchemy import make_url

from bench.archives import CACHE_FOLDER
from bench.wrk import Server, Target
from contract.servers import SCRIPTS, free_port, running

PUBLIC_URL = "http://127.0.0.1:8000"
"""Base URL of links on every server, so that all responses have the same length."""

UVICORN_OPTIONS = (
    "--loop",
    "uvloop",
    "--http",
    "httptools",
    "--no-access-log",
    "--no-server-header",
)
CACHE_OFF = {"ZARYA_CACHE_BYTES": "0"}
DATASETTE_SQL = """
select id, slug, title, lead, language, published_at, published_at_precision, source_name,
    source_url, image_url, image_alt, image_credit, reading_minutes, updated_at, version,
    (select json_group_array(tag order by tag) from article_tags where article_id = articles.id)
    as tags
from articles where state = 'published' and published_at <= datetime()
order by published_at desc, id desc limit 20
"""


@contextmanager
def _run_server(
    command: Sequence[str], port: int, ready: str, env: Mapping[str, str], *pids: int
) -> Iterator[Server]:
    origin = f"http://127.0.0.1:{port}"
    log = CACHE_FOLDER / f"server-{port}.log"
    with running(list(command), log, origin + ready, env) as process:
        yield Server(origin, (process.pid, *pids))
    log.unlink()


@contextmanager
def zarya(
    database_url: str,
    workers: int = 1,
    env: Mapping[str, str] | None = None,
    database_pid: int | None = None,
    granian: bool = False,
) -> Iterator[Server]:
    """Run the service with `zarya serve` or granian; CPU time includes the database server's."""
    port = free_port()
    settings = {
        "ZARYA_DATABASE_URL": database_url,
        "ZARYA_PUBLIC_URL": PUBLIC_URL,
        "ZARYA_RATE_LIMIT": "0",
        **(env or {}),
    }
    command = [str(SCRIPTS / "zarya"), "serve", "--port", str(port), "--workers", str(workers)]
    if granian:
        command = [str(SCRIPTS / "granian"), "--interface", "asgi", "--factory", "--no-ws"]
        command += ["--loop", "uvloop", "--log-level", "warning", "--port", str(port)]
        command += ["--workers", str(workers), "app.main:create_app"]
    pids = () if database_pid is None else (database_pid,)
    with _run_server(command, port, "/v1/missions", settings, *pids) as server:
        yield server


@contextmanager
def raw(responses: Mapping[str, Target]) -> Iterator[Server]:
    """Run the raw ASGI application, which returns each target's current response at its path."""
    recorded = {}
    for path, target in responses.items():
        status, headers, body = target.get(target.paths[0])
        volatile = {"date", "server", "connection", "x-request-id"}
        kept_headers = [pair for pair in headers.items() if pair[0] not in volatile]
        recorded[path] = status, kept_headers, b64encode(body).decode()
    file = CACHE_FOLDER / "answers.json"
    file.write_text(json.dumps(recorded))
    with _uvicorn("bench.peers.raw:app", next(iter(responses)), BENCH_ANSWERS=str(file)) as server:
        yield server


@contextmanager
def constant(content: bytes) -> Iterator[Server]:
    """Run REF with `content` as its constant."""
    file = CACHE_FOLDER / "content"
    file.write_bytes(content)
    name = "bench.peers.constant:create_app"
    with _uvicorn(name, "/ref", "--factory", BENCH_CONTENT=str(file)) as server:
        yield server


@contextmanager
def idiomatic(database_url: str) -> Iterator[Server]:
    """Run the list as in the tutorials of FastAPI and SQLAlchemy."""
    name = "bench.peers.idiomatic:app"
    with _uvicorn(name, "/articles", BENCH_DATABASE_URL=database_url) as server:
        yield server


@contextmanager
def _uvicorn(app: str, ready: str, *options: str, **env: str) -> Iterator[Server]:
    port = free_port()
    command = [str(SCRIPTS / "uvicorn"), app, "--port", str(port), "--log-level", "warning"]
    with _run_server([*command, *UVICORN_OPTIONS, *options], port, ready, env) as server:
        yield server


@contextmanager
def django(database_url: str) -> Iterator[Server]:
    """Run Django REST framework in granian: one worker with as many threads as the service."""
    port = free_port()
    command = [str(SCRIPTS / "granian"), "--interface", "wsgi", "--no-ws", "--workers", "1"]
    command += ["--blocking-threads", "4", "--log-level", "error", "--port", str(port)]
    command += ["bench.peers.drf.wsgi:application"]
    env = {"BENCH_DATABASE_URL": database_url, "BENCH_SECRET": token_hex()}
    with _run_server(command, port, "/articles", env) as server:
        yield server


@contextmanager
def datasette(database_url: str) -> Iterator[tuple[Server, str]]:
    """Run datasette with the list as a canned query; yields the server and the query's path."""
    port = free_port()
    path = Path(make_url(database_url).database or "")
    metadata = CACHE_FOLDER / "datasette.json"
    queries = {"queries": {"list": {"sql": DATASETTE_SQL}}}
    metadata.write_text(json.dumps({"databases": {path.stem: queries}}))
    command = [str(SCRIPTS / "datasette"), "serve", str(path), "--port", str(port)]
    command += ["--metadata", str(metadata), "--setting", "suggest_facets", "off"]
    query_path = f"/{path.stem}/list.json?_shape=array"
    with _run_server(command, port, query_path, {}) as server:
        yield server, query_path

"""Servers of a simulated launch day: the service over a new archive, alone or behind nginx."""

import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx2 as httpx
import psycopg

from contract.servers import ROOT, SCRIPTS, Failed, free_port, running
from tests_faults.postgres import Server, database_url, run_replicated_pair

NGINX_FOLDER = ROOT / "deploy" / "nginx"
HTTP_BLOCK = """http {{
    access_log off;
    client_body_temp_path {folder}/client;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
"""


@dataclass
class Setup:
    """Running servers: the origin for visitors, the origin and process of the service, a key."""

    name: str
    front: str
    service: str
    key: str
    pid: int
    databases: tuple[Server, ...] = ()


def find_nginx() -> str:
    """Return the path of nginx. Raises Failed if it is not installed."""
    executable = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
    if executable is None:
        raise Failed("nginx is not installed: apt-get install nginx")
    return executable


def start_nginx(folder: Path, service: str, stack: ExitStack) -> str:
    """Start nginx with `deploy/nginx/nginx.conf` in front of `service`; return its origin.

    Raises Failed if nginx is not installed or the file has an unexpected structure.
    """
    executable, port = find_nginx(), free_port()
    text = (NGINX_FOLDER / "nginx.conf").read_text()
    for original, replacement in (
        ("include zarya/cache.conf;", (NGINX_FOLDER / "cache.conf").read_text()),
        ("include zarya/server.conf;", (NGINX_FOLDER / "server.conf").read_text()),
        ("http {\n", HTTP_BLOCK.format(folder=folder)),
        ("server zarya:8000;", f"server {service.removeprefix('http://')};"),
        ("listen 80;", f"listen 127.0.0.1:{port} backlog=4096;"),
        ("/var/cache/nginx/zarya", f"{folder}/cache"),
        ("limit_conn streams 20;", ""),  # all visitors have one address
    ):
        if text.count(original) != 1:
            raise Failed(f"{NGINX_FOLDER} does not contain {original} exactly once")
        text = text.replace(original, replacement)
    config = folder / "nginx.conf"
    config.write_text(text)
    directives = f"daemon off; user root; pid {folder}/nginx.pid;"
    command = [executable, "-c", str(config), "-e", str(folder / "error.log"), "-g", directives]
    front = f"http://127.0.0.1:{port}"
    stack.enter_context(running(command, folder / "nginx.log", f"{front}/openapi.json"))
    return front


@contextmanager
def run_service(name: str, workers: int, postgresql: bool, proxied: bool) -> Iterator[Setup]:
    """Run the service over a new archive, behind nginx if `proxied`."""
    with TemporaryDirectory(prefix="zarya-launch-day-") as temporary, ExitStack() as stack:
        folder = Path(temporary)
        folder.chmod(0o755)
        databases = (
            stack.enter_context(run_replicated_pair(synchronous=False)) if postgresql else ()
        )
        env = {"ZARYA_RATE_LIMIT": "0", "ZARYA_LOG_REQUESTS": "false"}
        env["ZARYA_DATABASE_URL"] = f"sqlite:///{folder}/archive.db"
        if databases:
            primary, standby = databases
            env["ZARYA_DATABASE_URL"] = database_url(primary)
            env["ZARYA_REPLICA_URL"] = database_url(standby, primary)
        zarya = str(SCRIPTS / "zarya")
        port = free_port()
        service = f"http://127.0.0.1:{port}"
        command = [zarya, "serve", "--prepare", "--port", str(port), "--workers", str(workers)]
        log = folder / "service.log"
        process = stack.enter_context(running(command, log, f"{service}/openapi.json", env))
        scopes = "--scope", "articles:write", "--scope", "launches:write"
        created = subprocess.run(
            [zarya, "keys", "create", "--name", "Press office", *scopes],
            env={"PATH": "/usr/bin:/bin", **env}, check=True, capture_output=True, text=True,
        )  # fmt: skip
        front = start_nginx(folder, service, stack) if proxied else service
        yield Setup(name, front, service, created.stdout.split()[-1], process.pid, databases)


class MetricsDelta:
    """Counters of the service and its database servers since the creation of this object."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._before = self._read()

    def _read(self) -> Counter[str]:
        text = httpx.get(f"{self._setup.service}/metrics", timeout=30).text
        counts: Counter[str] = Counter()
        for name, labels, value in re.findall(r"^(\w+)\{(.*?)\} (\S+)$", text, re.M):
            if name == "zarya_http_request_seconds_count" and 'method="GET"' in labels:
                if 'route="figures"' not in labels and 'route="streamEvents"' not in labels:
                    counts["requests"] += int(float(value))
            elif name == "zarya_cache_total":
                outcome = re.search(r'outcome="(\w+)"', labels)
                counts[outcome[1] if outcome else ""] += int(float(value))
            elif name == "zarya_http_refused_total":
                counts["refused"] += int(float(value))
        for role, server in zip(("primary", "replica"), self._setup.databases, strict=False):
            with server.connect("zarya") as connection:
                counts[role] += transaction_count(connection)
        return counts

    def since(self) -> Counter[str]:
        """Return the increase of each counter."""
        counts = self._read()
        counts.subtract(self._before)
        return counts


def transaction_count(connection: psycopg.Connection) -> int:
    """Return how many transactions a database server has completed."""
    row = connection.execute(
        "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = 'zarya'"
    ).fetchone()
    return int(row[0]) if row else 0

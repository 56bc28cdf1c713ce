"""What a launch day is played on: the service over a new archive, alone or behind nginx."""

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
from tests_faults.postgres import Server, pair, url_of

DEPLOYED = ROOT / "deploy" / "nginx.conf"
OURS = """http {{
    access_log off;
    client_body_temp_path {folder}/client;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
"""


@dataclass
class Setup:
    """The servers of one run: where visitors ask, and where the figures of the service are."""

    name: str
    front: str
    service: str
    key: str
    pid: int
    databases: tuple[Server, ...] = ()


def nginx(folder: Path, service: str, stack: ExitStack) -> str:
    """The address of nginx as `deploy/nginx.conf` has it, before `service`."""
    found = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
    if found is None:
        raise Failed("nginx is not installed; Debian's package will do")
    port = free_port()
    deployed = DEPLOYED.read_text()
    for theirs, ours in (
        ("http {\n", OURS.format(folder=folder)),
        ("server zarya:8000;", f"server {service.removeprefix('http://')};"),
        ("listen 80;", f"listen 127.0.0.1:{port} backlog=4096;"),
        ("/var/cache/nginx/zarya", f"{folder}/cache"),
    ):
        if deployed.count(theirs) != 1:
            raise Failed(f"{DEPLOYED} does not say {theirs} once")
        deployed = deployed.replace(theirs, ours)
    config = folder / "nginx.conf"
    config.write_text(deployed)
    process = f"daemon off; user root; pid {folder}/nginx.pid;"
    command = [found, "-c", str(config), "-e", str(folder / "error.log"), "-g", process]
    front = f"http://127.0.0.1:{port}"
    stack.enter_context(running(command, folder / "nginx.log", f"{front}/openapi.json"))
    return front


@contextmanager
def served(name: str, workers: int, postgresql: bool, proxied: bool) -> Iterator[Setup]:
    """A new archive, the service over it, and what stands before it."""
    with TemporaryDirectory(prefix="zarya-launch-day-") as made, ExitStack() as stack:
        folder = Path(made)
        folder.chmod(0o755)
        databases = stack.enter_context(pair(synchronous=False)) if postgresql else ()
        env = {"ZARYA_RATE_LIMIT": "0", "ZARYA_LOG_REQUESTS": "false"}
        env["ZARYA_DATABASE_URL"] = f"sqlite:///{folder}/archive.db"
        if databases:
            primary, standby = databases
            env["ZARYA_DATABASE_URL"] = url_of(primary)
            env["ZARYA_REPLICA_URL"] = url_of(standby, primary)
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
        front = nginx(folder, service, stack) if proxied else service
        yield Setup(name, front, service, created.stdout.split()[-1], process.pid, databases)


class Figures:
    """What the service and its database servers count."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._before = self._now()

    def _now(self) -> Counter[str]:
        text = httpx.get(f"{self._setup.service}/metrics", timeout=30).text
        found: Counter[str] = Counter()
        for name, labels, value in re.findall(r"^(\w+)\{(.*?)\} (\S+)$", text, re.M):
            if name == "zarya_http_request_seconds_count" and 'method="GET"' in labels:
                if 'route="figures"' not in labels and 'route="streamEvents"' not in labels:
                    found["requests"] += int(float(value))
            elif name == "zarya_cache_total":
                outcome = re.search(r'outcome="(\w+)"', labels)
                found[outcome[1] if outcome else ""] += int(float(value))
            elif name == "zarya_http_refused_total":
                found["refused"] += int(float(value))
        for role, server in zip(("primary", "replica"), self._setup.databases, strict=False):
            with server.connect("zarya") as connection:
                found[role] += transactions(connection)
        return found

    def since(self) -> Counter[str]:
        """What came to it since this was made."""
        now = self._now()
        now.subtract(self._before)
        return now


def transactions(connection: psycopg.Connection) -> int:
    """How many a database server has ended."""
    asked = connection.execute(
        "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = 'zarya'"
    ).fetchone()
    return int(asked[0]) if asked else 0

"""Load on a server by `wrk`, and what it cost."""

import os
import shutil
import subprocess
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage
from tempfile import NamedTemporaryFile
from time import perf_counter

from bench.machine import CORES, busy_seconds, cpu_seconds
from contract.servers import Failed

SCRIPT = Path(__file__).parent / "wrk.lua"
CONNECTIONS = 16
LONGEST = 60
WARMING = 50
"""How many requests are made before anything is measured."""


@dataclass(frozen=True)
class Server:
    """Something that answers at `origin`, and the processes whose CPU time is its."""

    origin: str
    pids: tuple[int, ...]


@dataclass(frozen=True)
class Target:
    """What is asked of a server: its paths in turn, each answered with `status`."""

    name: str
    server: Server
    paths: Sequence[str]
    headers: Mapping[str, str] = field(default_factory=dict)
    status: int = 200
    connections: int = CONNECTIONS

    def get(self, path: str) -> tuple[int, Mapping[str, str], bytes]:
        """One answer: status, headers by lower-case names, body."""
        request = urllib.request.Request(self.server.origin + path, headers=dict(self.headers))
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, _headers(answer.headers.items()), answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, _headers(error.headers.items()), error.read()

    def warm(self) -> None:
        """Ask for some of the paths one by one; fail unless they are answered as they should be."""
        for path in islice(cycle(self.paths), WARMING):
            status, _, body = self.get(path)
            if status != self.status:
                told = body[:500].decode(errors="replace")
                raise Failed(f"{self.name}: {path} answers {status}, not {self.status}\n{told}")


def _headers(items: Sequence[tuple[str, str]]) -> dict[str, str]:
    return {name.lower(): value for name, value in items}


@dataclass(frozen=True)
class Measured:
    """What one run of a target came to; times in milliseconds, CPU in microseconds a request."""

    rate: float
    cpu: float
    p50: float
    p95: float
    p99: float
    others: float
    """The share of the machine that neither the server nor `wrk` had."""


def drive(target: Target, seconds: int) -> Measured:
    """Ask for `seconds` as fast as the connections allow; fail at the first wrong answer."""
    with NamedTemporaryFile("w", suffix=".paths") as file:
        file.write("\n".join(target.paths))
        file.flush()
        headers = [
            part for name, value in target.headers.items() for part in ("-H", f"{name}: {value}")
        ]
        command = [_wrk(), "-t1", f"-c{target.connections}", f"-d{seconds}s", "--timeout=30s"]
        command += ["-s", str(SCRIPT), *headers, target.server.origin]
        before = _clocks(target.server)
        done = subprocess.run(
            command,
            env=os.environ | {"BENCH_PATHS": file.name},
            capture_output=True,
            text=True,
            check=False,
        )
        served, own, busy, wall = (
            b - a for a, b in zip(before, _clocks(target.server), strict=True)
        )
    if "RESULT" not in done.stdout:
        raise Failed(f"wrk on {target.name}: {done.stdout}{done.stderr}")
    requests, duration, errors, p50, p95, p99 = map(int, done.stdout.split("RESULT")[1].split())
    if not requests and seconds < LONGEST:  # slow, on a busy machine
        return drive(target, seconds * 4)
    if errors or not requests:
        raise Failed(f"{target.name}: {errors} of {requests} requests failed\n{done.stdout}")
    return Measured(
        rate=requests / duration * 1e6,
        cpu=served / requests * 1e6,
        p50=p50 / 1000,
        p95=p95 / 1000,
        p99=p99 / 1000,
        others=max(0.0, busy - served - own) / wall / CORES,
    )


def _clocks(server: Server) -> tuple[float, float, float, float]:
    own = sum(sum(getrusage(who)[:2]) for who in (RUSAGE_SELF, RUSAGE_CHILDREN))
    return cpu_seconds(*server.pids), own, busy_seconds(), perf_counter()


def _wrk() -> str:
    found = shutil.which("wrk")
    if found is None:
        raise Failed("wrk is not installed; Debian's package will do: apt-get install wrk")
    return found

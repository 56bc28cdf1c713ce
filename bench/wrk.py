"""Load generation with `wrk`, and measurement of rate, CPU time and latency."""

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

from bench.machine import CORE_COUNT, busy_seconds, cpu_seconds
from contract.servers import Failed

SCRIPT_PATH = Path(__file__).parent / "wrk.lua"
CONNECTION_COUNT = 16
MAX_RUN_SECONDS = 60
WARM_UP_REQUESTS = 50
"""Requests sent before the measurement."""


@dataclass(frozen=True)
class Server:
    """Running server at `origin`, and the processes that count towards its CPU time."""

    origin: str
    pids: tuple[int, ...]


@dataclass(frozen=True)
class Target:
    """Requests to a server: paths in turn, each with the expected status."""

    name: str
    server: Server
    paths: Sequence[str]
    headers: Mapping[str, str] = field(default_factory=dict)
    status: int = 200
    connections: int = CONNECTION_COUNT

    def get(self, path: str) -> tuple[int, Mapping[str, str], bytes]:
        """Send one request; return status, headers by lower-case name, and body."""
        request = urllib.request.Request(self.server.origin + path, headers=dict(self.headers))
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return response.status, _headers(response.headers.items()), response.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, _headers(error.headers.items()), error.read()

    def warm(self) -> None:
        """Send some requests one by one. Raises Failed if a status differs."""
        for path in islice(cycle(self.paths), WARM_UP_REQUESTS):
            status, _, body = self.get(path)
            if status != self.status:
                text = body[:500].decode(errors="replace")
                raise Failed(f"{self.name}: {path} returned {status}, not {self.status}\n{text}")


def _headers(items: Sequence[tuple[str, str]]) -> dict[str, str]:
    return {name.lower(): value for name, value in items}


@dataclass(frozen=True)
class Measurement:
    """Results of one run: requests/s, CPU µs per request, latency percentiles in milliseconds."""

    rate: float
    cpu: float
    p50: float
    p95: float
    p99: float
    others: float
    """Share of the machine's CPU time used by neither the server nor `wrk`."""


def run_wrk(target: Target, seconds: int) -> Measurement:
    """Run `wrk` for `seconds` at full load. Raises Failed if a request fails."""
    with NamedTemporaryFile("w", suffix=".paths") as file:
        file.write("\n".join(target.paths))
        file.flush()
        headers = [
            part for name, value in target.headers.items() for part in ("-H", f"{name}: {value}")
        ]
        command = [_wrk(), "-t1", f"-c{target.connections}", f"-d{seconds}s", "--timeout=30s"]
        command += ["-s", str(SCRIPT_PATH), *headers, target.server.origin]
        before = _clocks(target.server)
        result = subprocess.run(
            command,
            env=os.environ | {"BENCH_PATHS": file.name},
            capture_output=True,
            text=True,
            check=False,
        )
        server_cpu, wrk_cpu, busy, wall = (
            b - a for a, b in zip(before, _clocks(target.server), strict=True)
        )
    if "RESULT" not in result.stdout:
        raise Failed(f"wrk on {target.name}: {result.stdout}{result.stderr}")
    requests, duration, errors, p50, p95, p99 = map(int, result.stdout.split("RESULT")[1].split())
    if not requests and seconds < MAX_RUN_SECONDS:  # a slow target on a busy machine
        return run_wrk(target, seconds * 4)
    if errors or not requests:
        raise Failed(f"{target.name}: {errors} of {requests} requests failed\n{result.stdout}")
    return Measurement(
        rate=requests / duration * 1e6,
        cpu=server_cpu / requests * 1e6,
        p50=p50 / 1000,
        p95=p95 / 1000,
        p99=p99 / 1000,
        others=max(0.0, busy - server_cpu - wrk_cpu) / wall / CORE_COUNT,
    )


def _clocks(server: Server) -> tuple[float, float, float, float]:
    wrk_cpu = sum(sum(getrusage(who)[:2]) for who in (RUSAGE_SELF, RUSAGE_CHILDREN))
    return cpu_seconds(*server.pids), wrk_cpu, busy_seconds(), perf_counter()


def _wrk() -> str:
    executable = shutil.which("wrk")
    if executable is None:
        raise Failed("wrk is not installed: apt-get install wrk")
    return executable

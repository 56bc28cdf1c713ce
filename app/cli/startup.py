"""The start of a server: reads the settings, prepares the database, then becomes the server.

`zarya serve` replaces its process by this one, and this one by a supervisor if there are several
workers: what has been imported to get there would stay in memory (ADR 38).
"""

import gc
import json
import os
import sys
from importlib import import_module
from math import ceil
from multiprocessing import get_context

from app.cli.processes import replace_process


def start(host: str, port: int, workers: int, prepare: bool) -> None:
    """Serve on `host` and `port`, after migrating and loading if `prepare`.

    Raises SystemExit if the settings are invalid, or the address or the database cannot be used.
    """
    from app.cli.settings import read_settings  # noqa: PLC0415 - imports Pydantic
    from app.cli.start_checks import check_address, check_database  # noqa: PLC0415 - SQLAlchemy

    os.environ.setdefault("ZARYA_PUBLIC_URL", f"http://127.0.0.1:{port}")
    settings = read_settings()
    check_address(host, port)
    if prepare:
        _prepare_in_subprocess(workers)
    check_database(settings)
    base_url = settings.base_url
    sys.stderr.write(
        f"Mission page    {base_url}/v1/missions/iss-59/page?month=2019-04\n"
        f"News calendar   {base_url}/v1/articles/archive?month=2019-04\n"
        f"Documentation   {base_url}/docs\n"
    )
    options = {
        "host": host,
        "port": port,
        "workers": workers,
        # By then every request has been answered or has reached its own timeout.
        "timeout_graceful_shutdown": ceil(settings.request_seconds) + 1,
    }
    if workers > 1:
        replace_process("app.cli.server", **options)
    import_module("app.cli.server").run(**options)


def _prepare_in_subprocess(workers: int) -> None:
    """Migrate and load in a child process, so that its imports do not stay in memory.

    Raises SystemExit with the status of the child process if that fails.
    """
    process = get_context("fork").Process(target=_migrate_and_load)
    process.start()
    if workers == 1:  # this process is the server: meanwhile import what it needs
        import_module("app.main")
    process.join()
    if process.exitcode:
        sys.exit(process.exitcode)


def _migrate_and_load() -> None:
    cli = import_module("app.cli.main").cli
    for command in ("migrate", "load"):
        if status := cli([command], standalone_mode=False):
            sys.exit(status)


if __name__ == "__main__":
    gc.disable()  # until the application has started: imports take a fifth less time
    start(**json.loads(sys.argv[1]))

"""The server: uvicorn, as the only process or as the supervisor of its workers.

A supervisor imports nothing else of the application: workers are new processes.
"""

import gc
import json
import os
import sys
from contextlib import suppress
from importlib import import_module
from multiprocessing import parent_process

import uvicorn
from uvicorn._types import ASGIApplication
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from app.http.logging import build_logging_config
from app.http.metrics_directory import share_metrics
from app.http.redaction import redact

_SWITCH_INTERVAL_SECONDS = 0.0005
"""Time for which a thread keeps the interpreter while others wait for it: a tenth of Python's
default, since the event loop waits for it at each request while threads render or read."""


def run(host: str, port: int, workers: int, timeout_graceful_shutdown: int) -> None:
    """Serve the application until the process is told to stop.

    Raises SystemExit with a status other than 0 if the application cannot start.
    """
    config = uvicorn.Config(
        "app.cli.server:create_served_app",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        loop="uvloop",
        http="app.http.protocol:LimitedHttpProtocol",
        ws="none",
        lifespan="on",
        proxy_headers=False,
        access_log=False,
        server_header=False,
        log_config=build_logging_config(),
        timeout_worker_healthcheck=30,  # a new worker may be slow; a stuck one ends itself
        timeout_graceful_shutdown=timeout_graceful_shutdown,
    )
    with share_metrics(workers):
        if workers > 1:
            _supervise(config)
        else:
            _serve(config)


def _serve(config: uvicorn.Config) -> None:
    config.load_app()
    server = uvicorn.Server(config)
    with suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        sys.exit(STARTUP_FAILURE)


def _supervise(config: uvicorn.Config) -> None:
    supervisor = Multiprocess(config, [config.bind_socket()])
    supervisor.run()
    # It stops if a worker cannot start: another one could not, either.
    if any(process.exitcode == STARTUP_FAILURE for process in supervisor.processes):
        sys.exit(STARTUP_FAILURE)


def create_served_app() -> ASGIApplication:
    """Create the application in a server process, with the settings of the environment.

    If that fails, ends the process with a status that makes the supervisor stop, too.
    """
    gc.disable()  # until the application has started: imports take a fifth less time
    sys.setswitchinterval(_SWITCH_INTERVAL_SECONDS)
    try:
        app = import_module("app.main").create_app()
        settings = app.state.services.settings
        import_module("app.http.connection_limit").raise_file_limit(settings.max_connections)
        app.middleware_stack = app.build_middleware_stack()
    except Exception as error:
        message = redact(f"{type(error).__name__}: {error}").partition("\n")[0]
        sys.stderr.write(f"The application cannot start: {message}\n")
        if parent_process() is not None:
            # At once: the supervisor would wait for 30 s for a worker that no longer answers.
            os._exit(STARTUP_FAILURE)
        raise SystemExit(STARTUP_FAILURE) from error
    served: ASGIApplication = app
    return served


if __name__ == "__main__":
    run(**json.loads(sys.argv[1]))

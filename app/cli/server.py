"""The server: uvicorn, as the only process or as the supervisor of its workers.

A supervisor imports nothing else of the application: workers are new processes.
"""

import gc
import json
import sys
from importlib import import_module

import uvicorn
from uvicorn._types import ASGIApplication

from app.http.logging import build_logging_config
from app.http.metrics_directory import share_metrics

_SWITCH_INTERVAL_SECONDS = 0.0005
"""Time for which a thread keeps the interpreter while others wait for it: a tenth of Python's
default, since the event loop waits for it at each request while threads render or read."""


def run(host: str, port: int, workers: int, timeout_graceful_shutdown: int) -> None:
    """Serve the application until the process is told to stop."""
    with share_metrics(workers):
        uvicorn.run(
            "app.cli.server:create_served_app",
            factory=True,
            host=host,
            port=port,
            workers=workers,
            loop="uvloop",
            http="app.http.protocol:LimitedHttpProtocol",
            ws="none",
            proxy_headers=False,
            access_log=False,
            server_header=False,
            log_config=build_logging_config(),
            timeout_worker_healthcheck=30,  # a new worker may be slow; a stuck one ends itself
            timeout_graceful_shutdown=timeout_graceful_shutdown,
        )


def create_served_app() -> ASGIApplication:
    """Create the application in a server process, with the settings of the environment."""
    gc.disable()  # until the application has started: imports take a fifth less time
    sys.setswitchinterval(_SWITCH_INTERVAL_SECONDS)
    app = import_module("app.main").create_app()
    settings = app.state.services.settings
    import_module("app.http.protocol").raise_file_limit(settings.max_connections)
    served: ASGIApplication = app
    return served


if __name__ == "__main__":
    run(**json.loads(sys.argv[1]))

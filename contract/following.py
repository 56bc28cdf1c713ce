"""Check of `follow` of the Python client over stops and kills of the service."""

import json
import os
import subprocess
import time
import urllib.request
from pathlib import Path

from contract.servers import SCRIPTS, Failed, free_port, running

_PEOPLE_PER_ROUND = 5
_WAIT_SECONDS = 120
"""Time in which the follower has to catch up after the last start."""


def check(python: Path, program: Path, folder: Path, rounds: int = 4) -> str:
    """Create people while the service is stopped or killed in each round.

    `python` has the client installed. Raises Failed unless `program` sees all once, in order.
    """
    folder.mkdir()
    port = free_port()
    origin = f"http://127.0.0.1:{port}"
    env = {"ZARYA_DATABASE_URL": f"sqlite:///{folder}/archive.db", "ZARYA_EMPTY": "true"}
    _call("migrate", env=env)
    key = _call("keys", "create", "--name", "Bot", "--scope", "people:write", env=env)
    serve = [str(SCRIPTS / "zarya"), "serve", "--port", str(port)]
    seen, slugs = folder / "seen", list[str]()
    command = [str(python), str(program), origin, str(folder / "cursor"), str(seen)]
    with subprocess.Popen(command) as follower:
        try:
            for number in range(rounds):
                log = folder / f"service-{number}.log"
                with running(serve, log, f"{origin}/health/live", env) as process:
                    for _ in range(_PEOPLE_PER_ROUND):
                        slugs.append(f"person-{len(slugs)}")
                        _create_person(origin, key, slugs[-1])
                    if number % 2:
                        process.kill()
            with running(serve, folder / "service.log", f"{origin}/health/live", env):
                found = _wait_for(seen, slugs)
        finally:
            follower.kill()
    if found != slugs:
        raise Failed(f"created {slugs}, but seen {found}")
    return f"{len(found)} changes once and in order, over {rounds} stops and kills"


def _call(*arguments: str, env: dict[str, str]) -> str:
    command = [str(SCRIPTS / "zarya"), *arguments]
    result = subprocess.run(command, env={**os.environ, **env}, capture_output=True, check=True)
    return result.stdout.decode().strip()


def _create_person(origin: str, key: str, slug: str) -> None:
    body = json.dumps({"name": slug.replace("-", " "), "slug": slug}).encode()
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{origin}/v1/people", body, headers)
    with urllib.request.urlopen(request, timeout=30):
        return


def _wait_for(seen: Path, slugs: list[str]) -> list[str]:
    """The lines of `seen`, once it has as many as `slugs`, or at the end of the time."""
    deadline = time.monotonic() + _WAIT_SECONDS
    while True:
        found = seen.read_text("utf-8").split() if seen.exists() else []
        if len(found) >= len(slugs) or time.monotonic() > deadline:
            return found
        time.sleep(0.2)

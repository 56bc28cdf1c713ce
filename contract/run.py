"""`make contract`: checks of the OpenAPI document by linters, clients, a fuzzer and a cache.

Run single steps by name: `.venv/bin/python -m contract.run redocly spectral`.
"""

import copy
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

import httpx2 as httpx
from PIL import Image

from app.domain.enums import Scope
from contract import proxy
from contract.generators import go, hey_api_and_orval, python, typescript
from contract.packages import clients, python_package, typescript_package
from contract.servers import SCRIPTS, Failed, postgresql, service
from contract.workspace import HERE, Document, Workspace

Step = Callable[[Workspace], str]
"""A check. Returns the figures to print; raises Failed."""

MIN_FUZZ_CASES = 2000
"""Least number of cases of a run."""

_FUZZ_TIMEOUT_SECONDS = 1800
"""Guard against a hang only: the number of cases is fixed, the service limits the time of each."""
SCOPES = [scope.value for scope in Scope]
_SCHEMATHESIS = SCRIPTS / "st", "--no-color", "--config-file", HERE / "schemathesis.toml"
_COVERAGE = "--phases", "coverage"
_RANDOM = "--phases", "examples,fuzzing,stateful"


def broken(document: Document) -> Document:
    """Return the part about launches with faults: no operationId, no `maxLength` of parameters."""
    path = copy.deepcopy(document["paths"]["/v1/launches"])
    del path["get"]["operationId"]
    for parameter in path["get"]["parameters"]:
        parameter["schema"].pop("maxLength", None)
    return {**document, "paths": {"/v1/launches": path}}


def redocly(workspace: Workspace) -> str:
    """Lint the document with Redocly's strictest rules."""
    node = workspace.node
    lint = node / "node_modules/.bin/redocly", "lint", "--config", "redocly.yaml"
    env = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}
    fault = workspace.write("broken.json", broken(workspace.document))
    workspace.call(*lint, fault, cwd=node, env=env, expected_error="operation-operationId")
    good = workspace.write("openapi.json", workspace.document)
    workspace.call(*lint, "--max-problems=1000", good, cwd=node, env=env)
    operations = sum(len(path) for path in workspace.document["paths"].values())
    return f"{operations} operations, 0 errors, 0 warnings"


def spectral(workspace: Workspace) -> str:
    """Lint the document with Spectral's rules, including OWASP's."""
    node = workspace.node
    lint = node / "node_modules/.bin/spectral", "lint", "--ruleset", "spectral.yaml"
    strict = "--fail-severity", "hint", "--display-only-failures"
    fault = workspace.write("broken.json", broken(workspace.document))
    workspace.call(*lint, *strict, fault, cwd=node, expected_error="owasp:api4:2023-string-limit")
    good = workspace.write("openapi.json", workspace.document)
    workspace.call(*lint, *strict, good, cwd=node)
    return "0 errors, 0 warnings"


def cache(workspace: Workspace) -> str:
    """Check the service behind a caching proxy."""
    return proxy.check(workspace.origin, workspace.database_url, workspace.folder / "proxy")


def fuzz_schemas(workspace: Workspace) -> str:
    """Run schemathesis with values at the bounds of all schemas, which needs one database only."""
    faulty = copy.deepcopy(workspace.document)
    for parameter in faulty["paths"]["/v1/launches"]["get"]["parameters"]:
        if parameter["name"] == "limit":
            parameter["schema"]["maximum"] += 1
    wrong = workspace.write("wrong.json", faulty)
    url = f"sqlite:///{workspace.folder}/schemas.db"
    with service(url, workspace.folder) as origin:
        one = "--url", origin, "--include-operation-id", "listLaunches", *_COVERAGE
        error = "Schema-valid request rejected"
        workspace.call(*_SCHEMATHESIS, "run", *one, wrong, expected_error=error)
        return _fuzz(workspace, origin, url, *_COVERAGE)


def fuzz_sqlite(workspace: Workspace) -> str:
    """Run schemathesis with examples, random values and sequences of requests on SQLite."""
    url = f"sqlite:///{workspace.folder}/fuzz.db"
    with service(url, workspace.folder) as origin:
        return _fuzz(workspace, origin, url, *_RANDOM)


def fuzz_postgresql(workspace: Workspace) -> str:
    """Run schemathesis as on SQLite, on PostgreSQL."""
    with postgresql(workspace.folder) as url, service(url, workspace.folder) as origin:
        return _fuzz(workspace, origin, url, *_RANDOM)


def _fuzz(workspace: Workspace, origin: str, database_url: str, *options: str) -> str:
    """Run schemathesis against `origin`. Returns the figures to print."""
    path = workspace.folder / f"fuzz-{urlsplit(origin).port}.json"
    report = "--report", "json", "--report-json-path", path
    scopes = [part for scope in SCOPES for part in ("--scope", scope)]
    env = {"ZARYA_DATABASE_URL": database_url}
    key = workspace.call(SCRIPTS / "zarya", "keys", "create", "--name", "Fuzz", *scopes, env=env)
    bearer = "--header", f"Authorization: Bearer {key.strip()}"
    _upload_picture(origin, key.strip())
    workspace.call(
        *_SCHEMATHESIS,
        "run",
        *report,
        *bearer,
        *options,
        f"{origin}/openapi.json",
        env={"FUZZ_KEY": key.strip()},
        timeout_seconds=_FUZZ_TIMEOUT_SECONDS,
    )
    result = json.loads(path.read_text())
    cases, operations = result["test_cases"], result["operations"]
    if (
        cases["unique_failures"]
        or cases["errored"]
        or operations["tested"] != operations["selected"]
    ):
        raise Failed(f"schemathesis: {cases}, {operations}")
    if cases["generated"] < MIN_FUZZ_CASES:
        raise Failed(f"only {cases['generated']} cases; at least {MIN_FUZZ_CASES} are required")
    rates = (rate for phases in result["valid_rates"].values() for rate in phases.values())
    accepted = sum(rate["accepted"] for rate in rates)
    return f"{cases['generated']} cases ({accepted} accepted), 0 failures"


def _upload_picture(origin: str, key: str) -> None:
    """Store the picture of the examples; the embedded archive has none."""
    content = BytesIO()
    Image.new("RGB", (32, 32)).save(content, "PNG")
    texts = {"slug": "soyuz-ms-12-on-the-pad", "alt": "The pad", "alt_ru": "Площадка"}
    metadata = texts | {"licence": "CC-BY-4.0", "published": True}
    httpx.post(
        f"{origin}/v1/media",
        files={"file": ("pad.png", content.getvalue(), "image/png")},
        data={"metadata": json.dumps(metadata)},
        headers={"Authorization": f"Bearer {key}"},
        timeout=60,
    ).raise_for_status()


LANES: tuple[tuple[Step, ...], ...] = (
    (fuzz_schemas,),
    (fuzz_sqlite, fuzz_postgresql),
    (
        redocly,
        spectral,
        typescript,
        hey_api_and_orval,
        go,
        python,
        typescript_package,
        python_package,
        cache,
    ),
)
"""Lanes run at the same time, the steps of a lane in order.

The steps that use properties of the workspace are in one lane.
"""
COMMITTING_STEPS: tuple[Step, ...] = (clients,)
"""Steps that write committed files, run by name only."""


def main(names: Collection[str]) -> int:
    """Run the steps in `names`, by default all checks, and return the exit status."""
    lanes = (*LANES[:-1], (*COMMITTING_STEPS, *LANES[-1])) if names else LANES
    known = [step.__name__ for lane in (*LANES, COMMITTING_STEPS) for step in lane]
    if unknown := set(names) - set(known):
        print(f"Unknown steps: {', '.join(unknown)}. Steps: {', '.join(known)}")
        return 2
    chosen = [[step for step in lane if not names or step.__name__ in names] for lane in lanes]
    with tempfile.TemporaryDirectory(prefix="zarya-contract-") as folder, ExitStack() as stack:
        workspace = Workspace(Path(folder), stack)
        with ThreadPoolExecutor(len(lanes)) as executor:
            passed = list(executor.map(partial(_run_lane, workspace), chosen))
    return 0 if all(passed) else 1


def _run_lane(workspace: Workspace, steps: Iterable[Step]) -> bool:
    """Run `steps` until one fails. Returns true if all have passed."""
    for step in steps:
        start = time.monotonic()
        try:
            figures = step(workspace)
        except (Failed, subprocess.TimeoutExpired) as error:
            print(f"{step.__name__}: FAILED\n{error}", flush=True)
            return False
        print(f"{step.__name__}: {figures} ({time.monotonic() - start:.0f} s)", flush=True)
    return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

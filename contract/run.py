"""`make contract`: checks of the OpenAPI document by linters, clients, a fuzzer and a cache.

Run single steps by name: `.venv/bin/python -m contract.run redocly spectral`.
"""

import copy
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path

import httpx2 as httpx
from PIL import Image

from app.domain.enums import Scope
from contract import proxy
from contract.generators import go, hey_api_and_orval, python, typescript
from contract.packages import clients, python_package, typescript_package
from contract.servers import SCRIPTS, Failed, postgresql, service
from contract.workspace import HERE, Document, Workspace

MIN_FUZZ_CASES = 2000
_FUZZ_TIMEOUT_SECONDS = 1800
"""Guard against a hang only: the number of cases is fixed, and `max_response_time` limits each."""
SCOPES = [scope.value for scope in Scope]


def broken(document: Document) -> Document:
    """Return a copy of `document` with faults: no operationId, no `maxLength` of parameters."""
    faulty = copy.deepcopy(document)
    operation = faulty["paths"]["/v1/launches"]["get"]
    del operation["operationId"]
    for parameter in operation["parameters"]:
        parameter["schema"].pop("maxLength", None)
    return faulty


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


def fuzz(workspace: Workspace) -> str:
    """Run schemathesis against the service on SQLite and on PostgreSQL, both at once."""
    faulty = copy.deepcopy(workspace.document)
    for parameter in faulty["paths"]["/v1/launches"]["get"]["parameters"]:
        if parameter["name"] == "limit":
            parameter["schema"]["maximum"] += 1
    wrong = workspace.write("wrong.json", faulty)
    schemathesis = SCRIPTS / "st", "--config-file", HERE / "schemathesis.toml", "run"
    one = (
        "--url",
        workspace.origin,
        "--include-operation-id",
        "listLaunches",
        "--phases",
        "coverage",
    )
    workspace.call(*schemathesis, *one, wrong, expected_error="Schema-valid request rejected")
    # Requests are validated before a database is used, so the coverage of schemas runs once.
    phases = "--phases", "examples,fuzzing,stateful"
    with (
        postgresql(workspace.folder) as url,
        service(url, workspace.folder) as origin,
        ThreadPoolExecutor() as executor,
    ):
        runs = {
            "SQLite": executor.submit(
                _fuzz, workspace, "sqlite", workspace.origin, workspace.database_url
            ),
            "PostgreSQL": executor.submit(_fuzz, workspace, "postgresql", origin, url, *phases),
        }
        figures = {name: run.result() for name, run in runs.items()}
    total = sum(cases for cases, _ in figures.values())
    if total < MIN_FUZZ_CASES:
        raise Failed(f"only {total} cases; at least {MIN_FUZZ_CASES} are required")
    parts = (f"{name} {cases} ({good} accepted)" for name, (cases, good) in figures.items())
    return f"{total} cases, 0 failures: {', '.join(parts)}"


def _fuzz(
    workspace: Workspace, name: str, origin: str, database_url: str, *options: str
) -> tuple[int, int]:
    """Run schemathesis against `origin`. Returns the numbers of generated and accepted cases."""
    path = workspace.folder / f"{name}.json"
    report = "--report", "json", "--report-json-path", path
    schemathesis = SCRIPTS / "st", "--no-color", "--config-file", HERE / "schemathesis.toml", "run"
    scopes = [part for scope in SCOPES for part in ("--scope", scope)]
    env = {"ZARYA_DATABASE_URL": database_url}
    key = workspace.call(SCRIPTS / "zarya", "keys", "create", "--name", "Fuzz", *scopes, env=env)
    bearer = "--header", f"Authorization: Bearer {key.strip()}"
    own = {"FUZZ_KEY": key.strip()}
    _upload_picture(origin, key.strip())
    workspace.call(
        *schemathesis,
        *report,
        *bearer,
        *options,
        f"{origin}/openapi.json",
        env=own,
        timeout_seconds=_FUZZ_TIMEOUT_SECONDS,
    )
    result = json.loads(path.read_text())
    cases, operations = result["test_cases"], result["operations"]
    if (
        cases["unique_failures"]
        or cases["errored"]
        or operations["tested"] != operations["selected"]
    ):
        raise Failed(f"schemathesis on {name}: {cases}, {operations}")
    rates = (rate for phases in result["valid_rates"].values() for rate in phases.values())
    return cases["generated"], sum(rate["accepted"] for rate in rates)


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


STEPS: dict[str, Callable[[Workspace], str]] = {
    step.__name__: step
    for step in (
        redocly,
        spectral,
        typescript,
        hey_api_and_orval,
        go,
        python,
        typescript_package,
        python_package,
        fuzz,
        cache,
    )
}
COMMITTING_STEPS: dict[str, Callable[[Workspace], str]] = {"clients": clients}
"""Steps that write committed files, run by name only."""


def main(names: Iterable[str]) -> int:
    """Run the steps in `names` and return the exit status."""
    steps = STEPS | COMMITTING_STEPS
    if unknown := set(names) - set(steps):
        print(f"Unknown steps: {', '.join(unknown)}. Steps: {', '.join(steps)}")
        return 2
    with tempfile.TemporaryDirectory(prefix="zarya-contract-") as folder, ExitStack() as stack:
        workspace = Workspace(Path(folder), stack)
        for name in names:
            start = time.monotonic()
            try:
                figures = steps[name](workspace)
            except (Failed, subprocess.TimeoutExpired) as error:
                print(f"{name}: FAILED\n{error}", flush=True)
                return 1
            print(f"{name}: {figures} ({time.monotonic() - start:.0f} s)", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or STEPS))

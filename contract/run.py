"""`make contract`: the OpenAPI document under linters, fuzzers, generated clients and a cache.

Every step can be run alone: `.venv/bin/python -m contract.run redocly spectral`.
"""

import copy
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from typing import Any

from app.domain.enums import Scope
from contract import proxy
from contract.servers import ROOT, SCRIPTS, Failed, postgresql, service

HERE = Path(__file__).parent
CLIENTS = HERE / "clients"
LEAST_CASES = 2000
SCOPES = [scope.value for scope in Scope]
Document = dict[str, Any]


class Bench:
    """A temporary folder with what the steps share, each part made when it is first needed."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder = folder
        self.stack = stack

    @cached_property
    def document(self) -> Document:
        """The OpenAPI document, as it is published: under an https address."""
        env = {"ZARYA_PUBLIC_URL": "https://zarya.test"}
        document: Document = json.loads(self.call(SCRIPTS / "zarya", "openapi", env=env))
        return document

    def write(self, name: str, document: Document) -> Path:
        """A file with `document` in it."""
        path = self.folder / name
        path.write_text(json.dumps(document, indent=2))
        return path

    @cached_property
    def node(self) -> Path:
        """A folder with the packages that `package-lock.json` names."""
        folder = self.folder / "node"
        folder.mkdir()
        for name in ("package.json", "package-lock.json", "redocly.yaml", "spectral.yaml"):
            (folder / name).write_bytes((HERE / name).read_bytes())
        self.call("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=folder)
        return folder

    @cached_property
    def database_url(self) -> str:
        """The SQLite database beneath `origin`."""
        return f"sqlite:///{self.folder}/archive.db"

    @cached_property
    def origin(self) -> str:
        """The address of the service over SQLite."""
        return self.stack.enter_context(service(self.database_url, self.folder))

    def call(
        self,
        *command: str | Path,
        cwd: Path = ROOT,
        env: dict[str, str] | None = None,
        refused: str | None = None,
    ) -> str:
        """Run `command`, which must succeed, or fail with a word of what is `refused`."""
        path = f"{SCRIPTS}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            [str(part) for part in command],
            cwd=cwd,
            env={**os.environ, "PATH": path, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if refused is not None else subprocess.PIPE,
            text=True,
            timeout=240,
            check=False,
        )
        told = f"{done.stdout}\n{done.stderr or ''}"
        if refused is None and done.returncode:
            raise Failed(f"{command[0]} ends with {done.returncode}\n{told}")
        if refused is not None and (not done.returncode or refused not in told):
            raise Failed(f"{command[0]} does not notice: {refused}\n{told}")
        return done.stdout


def broken(document: Document) -> Document:
    """A copy of `document` in which the first operation has no id, and a parameter no bounds."""
    copied = copy.deepcopy(document)
    operation = copied["paths"]["/v1/launches"]["get"]
    del operation["operationId"]
    for parameter in operation["parameters"]:
        parameter["schema"].pop("maxLength", None)
    return copied


def redocly(bench: Bench) -> str:
    """The document under Redocly's strictest rules."""
    node = bench.node
    lint = node / "node_modules/.bin/redocly", "lint", "--config", "redocly.yaml"
    env = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}
    fault = bench.write("broken.json", broken(bench.document))
    bench.call(*lint, fault, cwd=node, env=env, refused="operation-operationId")
    good = bench.write("openapi.json", bench.document)
    bench.call(*lint, "--max-problems=1000", good, cwd=node, env=env)
    operations = sum(len(path) for path in bench.document["paths"].values())
    return f"{operations} operations, 0 errors, 0 warnings"


def spectral(bench: Bench) -> str:
    """The document under Spectral's rules, OWASP's among them."""
    node = bench.node
    lint = node / "node_modules/.bin/spectral", "lint", "--ruleset", "spectral.yaml"
    strict = "--fail-severity", "hint", "--display-only-failures"
    fault = bench.write("broken.json", broken(bench.document))
    bench.call(*lint, *strict, fault, cwd=node, refused="owasp:api4:2023-string-limit")
    good = bench.write("openapi.json", bench.document)
    bench.call(*lint, *strict, good, cwd=node)
    return "0 errors, 0 warnings"


def typescript(bench: Bench) -> str:
    """A client typed by openapi-typescript, compiled strictly, walking through the archive."""
    source = (CLIENTS / "walk.ts").read_text()
    _unaided(source, r"\bany\b| as |[\w)\]]!(?!=)|@ts-")
    node = bench.node
    folder = node / "client"
    folder.mkdir()
    good = bench.write("openapi.json", bench.document)
    modules = node / "node_modules/.bin"
    bench.call(modules / "openapi-typescript", good, "--output", folder / "api.ts", cwd=folder)
    (folder / "package.json").write_text('{"type": "module"}')
    (folder / "tsconfig.json").write_bytes((CLIENTS / "tsconfig.json").read_bytes())
    wrong = source.replace("page.mission.title", "page.mission.titel")
    (folder / "walk.ts").write_text(wrong)
    bench.call(modules / "tsc", "--project", folder, cwd=folder, refused="'titel'")
    (folder / "walk.ts").write_text(source)
    bench.call(modules / "tsc", "--project", folder, cwd=folder)
    walk = "node", folder / "walk.js", bench.origin
    bench.call(*walk, "iss-60", cwd=folder, refused="ISS-60 mission")
    return bench.call(*walk, cwd=folder).strip()


def _unaided(source: str, pattern: str) -> None:
    if found := re.findall(pattern, source):
        raise Failed(f"the walk helps the types along with {found}")


def python(bench: Bench) -> str:
    """A client by openapi-python-client, checked strictly by mypy, walking through the archive."""
    folder = bench.folder / "python"
    folder.mkdir()
    scripts = folder / "venv/bin"
    interpreter = scripts / "python"
    bench.call("uv", "venv", "--quiet", "--python", sys.executable, folder / "venv")
    install = "uv", "pip", "install", "--quiet", "--require-hashes", "--python", interpreter
    bench.call(*install, "--requirement", CLIENTS / "requirements.txt")
    generate = scripts / "openapi-python-client", "generate", "--meta", "none", "--fail-on-warning"
    good = bench.write("openapi.json", bench.document)
    options = "--config", CLIENTS / "generator.yaml", "--path", good
    bench.call(*generate, *options, "--output-path", folder / "zarya_client")
    source = (CLIENTS / "walk.py").read_text()
    _unaided(source, r"\bAny\b|\bcast\b|type: ignore")
    check = scripts / "mypy", "--strict", "--cache-dir", folder / "cache"
    (folder / "walk.py").write_text(source.replace("mission.title", "mission.titel"))
    bench.call(*check, "walk.py", cwd=folder, refused="titel")
    (folder / "walk.py").write_text(source)
    bench.call(*check, "walk.py", "zarya_client", cwd=folder)
    walk = interpreter, "walk.py", bench.origin
    bench.call(*walk, "iss-60", cwd=folder, refused="ISS-60 mission")
    return bench.call(*walk, cwd=folder).strip()


def cache(bench: Bench) -> str:
    """The service behind a caching proxy."""
    return proxy.check(bench.origin, bench.database_url, bench.folder / "proxy")


def fuzz(bench: Bench) -> str:
    """Schemathesis against the service, over SQLite and over PostgreSQL."""
    told = copy.deepcopy(bench.document)
    for parameter in told["paths"]["/v1/launches"]["get"]["parameters"]:
        if parameter["name"] == "limit":
            parameter["schema"]["maximum"] += 1
    wrong = bench.write("wrong.json", told)
    attack = SCRIPTS / "st", "--config-file", HERE / "schemathesis.toml", "run"
    one = "--url", bench.origin, "--include-operation-id", "listLaunches", "--phases", "coverage"
    bench.call(*attack, *one, wrong, refused="Schema-valid request rejected")
    figures = {"SQLite": _fuzz(bench, "sqlite", bench.origin, bench.database_url)}
    with postgresql(bench.folder) as url, service(url, bench.folder) as origin:
        figures["PostgreSQL"] = _fuzz(bench, "postgresql", origin, url)
    total = sum(cases for cases, _ in figures.values())
    if total < LEAST_CASES:
        raise Failed(f"only {total} cases; {LEAST_CASES} are wanted")
    parts = (f"{name} {cases} ({good} accepted)" for name, (cases, good) in figures.items())
    return f"{total} cases, 0 failures: {', '.join(parts)}"


def _fuzz(bench: Bench, name: str, origin: str, database_url: str) -> tuple[int, int]:
    """How many cases schemathesis tried at `origin`, and how many of them were accepted."""
    path = bench.folder / f"{name}.json"
    report = "--report", "json", "--report-json-path", path
    attack = SCRIPTS / "st", "--no-color", "--config-file", HERE / "schemathesis.toml", "run"
    scopes = [part for scope in SCOPES for part in ("--scope", scope)]
    env = {"ZARYA_DATABASE_URL": database_url}
    key = bench.call(SCRIPTS / "zarya", "keys", "create", "--name", "Fuzz", *scopes, env=env)
    bearer = "--header", f"Authorization: Bearer {key.strip()}"
    own = {"FUZZ_KEY_ID": key.split("_")[1]}
    bench.call(*attack, *report, *bearer, f"{origin}/openapi.json", env=own)
    told = json.loads(path.read_text())
    cases, operations = told["test_cases"], told["operations"]
    if (
        cases["unique_failures"]
        or cases["errored"]
        or operations["tested"] != operations["selected"]
    ):
        raise Failed(f"schemathesis on {name}: {cases}, {operations}")
    rates = (rate for phases in told["valid_rates"].values() for rate in phases.values())
    return cases["generated"], sum(rate["accepted"] for rate in rates)


STEPS: dict[str, Callable[[Bench], str]] = {
    step.__name__: step for step in (redocly, spectral, typescript, python, fuzz, cache)
}


def main(names: Iterable[str]) -> int:
    """Run the steps called `names`; the exit status."""
    if unknown := set(names) - set(STEPS):
        print(f"No such step: {', '.join(unknown)}. There are: {', '.join(STEPS)}")
        return 2
    with tempfile.TemporaryDirectory(prefix="zarya-contract-") as folder, ExitStack() as stack:
        bench = Bench(Path(folder), stack)
        for name in names:
            start = time.monotonic()
            try:
                figures = STEPS[name](bench)
            except (Failed, subprocess.TimeoutExpired) as error:
                print(f"{name}: FAILED\n{error}", flush=True)
                return 1
            print(f"{name}: {figures} ({time.monotonic() - start:.0f} s)", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or STEPS))

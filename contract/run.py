"""`make contract`: checks of the OpenAPI document by linters, clients, a fuzzer and a cache.

Run single steps by name: `.venv/bin/python -m contract.run redocly spectral`.
"""

import copy
import json
import os
import re
import shutil
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
from contract import following, proxy
from contract.servers import ROOT, SCRIPTS, Failed, postgresql, service

HERE = Path(__file__).parent
CLIENTS = HERE / "clients"
PACKAGES = ROOT / "clients"
PYTHON_MODELS = PACKAGES / "python/src/zarya_client/models.py"
TYPESCRIPT_TYPES = PACKAGES / "typescript/src/api.ts"
MAX_BUNDLE_BYTES = 12_000
MIN_FUZZ_CASES = 2000
_COMMAND_TIMEOUT_SECONDS = 240
_FUZZ_TIMEOUT_SECONDS = 1800
"""Guard against a hang only: the number of cases is fixed, and `max_response_time` limits each."""
SCOPES = [scope.value for scope in Scope]
Document = dict[str, Any]


class Bench:
    """Temporary folder and resources shared by the steps, each created on first use."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder = folder
        self.stack = stack

    @cached_property
    def document(self) -> Document:
        """OpenAPI document of a service with an https origin, as published."""
        env = {"ZARYA_PUBLIC_URL": "https://zarya.test"}
        document: Document = json.loads(self.call(SCRIPTS / "zarya", "openapi", env=env))
        return document

    def write(self, name: str, document: Document) -> Path:
        """Write `document` to a file in the folder and return its path."""
        path = self.folder / name
        path.write_text(json.dumps(document, indent=2))
        return path

    @cached_property
    def node(self) -> Path:
        """Folder with the npm packages of `package-lock.json`."""
        folder = self.folder / "node"
        folder.mkdir()
        for name in ("package.json", "package-lock.json", "redocly.yaml", "spectral.yaml"):
            (folder / name).write_bytes((HERE / name).read_bytes())
        self.call("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=folder)
        return folder

    @cached_property
    def python_tools(self) -> Path:
        """Scripts of a virtual environment with the packages of `requirements.txt`."""
        folder = self.folder / "venv"
        self.call("uv", "venv", "--quiet", "--python", sys.executable, folder)
        install = "uv", "pip", "install", "--quiet", "--require-hashes"
        packages = "--python", folder / "bin/python", "--requirement", CLIENTS / "requirements.txt"
        self.call(*install, *packages)
        return folder / "bin"

    @cached_property
    def database_url(self) -> str:
        """URL of the SQLite database of `origin`."""
        return f"sqlite:///{self.folder}/archive.db"

    @cached_property
    def origin(self) -> str:
        """Origin of the service on SQLite."""
        return self.stack.enter_context(service(self.database_url, self.folder))

    def call(
        self,
        *command: str | Path,
        cwd: Path = ROOT,
        env: dict[str, str] | None = None,
        expected_error: str | None = None,
        timeout_seconds: int = _COMMAND_TIMEOUT_SECONDS,
    ) -> str:
        """Run `command` and return its output.

        Raises Failed if it fails; with `expected_error`, if it does not fail with that text.
        """
        path = f"{SCRIPTS}{os.pathsep}{os.environ['PATH']}"
        result = subprocess.run(
            [str(part) for part in command],
            cwd=cwd,
            env={**os.environ, "PATH": path, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if expected_error is not None else subprocess.PIPE,
            text=True,
            timeout=timeout_seconds,
            check=False,
        )
        output = f"{result.stdout}\n{result.stderr or ''}"
        if expected_error is None and result.returncode:
            raise Failed(f"{command[0]} failed with status {result.returncode}\n{output}")
        if expected_error is not None and (not result.returncode or expected_error not in output):
            raise Failed(f"{command[0]} did not report: {expected_error}\n{output}")
        return result.stdout


def broken(document: Document) -> Document:
    """Return a copy of `document` with faults: no operationId, no `maxLength` of parameters."""
    faulty = copy.deepcopy(document)
    operation = faulty["paths"]["/v1/launches"]["get"]
    del operation["operationId"]
    for parameter in operation["parameters"]:
        parameter["schema"].pop("maxLength", None)
    return faulty


def redocly(bench: Bench) -> str:
    """Lint the document with Redocly's strictest rules."""
    node = bench.node
    lint = node / "node_modules/.bin/redocly", "lint", "--config", "redocly.yaml"
    env = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}
    fault = bench.write("broken.json", broken(bench.document))
    bench.call(*lint, fault, cwd=node, env=env, expected_error="operation-operationId")
    good = bench.write("openapi.json", bench.document)
    bench.call(*lint, "--max-problems=1000", good, cwd=node, env=env)
    operations = sum(len(path) for path in bench.document["paths"].values())
    return f"{operations} operations, 0 errors, 0 warnings"


def spectral(bench: Bench) -> str:
    """Lint the document with Spectral's rules, including OWASP's."""
    node = bench.node
    lint = node / "node_modules/.bin/spectral", "lint", "--ruleset", "spectral.yaml"
    strict = "--fail-severity", "hint", "--display-only-failures"
    fault = bench.write("broken.json", broken(bench.document))
    bench.call(*lint, *strict, fault, cwd=node, expected_error="owasp:api4:2023-string-limit")
    good = bench.write("openapi.json", bench.document)
    bench.call(*lint, *strict, good, cwd=node)
    return "0 errors, 0 warnings"


def typescript(bench: Bench) -> str:
    """Generate types with openapi-typescript, compile a client strictly, and run it."""
    source = (CLIENTS / "walk.ts").read_text()
    _check_no_type_escapes(source, r"\bany\b| as |[\w)\]]!(?!=)|@ts-")
    node = bench.node
    folder = node / "client"
    folder.mkdir()
    modules = node / "node_modules/.bin"
    _generate_types(bench, folder / "api.ts")
    _check_current(folder / "api.ts", TYPESCRIPT_TYPES)
    (folder / "package.json").write_text('{"type": "module"}')
    (folder / "tsconfig.json").write_bytes((CLIENTS / "tsconfig.json").read_bytes())
    wrong = source.replace("page.mission.title", "page.mission.titel")
    (folder / "walk.ts").write_text(wrong)
    bench.call(modules / "tsc", "--project", folder, cwd=folder, expected_error="'titel'")
    (folder / "walk.ts").write_text(source)
    bench.call(modules / "tsc", "--project", folder, cwd=folder)
    walk = "node", folder / "walk.js", bench.origin
    bench.call(*walk, "iss-60", cwd=folder, expected_error="ISS-60 mission")
    return bench.call(*walk, cwd=folder).strip()


def _check_no_type_escapes(source: str, pattern: str) -> None:
    if found := re.findall(pattern, source):
        raise Failed(f"the client bypasses the generated types with {found}")


def python(bench: Bench) -> str:
    """Generate a client with openapi-python-client, check it with strict mypy, and run it."""
    folder = bench.folder / "python"
    folder.mkdir()
    scripts = bench.python_tools
    interpreter = scripts / "python"
    generate = scripts / "openapi-python-client", "generate", "--meta", "none", "--fail-on-warning"
    good = bench.write("openapi.json", bench.document)
    options = "--config", CLIENTS / "generator.yaml", "--path", good
    bench.call(*generate, *options, "--output-path", folder / "zarya_client")
    source = (CLIENTS / "walk.py").read_text()
    _check_no_type_escapes(source, r"\bAny\b|\bcast\b|type: ignore")
    check = scripts / "mypy", "--strict", "--cache-dir", folder / "cache"
    (folder / "walk.py").write_text(source.replace("mission.title", "mission.titel"))
    bench.call(*check, "walk.py", cwd=folder, expected_error="titel")
    (folder / "walk.py").write_text(source)
    bench.call(*check, "walk.py", "zarya_client", cwd=folder)
    walk = interpreter, "walk.py", bench.origin
    bench.call(*walk, "iss-60", cwd=folder, expected_error="ISS-60 mission")
    return bench.call(*walk, cwd=folder).strip()


def _generate_types(bench: Bench, target: Path) -> None:
    """Generate the types of the TypeScript client by openapi-typescript."""
    tool = bench.node / "node_modules/.bin/openapi-typescript"
    bench.call(tool, ROOT / "openapi.json", "--output", target)


def _generate_models(bench: Bench, target: Path) -> None:
    """Generate the types of the Python client by datamodel-code-generator."""
    tool = bench.python_tools / "datamodel-codegen"
    header = '"""Types of the API. Generated by `make clients`: do not edit."""'
    bench.call(
        tool,
        *("--input", ROOT / "openapi.json", "--input-file-type", "openapi", "--output", target),
        *("--output-model-type", "typing.TypedDict", "--target-python-version", "3.11"),
        *("--openapi-scopes", "schemas", "paths", "parameters", "--use-operation-id-as-name"),
        *("--use-standard-collections", "--use-union-operator", "--enum-field-as-literal", "all"),
        *("--use-schema-description", "--use-field-description"),
        *("--formatters", "builtin", "--custom-file-header", header),
    )


def _check_current(generated: Path, committed: Path) -> None:
    if generated.read_text() != committed.read_text():
        raise Failed(f"{committed.relative_to(ROOT)} is stale: run `make clients`")


def typescript_package(bench: Bench) -> str:
    """Pack the TypeScript client, install it from the pack, test it, and measure a bundle."""
    folder = bench.node / "package"
    shutil.copytree(PACKAGES / "typescript", folder, ignore=shutil.ignore_patterns("node_modules"))
    modules = bench.node / "node_modules/.bin"
    bench.call(modules / "tsc", cwd=folder)
    bench.call(modules / "tsc", "--project", "tsconfig.test.json", cwd=folder)
    tests = "node", "--test", "--test-reporter=tap", "dist-test/test/client.test.js"
    bench.call(*tests, cwd=folder, env={"ZARYA_ORIGIN": bench.origin})
    bench.call(*tests, cwd=folder, env={"ZARYA_ORIGIN": "http://[::1]:1"}, expected_error="not ok")
    pack = bench.call("npm", "pack", "--silent", cwd=folder).strip()
    user = bench.folder / "user"
    user.mkdir()
    (user / "package.json").write_text('{"type": "module"}')
    install = "npm", "install", "--silent", "--ignore-scripts", "--no-audit", "--no-fund"
    bench.call(*install, folder / pack, cwd=user)
    (user / "app.js").write_text(
        'import { createZarya, data, items } from "zarya-client";\n'
        f'const zarya = createZarya({{ baseUrl: "{bench.origin}" }});\n'
        'console.log((await data(zarya.api.GET("/v1/station"))).on);\n'
        'for await (const each of items(zarya, "/v1/missions")) console.log(each.slug);\n'
    )
    bundle = user / "bundle.js"
    options = "--bundle", "--minify", "--format=esm", f"--outfile={bundle}"
    bench.call(modules / "esbuild", "app.js", *options, cwd=user)
    count = len(bench.call("node", bundle, cwd=user).splitlines())
    size = bundle.stat().st_size
    if size >= MAX_BUNDLE_BYTES or count < 75:
        raise Failed(f"the bundle has {size} bytes, and printed {count} lines")
    return f"{pack}, a bundle of {size} bytes"


def python_package(bench: Bench) -> str:
    """Build the wheel of the Python client, install it, check it with strict mypy, and test it."""
    folder = bench.folder / "python_package"
    shutil.copytree(PACKAGES / "python", folder)
    models, python = folder / "models.py", bench.python_tools / "python"
    _generate_models(bench, models)
    _check_current(models, PYTHON_MODELS)
    bench.call(python, "-m", "hatchling", "build", "--target", "wheel", cwd=folder)
    (wheel,) = (folder / "dist").iterdir()
    shutil.rmtree(folder / "src")
    install = "uv", "pip", "install", "--quiet", "--no-deps", "--python", python
    bench.call(*install, wheel)
    mypy = bench.python_tools / "mypy", "--strict", "--cache-dir", folder / "cache"
    bench.call(*mypy, "--package", "zarya_client", cwd=folder)
    bench.call(*mypy, "tests", cwd=folder)
    tests = python, "-m", "pytest", "-q", "-p", "no:cacheprovider"
    output = bench.call(*tests, cwd=folder, env={"ZARYA_ORIGIN": bench.origin})
    wrong = {"ZARYA_ORIGIN": "http://[::1]:1"}
    bench.call(*tests, "-k", "service", cwd=folder, env=wrong, expected_error="1 failed")
    bench.call(*mypy, CLIENTS / "follow.py", cwd=folder)
    figures = following.check(python, CLIENTS / "follow.py", bench.folder / "following")
    return f"{wheel.name}, {output.strip().splitlines()[-1]}; {figures}"


def clients(bench: Bench) -> str:
    """Generate the types of both clients anew: `make clients`."""
    _generate_types(bench, TYPESCRIPT_TYPES)
    _generate_models(bench, PYTHON_MODELS)
    return "generated"


def cache(bench: Bench) -> str:
    """Check the service behind a caching proxy."""
    return proxy.check(bench.origin, bench.database_url, bench.folder / "proxy")


def fuzz(bench: Bench) -> str:
    """Run schemathesis against the service on SQLite and on PostgreSQL."""
    faulty = copy.deepcopy(bench.document)
    for parameter in faulty["paths"]["/v1/launches"]["get"]["parameters"]:
        if parameter["name"] == "limit":
            parameter["schema"]["maximum"] += 1
    wrong = bench.write("wrong.json", faulty)
    schemathesis = SCRIPTS / "st", "--config-file", HERE / "schemathesis.toml", "run"
    one = "--url", bench.origin, "--include-operation-id", "listLaunches", "--phases", "coverage"
    bench.call(*schemathesis, *one, wrong, expected_error="Schema-valid request rejected")
    figures = {"SQLite": _fuzz(bench, "sqlite", bench.origin, bench.database_url)}
    # Requests are validated before a database is used, so the coverage of schemas runs once.
    phases = "--phases", "examples,fuzzing,stateful"
    with postgresql(bench.folder) as url, service(url, bench.folder) as origin:
        figures["PostgreSQL"] = _fuzz(bench, "postgresql", origin, url, *phases)
    total = sum(cases for cases, _ in figures.values())
    if total < MIN_FUZZ_CASES:
        raise Failed(f"only {total} cases; at least {MIN_FUZZ_CASES} are required")
    parts = (f"{name} {cases} ({good} accepted)" for name, (cases, good) in figures.items())
    return f"{total} cases, 0 failures: {', '.join(parts)}"


def _fuzz(
    bench: Bench, name: str, origin: str, database_url: str, *options: str
) -> tuple[int, int]:
    """Run schemathesis against `origin`. Returns the numbers of generated and accepted cases."""
    path = bench.folder / f"{name}.json"
    report = "--report", "json", "--report-json-path", path
    schemathesis = SCRIPTS / "st", "--no-color", "--config-file", HERE / "schemathesis.toml", "run"
    scopes = [part for scope in SCOPES for part in ("--scope", scope)]
    env = {"ZARYA_DATABASE_URL": database_url}
    key = bench.call(SCRIPTS / "zarya", "keys", "create", "--name", "Fuzz", *scopes, env=env)
    bearer = "--header", f"Authorization: Bearer {key.strip()}"
    own = {"FUZZ_KEY_ID": key.split("_")[1]}
    bench.call(
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


STEPS: dict[str, Callable[[Bench], str]] = {
    step.__name__: step
    for step in (
        redocly,
        spectral,
        typescript,
        typescript_package,
        python,
        python_package,
        fuzz,
        cache,
    )
}
GENERATORS: dict[str, Callable[[Bench], str]] = {"clients": clients}
"""Steps that write committed files, run by name only."""


def main(names: Iterable[str]) -> int:
    """Run the steps in `names` and return the exit status."""
    steps = STEPS | GENERATORS
    if unknown := set(names) - set(steps):
        print(f"Unknown steps: {', '.join(unknown)}. Steps: {', '.join(steps)}")
        return 2
    with tempfile.TemporaryDirectory(prefix="zarya-contract-") as folder, ExitStack() as stack:
        bench = Bench(Path(folder), stack)
        for name in names:
            start = time.monotonic()
            try:
                figures = steps[name](bench)
            except (Failed, subprocess.TimeoutExpired) as error:
                print(f"{name}: FAILED\n{error}", flush=True)
                return 1
            print(f"{name}: {figures} ({time.monotonic() - start:.0f} s)", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or STEPS))

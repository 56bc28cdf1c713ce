"""Workspace of the contract checks: temporary folder, document, service and tools of the steps."""

import json
import os
import subprocess
import sys
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from typing import Any

from contract.servers import ROOT, SCRIPTS, Failed, service

HERE = Path(__file__).parent
CLIENTS = HERE / "clients"
_COMMAND_TIMEOUT_SECONDS = 240
Document = dict[str, Any]


class Workspace:
    """Temporary folder, document and tools of the contract checks.

    The properties are created on first use, by the steps of one lane only: lanes run in threads.
    """

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder = folder
        self.stack = stack
        env = {"ZARYA_PUBLIC_URL": "https://zarya.test"}
        self.document: Document = json.loads(self.call(SCRIPTS / "zarya", "openapi", env=env))
        """OpenAPI document of a service with an https origin, as published."""

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
        merge_errors: bool = False,
        timeout_seconds: int = _COMMAND_TIMEOUT_SECONDS,
    ) -> str:
        """Run `command` and return its output, with that of errors if `merge_errors`.

        Raises Failed if it fails; with `expected_error`, if it does not fail with that text.
        """
        path = f"{SCRIPTS}{os.pathsep}{os.environ['PATH']}"
        merged = merge_errors or expected_error is not None
        result = subprocess.run(
            [str(part) for part in command],
            cwd=cwd,
            env={**os.environ, "PATH": path, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if merged else subprocess.PIPE,
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

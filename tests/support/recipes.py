"""Recipes of the documentation: the lines that a page shows, run in a folder, and their results."""

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2 as httpx

from tests.support.paths import ROOT


def shown_lines(recipe: str) -> list[str]:
    """Shell lines on the page of a recipe."""
    page = (ROOT / "docs" / "recipes" / f"{recipe}.md").read_text()
    [lines] = re.findall(r"```\n(.+?)```", page, re.DOTALL)
    found: list[str] = lines.strip().split("\n")
    return found


@contextmanager
def run_lines(lines: list[str], origin: str, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run lines of a page in `folder`, with the service at `origin`; output goes to `output`."""
    script = "set -e\n" + "\n".join(lines).replace("http://localhost:8000", origin)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    with (
        (folder / "output").open("ab") as output,
        subprocess.Popen(
            ["bash", "-c", script],
            cwd=folder,
            env=os.environ | {"PATH": path},
            stdout=output,
            stderr=output,
            start_new_session=True,
        ) as process,
    ):
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def output_of(folder: Path) -> str:
    """Output of the lines that ran in `folder`."""
    return (folder / "output").read_text()


def posted_launches(folder: Path) -> list[str]:
    """Spacecraft of the launches that the bot has posted, in their order."""
    return re.findall(r"Launched: (.+?),", output_of(folder))


def create_launch(origin: str, key: str, name: str) -> None:
    """Record the launch of a cargo vehicle."""
    document = {
        "status": "success",
        "launch_at": "2019-05-05T10:00:00Z",
        "launch_at_precision": "second",
        "crewed": False,
        "vehicle": {"name": "Soyuz-2.1a", "family": "Soyuz"},
        "spacecraft": [{"name": name, "kind": "CV"}],
    }
    headers = {"Authorization": f"Bearer {key}"}
    httpx.post(f"{origin}/v1/launches", json=document, headers=headers).raise_for_status()


def read_copy(path: Path) -> dict[tuple[str, int], Any]:
    """Records of an offline copy by type and id."""
    with sqlite3.connect(path) as database:
        rows = database.execute("SELECT type, id, data FROM records").fetchall()
    return {(type_, id_): json.loads(data) for type_, id_, data in rows}


def read_snapshot(origin: str) -> dict[tuple[str, int], Any]:
    """Records of the change feed by type and id."""
    records: dict[tuple[str, int], Any] = {}
    url = f"{origin}/v1/changes"
    while url:
        page = httpx.get(url).raise_for_status().json()
        records |= {(each["type"], each["id"]): each["data"] for each in page["items"]}
        url = page["next"]
    return records

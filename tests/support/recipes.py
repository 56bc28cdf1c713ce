"""Recipes of the documentation: the lines that a page shows, run in a folder."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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

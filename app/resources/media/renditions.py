"""Renditions of untrusted pictures, made by a child process: see `app.resources.media.worker`."""

import subprocess
import sys
from pathlib import Path

from app.domain.pictures import MANIFEST_FILE, Picture, PictureRefused

MAX_WALL_SECONDS = 5.0
"""Time after which the child is killed; its CPU time has a lower limit of its own."""


def make_renditions(source: Path, target: Path) -> Picture:
    """Write the renditions of the file `source` to the directory `target`. Call it in a thread.

    Raises PictureRefused, with the code `too-complex` if the child exceeds a limit.
    """
    command = [sys.executable, "-I", "-m", "app.resources.media.worker", str(source), str(target)]
    try:
        result = subprocess.run(  # noqa: S603 - our own module
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={},
            cwd=target,
            timeout=MAX_WALL_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise PictureRefused("too-complex") from None
    if result.returncode:
        raise PictureRefused(result.stdout.decode("ascii", "replace").strip() or "too-complex")
    return Picture.from_json((target / MANIFEST_FILE).read_bytes())

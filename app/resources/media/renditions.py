"""Renditions of untrusted pictures, made by a child process: see `app.resources.media.worker`."""

import os
import subprocess
import sys
from pathlib import Path

from app.domain.languages import tr
from app.domain.pictures import MANIFEST_FILE, Picture, PictureRefused, RefusalCode
from app.http.problems import Unavailable

MAX_WALL_SECONDS = 5.0
"""Time after which the child is killed. Its CPU time has a lower limit, so the machine is busy."""

_RETRY_SECONDS = 30
"""Time after which a client may repeat a request for which a busy server did not decode."""

_MAX_LOGGED_BYTES = 2000


def make_renditions(source: Path, target: Path) -> Picture:
    """Write the renditions of the file `source` to the directory `target`. Call it in a thread.

    Raises PictureRefused, with the code `too-complex` if the child exceeds a limit or crashes,
    Unavailable if it does not get its CPU time in `MAX_WALL_SECONDS`, OSError if it cannot read or
    write files, and RuntimeError if it fails for another reason than the picture.
    """
    command = [sys.executable, "-I", "-m", "app.resources.media.worker", str(source), str(target)]
    try:
        result = subprocess.run(  # noqa: S603 - our own module
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env={},
            cwd=target,
            timeout=MAX_WALL_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise busy_decoder() from error
    if result.returncode < 0:  # killed by a signal
        raise PictureRefused(RefusalCode.TOO_COMPLEX)
    if result.returncode:
        match result.stdout.decode("ascii", "replace").split():
            case [*_, "errno", number] if number.isdecimal():
                raise OSError(int(number), os.strerror(int(number)))
            case [*_, code] if code in set(RefusalCode):
                raise PictureRefused(RefusalCode(code))
        errors = result.stderr[-_MAX_LOGGED_BYTES:].decode(errors="replace")
        raise RuntimeError(f"The decoder ended with status {result.returncode}: {errors}")
    return Picture.from_json((target / MANIFEST_FILE).read_bytes())


def busy_decoder() -> Unavailable:
    """The problem for a request whose picture was not decoded in time."""
    detail = tr(
        "The server is too busy to decode the picture. Try again later.",
        "Сервер слишком загружен, чтобы декодировать изображение. Повторите запрос позже.",
    )
    return Unavailable(detail, headers={"Retry-After": str(_RETRY_SECONDS)})

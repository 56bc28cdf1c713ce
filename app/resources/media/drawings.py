"""Drawings of the embedded archive: pictures in the package, rendered when they are first read.

Their records are loaded without files: renditions of all of them would take longer than the rest of
the archive. A reader starts a decoder for a drawing that has none yet, for one at a time.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import cast

from app.domain.pictures import SVG_TYPE, Picture, fit_sizes
from app.resources.media.picture_store import PictureStore
from app.resources.media.renditions import make_renditions

DRAWINGS_PATH = Path(__file__).parent / "drawing_files"

_SIDE_PIXELS = 480
"""Width and height of all drawings."""


@cache
def _read_index() -> Mapping[str, tuple[str, str]]:
    """The file and the BlurHash of each drawing, by digest."""
    return cast(
        "dict[str, tuple[str, str]]", json.loads((DRAWINGS_PATH / "index.json").read_bytes())
    )


def find_drawing(digest: str) -> Picture | None:
    """The drawing with this digest, or None."""
    entry = _read_index().get(digest)
    if entry is None:
        return None
    return Picture(
        SVG_TYPE, _SIDE_PIXELS, _SIDE_PIXELS, entry[1], tuple(fit_sizes(_SIDE_PIXELS, _SIDE_PIXELS))
    )


def make_drawing(store: PictureStore, digest: str) -> None:
    """Store the renditions of the drawing with this digest, unless they are stored.

    Call it in a thread. Raises Unavailable if the machine is too busy, or if the store
    fails.
    """
    file, _ = _read_index()[digest]
    if store.find(digest) is None:
        with store.staging() as folder:
            files = folder / digest
            files.mkdir()
            make_renditions(DRAWINGS_PATH / file, files)
            store.add(digest, files)

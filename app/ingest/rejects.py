"""Rejects file: rejected entries in their original format, to be corrected and imported again."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import TextIO

from app.domain.text import slugify
from app.ingest.entries import Format, Input, Reject


@contextmanager
def open_rejects_file(
    format_: Format, source: Input, folder: Path | None, used_paths: set[Path]
) -> Iterator[Callable[[Reject], None]]:
    """Yield a function that writes rejects of `source` to a file in `folder`.

    The file is created with the first reject; none is written if `folder` is None. `used_paths` are
    the files of the same import, none of which is overwritten. Raises OSError.
    """
    file: TextIO | None = None
    envelope = None

    def write(reject: Reject) -> None:
        nonlocal file, envelope
        if folder is None or not reject.raw:
            return
        if file is None or envelope is None:
            envelope = format_.read_envelope(source)
            folder.mkdir(parents=True, exist_ok=True)
            path = next(p for p in _candidate_paths(folder, source) if p not in used_paths)
            used_paths.add(path)
            file = path.open("w", encoding="utf-8", errors="surrogateescape", newline="")
            file.write(envelope.prefix)
        else:
            file.write(envelope.separator)
        file.write(reject.raw)

    try:
        yield write
    finally:
        if file is not None and envelope is not None:
            file.write(envelope.suffix)
            file.close()


def _candidate_paths(folder: Path, source: Input) -> Iterator[Path]:
    """Yield possible paths of the rejects file, numbered for inputs of the same name."""
    name, suffix = slugify(source.name)[-100:], ""
    if source.path is not None:
        name, suffix = source.path.stem, source.path.suffix
    yield folder / f"{name}.rejects{suffix}"
    for number in count(2):
        yield folder / f"{name}-{number}.rejects{suffix}"

"""Rejects file: rejected entries in their original format, to be corrected and imported again."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import TextIO

from app.domain.text import slugify
from app.ingest.entries import Format, Input, Reject


class RejectsFile:
    """Rejects of one input, in a file of `folder` that is created with the first reject.

    Nothing is written if `folder` is None. `used_paths` are the files of the same run, none of
    which is overwritten.
    """

    def __init__(
        self, format_: Format, source: Input, folder: Path | None, used_paths: set[Path]
    ) -> None:
        self._format = format_
        self._input = source
        self._folder = folder
        self._used_paths = used_paths
        self._file: TextIO | None = None
        self._suffix = ""
        self._separator = ""

    def __enter__(self) -> "RejectsFile":
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        if self._file is not None:
            self._file.write(self._suffix)
            self._file.close()

    def write(self, reject: Reject) -> None:
        """Write the source text of a reject."""
        if self._folder is None or not reject.raw:
            return
        if self._file is None:
            envelope = self._format.read_envelope(self._input)
            self._folder.mkdir(parents=True, exist_ok=True)
            paths = _candidate_paths(self._folder, self._input)
            path = next(each for each in paths if each not in self._used_paths)
            self._used_paths.add(path)
            self._file = path.open("w", encoding="utf-8", errors="surrogateescape", newline="")
            self._file.write(envelope.prefix)
            self._separator, self._suffix = envelope.separator, envelope.suffix
        else:
            self._file.write(self._separator)
        self._file.write(reject.raw)


def _candidate_paths(folder: Path, source: Input) -> Iterator[Path]:
    """Yield possible paths of the rejects file, numbered for inputs of the same name."""
    name, suffix = slugify(source.name)[-100:], ""
    if source.path is not None:
        name, suffix = source.path.stem, source.path.suffix
    yield folder / f"{name}.rejects{suffix}"
    for number in count(2):
        yield folder / f"{name}-{number}.rejects{suffix}"

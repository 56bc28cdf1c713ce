"""What was rejected, in a file of the format that it came in: to be mended, and imported again."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import TextIO

from app.domain.text import slugify
from app.ingest.entries import Format, Input, Reject


class RejectsFile:
    """The rejects of one input: a file in `folder`, made with the first one; None keeps none.

    `written` are the files of the run: none is written twice.
    """

    def __init__(
        self, form: Format, given: Input, folder: Path | None, written: set[Path] | None = None
    ) -> None:
        self._input_format = form
        self._input = given
        self._folder = folder
        self._used_paths = set[Path]() if written is None else written
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
        """Keep one more."""
        if self._folder is None or not reject.raw:
            return
        if self._file is None:
            frame = self._input_format.read_envelope(self._input)
            self._folder.mkdir(parents=True, exist_ok=True)
            paths = _candidate_paths(self._folder, self._input)
            path = next(each for each in paths if each not in self._used_paths)
            self._used_paths.add(path)
            self._file = path.open("w", encoding="utf-8", errors="surrogateescape", newline="")
            self._file.write(frame.prefix)
            self._separator, self._suffix = frame.separator, frame.suffix
        else:
            self._file.write(self._separator)
        self._file.write(reject.raw)


def _candidate_paths(folder: Path, given: Input) -> Iterator[Path]:
    """The files in `folder` that the rejects of an input may go to, as others have its name."""
    name, suffix = slugify(given.name)[-100:], ""
    if given.path is not None:
        name, suffix = given.path.stem, given.path.suffix
    yield folder / f"{name}.rejects{suffix}"
    for number in count(2):
        yield folder / f"{name}-{number}.rejects{suffix}"

"""What was rejected, in a file of the format that it came in: to be mended, and imported again."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import TextIO

from app.domain.text import slugify
from app.ingest.entries import Format, Input, Reject


class Rejects:
    """The rejects of one input: a file in `folder`, made with the first one; None keeps none.

    `written` are the files of the run: none is written twice.
    """

    def __init__(
        self, form: Format, given: Input, folder: Path | None, written: set[Path] | None = None
    ) -> None:
        self._form = form
        self._given = given
        self._folder = folder
        self._written = set[Path]() if written is None else written
        self._file: TextIO | None = None
        self._after = ""
        self._between = ""

    def __enter__(self) -> "Rejects":
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        if self._file is not None:
            self._file.write(self._after)
            self._file.close()

    def add(self, reject: Reject) -> None:
        """Keep one more."""
        if self._folder is None or not reject.raw:
            return
        if self._file is None:
            frame = self._form.frame(self._given)
            self._folder.mkdir(parents=True, exist_ok=True)
            paths = _paths(self._folder, self._given)
            path = next(each for each in paths if each not in self._written)
            self._written.add(path)
            self._file = path.open("w", encoding="utf-8", errors="surrogateescape", newline="")
            self._file.write(frame.before)
            self._between, self._after = frame.between, frame.after
        else:
            self._file.write(self._between)
        self._file.write(reject.raw)


def _paths(folder: Path, given: Input) -> Iterator[Path]:
    """The files in `folder` that the rejects of an input may go to, as others have its name."""
    name, suffix = slugify(given.name)[-100:], ""
    if given.path is not None:
        name, suffix = given.path.stem, given.path.suffix
    yield folder / f"{name}.rejects{suffix}"
    for number in count(2):
        yield folder / f"{name}-{number}.rejects{suffix}"

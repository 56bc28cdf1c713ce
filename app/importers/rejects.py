"""What was rejected, in a file of the format that it came in: to be mended, and imported again."""

from pathlib import Path
from types import TracebackType
from typing import TextIO

from app.importers.entries import Format, Input, Reject
from app.text import slugify


class Rejects:
    """The rejects of one input: a file in `folder`, made with the first one; None keeps none."""

    def __init__(self, form: Format, given: Input, folder: Path | None) -> None:
        self._form = form
        self._given = given
        self._folder = folder
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
            self._file = path_of(self._folder, self._given).open(
                "w", encoding="utf-8", errors="surrogateescape", newline=""
            )
            self._file.write(frame.before)
            self._between, self._after = frame.between, frame.after
        else:
            self._file.write(self._between)
        self._file.write(reject.raw)


def path_of(folder: Path, given: Input) -> Path:
    """The file in `folder` for the rejects of an input."""
    if given.path is None:
        return folder / f"{slugify(given.name)[-100:]}.rejects"
    return folder / f"{given.path.stem}.rejects{given.path.suffix}"

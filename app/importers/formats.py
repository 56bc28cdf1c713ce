"""The formats that can be imported, by name."""

from collections.abc import Iterator, Mapping
from importlib import import_module

from app.importers.entries import Format

_MODULES = {
    "feed": "app.importers.feed",
    "gcat": "app.importers.gcat",
    "launch-library": "app.importers.launch_library",
    "snapi": "app.importers.snapi",
    "ndjson": "app.importers.ndjson",
}


class _Formats(Mapping[str, Format]):
    """The formats, each loaded when it is first used.

    What reads feeds takes 15 MB, in each of the processes that answer requests, most of which
    never look at one.
    """

    def __getitem__(self, name: str) -> Format:
        form: Format = import_module(_MODULES[name]).FORMAT
        return form

    def __iter__(self) -> Iterator[str]:
        return iter(_MODULES)

    def __len__(self) -> int:
        return len(_MODULES)


FORMATS: Mapping[str, Format] = _Formats()

"""The formats that can be imported, by name."""

from collections.abc import Iterator, Mapping
from importlib import import_module

from app.ingest.entries import Format

_FORMAT_MODULES = {
    "feed": "app.ingest.formats.feed",
    "gcat": "app.ingest.formats.gcat",
    "launch-library": "app.ingest.formats.launch_library",
    "snapi": "app.ingest.formats.snapi",
    "ndjson": "app.ingest.formats.ndjson",
}


class _LazyFormatRegistry(Mapping[str, Format]):
    """The formats, each loaded when it is first used.

    What reads feeds takes 15 MB, in each of the processes that answer requests, most of which
    never look at one.
    """

    def __getitem__(self, name: str) -> Format:
        form: Format = import_module(_FORMAT_MODULES[name]).FORMAT
        return form

    def __iter__(self) -> Iterator[str]:
        return iter(_FORMAT_MODULES)

    def __len__(self) -> int:
        return len(_FORMAT_MODULES)


FORMATS: Mapping[str, Format] = _LazyFormatRegistry()

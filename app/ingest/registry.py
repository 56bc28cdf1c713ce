"""Registry of import formats."""

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
    """Formats by name, imported on first use.

    The feed parser takes 15 MB of memory, which most server processes never need.
    """

    def __getitem__(self, name: str) -> Format:
        format_: Format = import_module(_FORMAT_MODULES[name]).FORMAT
        return format_

    def __iter__(self) -> Iterator[str]:
        return iter(_FORMAT_MODULES)

    def __len__(self) -> int:
        return len(_FORMAT_MODULES)


FORMATS: Mapping[str, Format] = _LazyFormatRegistry()

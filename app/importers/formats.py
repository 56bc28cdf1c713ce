"""The formats that can be imported, by name."""

from collections.abc import Mapping

from app.importers import feed, gcat, launch_library, ndjson, snapi
from app.importers.entries import Format

FORMATS: Mapping[str, Format] = {
    form.name: form
    for form in (feed.FORMAT, gcat.FORMAT, launch_library.FORMAT, snapi.FORMAT, ndjson.FORMAT)
}

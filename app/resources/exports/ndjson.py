"""NDJSON export of the whole archive, drafts included, for import into another archive.

The first line contains the cursor of `/v1/changes` at which the export stands.

A line refers only to records of earlier lines. A field that refers to later records, such as the
crew of a launch who returned on a later one, is left out and added by a second line. Records are
sorted by slug, as ids differ between archives.
"""

import json
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any, TextIO

from sqlalchemy import select

from app.db.database import Reader
from app.db.models import FormerSlug
from app.resources.exports.meta import get_export_cursor
from app.resources.record_state import load_record_states
from app.resources.registry import RECORD_RESOURCES
from app.resources.resource import RecordResource

_BATCH_ROWS = 200


def write_ndjson(
    reader: Reader, file: TextIO, progress: Callable[[int], None] = lambda _: None
) -> int:
    """Write the cursor of the export and the archive to `file`. Returns the number of lines."""
    number = 0
    lines = chain([{"cursor": get_export_cursor(reader)}], iter_export_lines(reader))
    for number, line in enumerate(lines, start=1):
        file.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")
        progress(number)
    return number


def iter_export_lines(reader: Reader) -> Iterator[dict[str, Any]]:
    """The archive as JSON objects, one a record, in an order in which they can be imported."""
    for resource in RECORD_RESOURCES.values():
        deferred = resource.deferred_field
        for document, state in _iter_records(reader, resource):
            if deferred:
                del document[deferred.name]
            yield {"type": resource.record_type, "data": document, "kept": state}
        for other in RECORD_RESOURCES.values():
            if other.deferred_field and other.deferred_field.refers_to is resource.record_type:
                yield from _iter_deferred_fields(reader, other, other.deferred_field.name)
    deleted = select(FormerSlug.type, FormerSlug.slug).where(FormerSlug.record_id.is_(None))
    for row in reader.all(deleted.order_by(FormerSlug.type, FormerSlug.slug)):
        yield {"type": row["type"], "gone": row["slug"]}


def _iter_deferred_fields(
    reader: Reader, resource: RecordResource, name: str
) -> Iterator[dict[str, Any]]:
    for document, state in _iter_records(reader, resource):
        if document[name]:
            data = {"slug": document["slug"], name: document[name]}
            yield {"type": resource.record_type, "data": data, "kept": state}


def _iter_records(
    reader: Reader, resource: RecordResource
) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """All records of a type by slug: the document and the state of each."""
    model, last_slug = resource.model, ""
    while True:
        page = select(model.id, model.slug).where(model.slug > last_slug).order_by(model.slug)
        rows = reader.all(page.limit(_BATCH_ROWS))
        if not rows:
            return
        ids, last_slug = [row["id"] for row in rows], rows[-1]["slug"]
        records = resource.load_records(reader, ids)
        states = load_record_states(reader, resource.record_type, ids)
        for id_ in ids:
            record = records[id_].model_dump(mode="json", by_alias=True)
            yield resource.extract_document(record), states[id_].model_dump(mode="json")

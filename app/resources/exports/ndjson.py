"""NDJSON export: the whole archive with drafts, histories and deletions, for lossless import.

A line refers only to records of earlier lines. Launches therefore come first without their crews,
who may have landed with a later launch, and missions without their featured articles; a second line
adds them. Records are ordered by slug, as ids differ between archives.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any, TextIO

from sqlalchemy import select

from app.db.database import Reader
from app.db.models import FormerSlug
from app.domain.enums import RecordType
from app.resources.changes.queries import RECORD_WRITERS
from app.resources.record_state import CREW_FIELD, load_record_states, project_document

_BATCH_ROWS = 200
"""Records held in memory."""

_TYPE_ORDER = (RecordType.PERSON, RecordType.LAUNCH, RecordType.MISSION, RecordType.ARTICLE)

_DEFERRED_FIELDS = {RecordType.LAUNCH: "crew", RecordType.MISSION: "featured_article"}
"""Fields that refer to later records."""

_SECOND_PASS_TYPES = {RecordType.LAUNCH: RecordType.LAUNCH, RecordType.ARTICLE: RecordType.MISSION}
"""Type of the second lines that follow the records of a type."""


def write_ndjson(
    reader: Reader, file: TextIO, progress: Callable[[int], None] = lambda _: None
) -> int:
    """Write the archive to `file`. Returns the number of lines."""
    number = 0
    for number, line in enumerate(iter_export_lines(reader), start=1):
        file.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")
        progress(number)
    return number


def iter_export_lines(reader: Reader) -> Iterator[dict[str, Any]]:
    """Yield the lines of the archive, ordered so that references are resolved."""
    for type_ in _TYPE_ORDER:
        deferred = _DEFERRED_FIELDS.get(type_)
        for document, state in _iter_records(reader, type_):
            data = {name: value for name, value in document.items() if name != deferred}
            yield {"type": type_, "data": data, "kept": state}
        if (second := _SECOND_PASS_TYPES.get(type_)) is not None:
            name = _DEFERRED_FIELDS[second]
            for document, state in _iter_records(reader, second):
                if document[name]:
                    data = {"slug": document["slug"], name: document[name]}
                    yield {"type": second, "data": data, "kept": state}
    deleted = select(FormerSlug.type, FormerSlug.slug).where(FormerSlug.record_id.is_(None))
    for row in reader.all(deleted.order_by(FormerSlug.type, FormerSlug.slug)):
        yield {"type": row["type"], "gone": row["slug"]}


def _iter_records(
    reader: Reader, type_: RecordType
) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Yield document and state of each record of a type, by slug."""
    writer = RECORD_WRITERS[type_]
    model, last_slug = writer.model, ""
    while True:
        rest = select(model.id, model.slug).where(model.slug > last_slug).order_by(model.slug)
        rows = reader.all(rest.limit(_BATCH_ROWS))
        if not rows:
            return
        ids, last_slug = [row["id"] for row in rows], rows[-1]["slug"]
        records = writer.load_records(reader, ids)
        states = load_record_states(reader, type_, ids)
        for id_ in ids:
            snapshot = records[id_].model_dump(mode="json", by_alias=True)
            document = project_document(type_, snapshot)
            for row in document[CREW_FIELD] if type_ is RecordType.MISSION else ():
                del row["id"]
            yield document, states[id_].model_dump(mode="json")

"""The whole archive, drafts and all, in its own format: what another archive takes in unchanged.

A line names only records of lines before it. So launches come without their crews first, who may
have come home with a later one, and missions without the articles that lead their pages; a second
line of these adds that. Everything stands in the order of slugs: ids are each archive's own.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any, TextIO

from sqlalchemy import select

from app.db.database import Reader
from app.db.models import FormerSlug
from app.domain.enums import RecordType
from app.ingest.record_state import load_record_states
from app.resources.changes.queries import RECORD_WRITERS

_BATCH_ROWS = 200
"""How many records are held at once."""

_TYPE_ORDER = (RecordType.PERSON, RecordType.LAUNCH, RecordType.MISSION, RecordType.ARTICLE)

_DEFERRED_FIELDS = {RecordType.LAUNCH: "crew", RecordType.MISSION: "featured_article"}
"""What refers to records that come later."""

_SECOND_PASS_TYPES = {RecordType.LAUNCH: RecordType.LAUNCH, RecordType.ARTICLE: RecordType.MISSION}
"""Behind which records the second lines come, and of which."""


def write_ndjson(
    reader: Reader, file: TextIO, progress: Callable[[int], None] = lambda _: None
) -> int:
    """Write the archive into `file`. Returns how many lines that makes."""
    number = 0
    for number, line in enumerate(iter_export_lines(reader), start=1):
        file.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")
        progress(number)
    return number


def iter_export_lines(reader: Reader) -> Iterator[dict[str, Any]]:
    """The archive, a JSON object a record, in an order in which it can be taken in."""
    for kind in _TYPE_ORDER:
        later = _DEFERRED_FIELDS.get(kind)
        for document, kept in _iter_records(reader, kind):
            shown = {name: value for name, value in document.items() if name != later}
            yield {"type": kind, "data": shown, "kept": kept}
        if (second := _SECOND_PASS_TYPES.get(kind)) is not None:
            name = _DEFERRED_FIELDS[second]
            for document, kept in _iter_records(reader, second):
                if document[name]:
                    data = {"slug": document["slug"], name: document[name]}
                    yield {"type": second, "data": data, "kept": kept}
    gone = select(FormerSlug.type, FormerSlug.slug).where(FormerSlug.record_id.is_(None))
    for row in reader.all(gone.order_by(FormerSlug.type, FormerSlug.slug)):
        yield {"type": row["type"], "gone": row["slug"]}


def _iter_records(
    reader: Reader, kind: RecordType
) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """The documents of all records of a kind by slug, with what is kept of each."""
    editable = RECORD_WRITERS[kind]
    model, last = editable.model, ""
    names = [*editable.write_model.model_fields, *(["crew"] if kind is RecordType.MISSION else [])]
    while True:
        found = select(model.id, model.slug).where(model.slug > last).order_by(model.slug)
        rows = reader.all(found.limit(_BATCH_ROWS))
        if not rows:
            return
        ids, last = [row["id"] for row in rows], rows[-1]["slug"]
        records = editable.load_records(reader, ids)
        kept = load_record_states(reader, kind, ids)
        for id_ in ids:
            shown = records[id_].model_dump(mode="json", by_alias=True)
            document = {name: shown[name] for name in names if name in shown}
            for row in document["crew"] if kind is RecordType.MISSION else ():
                del row["id"]
            yield document, kept[id_].model_dump(mode="json")

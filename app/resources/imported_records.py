"""Imported records: their creation from documents, and the origins that later imports find them by.

Used by the import pipeline, and by editors who decide on proposals.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from app.api.write_models import WriteModel, validate_write_model
from app.db.models import Article, ImportOrigin, VersionedRecord
from app.domain.enums import ArticleState, RecordType
from app.resources.registry import RECORD_RESOURCES

MAX_SEEN_DIGESTS = 20
"""Maximum remembered forms of an entry."""

SCHEDULE_TIME_FIELDS = ("launch_at", "launch_at_precision", "launch_at_uncertain")

SCHEDULE_FIELDS: Mapping[RecordType, tuple[str, ...]] = {
    RecordType.LAUNCH: ("status", *SCHEDULE_TIME_FIELDS),
    RecordType.MISSION: ("starts_at", "starts_at_precision", "ends_at", "ends_at_precision"),
}
"""Fields of a document that change with time, by type of record."""


def create_record(
    session: Session, type_: RecordType, data: Mapping[str, Any], publish: bool
) -> VersionedRecord:
    """Create a record from a document, as an import that may change it later.

    A new article is a draft unless `publish`. Raises InvalidRequest or Conflict.
    """
    record = RECORD_RESOURCES[type_].model()
    if isinstance(record, Article) and publish:
        record.state = ArticleState.PUBLISHED
    apply_document(session, record, data)
    RECORD_RESOURCES[type_].writer.add_defaults(session, record)
    return record


def apply_document(session: Session, record: VersionedRecord, data: Mapping[str, Any]) -> None:
    """Apply a document to a record, new or not, with its nested collection.

    Raises InvalidRequest or Conflict.
    """
    apply_documents(session, [(record, data)])


def apply_documents(
    session: Session, documents: Sequence[tuple[VersionedRecord, Mapping[str, Any]]]
) -> None:
    """Apply documents to records of one type that do not refer to each other.

    Raises InvalidRequest or Conflict for the first document that is refused.
    """
    resource = RECORD_RESOURCES[documents[0][0].record_type]
    nested, writer = resource.nested_collection, resource.writer
    validated: list[tuple[VersionedRecord, WriteModel]] = []
    nested_items: list[Any] = []
    for record, data in documents:
        fields = dict(data)
        nested_items.append(fields.pop(nested.name, None) if nested else None)
        validated.append((record, validate_write_model(writer.write_model, fields)))
    complete = resource.add_missing_references(session, [document for _, document in validated])
    pairs = [(record, document) for (record, _), document in zip(documents, complete, strict=True)]
    if writer.save_all:
        writer.save_all(session, pairs)
    else:
        for record, document in pairs:
            writer.save(session, record, document)
    session.flush()
    for (record, _), items in zip(documents, nested_items, strict=True):
        if nested and items is not None:
            nested.save(session, record, items)
            session.flush()


def read_schedule(type_: RecordType, data: Mapping[str, Any]) -> dict[str, Any] | None:
    """Times, status and people in a launch or mission document; None for other records.

    `crew` lists the people, and is None if the document has no crew.
    """
    if type_ not in SCHEDULE_FIELDS:
        return None
    crew = data.get("crew")
    people = None if crew is None else sorted({member["person"] for member in crew})
    return {name: data.get(name) for name in SCHEDULE_FIELDS[type_]} | {"crew": people}


def add_origin(
    session: Session,
    scheme: str,
    key: str,
    type_: RecordType,
    record_id: int,
    data: Mapping[str, Any],
    seen: Sequence[str],
    *,
    owned: bool,
) -> ImportOrigin:
    """Store the id of a record as that of the entry `key` of the source `scheme`, once for all.

    `data` is the document of the entry, `seen` has the digests of its forms, the last one at the
    end. `owned` is true if the record was created from it.
    """
    origin = ImportOrigin(scheme=scheme, key=key, type=type_, record_id=record_id, owned=owned)
    origin.seen = list(seen)[-MAX_SEEN_DIGESTS:]
    origin.schedule = None if owned else read_schedule(type_, data)
    session.add(origin)
    session.flush()
    return origin

"""Declaration of a resource: all that the rest of the application reads of its package."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from app.api.read_models import ReadModel
from app.api.routing import Router
from app.api.write_models import WriteModel
from app.api.writes.records import RecordWriter
from app.db.database import Reader, Row
from app.db.models import VersionedRecord
from app.domain.enums import RecordType, Scope
from app.domain.labels import RecordLabel
from app.resources.export_tables import ExportTable
from app.search.documents import SearchSource

T = TypeVar("T")


@dataclass(frozen=True)
class DeferredField:
    """Field that an NDJSON export writes again in a second line, after the records it refers to."""

    name: str
    refers_to: RecordType


@dataclass(frozen=True)
class NestedCollection:
    """Collection with its own endpoints; exports and imports nest it in the data of its record."""

    name: str
    save: Callable[[Session, Any, Any], None]
    """Replaces the collection of a record by the items given; ignores their ids."""


@dataclass(frozen=True, kw_only=True)
class Resource:
    """A resource of the API without records of its own type."""

    tag: str
    """OpenAPI tag of the operations."""
    description: str
    """Description of the tag."""
    routers: tuple[Router, ...]
    index_links: Mapping[str, str] = field(default_factory=dict)
    """Entries of the index at `/`: paths by name."""
    export_tables: tuple[ExportTable, ...] = ()


@dataclass(frozen=True, kw_only=True)
class RecordResource(Resource):
    """A resource whose records have a type: changes, search, exports and imports read these."""

    record_type: RecordType
    scope: Scope
    """Scope that a key needs to write records."""
    draft_scope: Scope | None = None
    """Scope that suffices to write records that are not public."""
    writer: RecordWriter[Any, Any]
    load_records: Callable[[Reader, Collection[int]], Mapping[int, Any]]
    """Loads whole records by id, as instances of `record_model`."""
    record_model: type[WriteModel]
    """Schema of a whole record in changes, exports and the audit log."""
    search: SearchSource
    load_hits: Callable[[Reader, Collection[int]], Iterable[tuple[int, Row]]]
    """Loads search results: pairs of an id and the fields of `SearchHit`."""
    references: frozenset[RecordType] = frozenset()
    """Types of the records that records of this type refer to."""
    add_missing_references: Callable[[Session, Sequence[Any]], Sequence[Any]] = (
        lambda _session, documents: documents
    )
    """Creates the records that imported documents name and that do not exist; returns the documents
    to save."""
    deferred_field: DeferredField | None = None
    nested_collection: NestedCollection | None = None
    keep_on_restore: Callable[[Mapping[str, Any], Mapping[str, Any]], Collection[str]] = (
        lambda _record, _document: ()
    )
    """Names the fields of a complete record, as JSON, that keep their value when the document of
    an earlier version is restored."""
    restore_state: Callable[[Session, Any, Mapping[str, Any]], None] = (
        lambda _session, _record, _deleted: None
    )
    """Writes what a restored record had beside its document, from the JSON of the deleted one."""
    redact_trash: Callable[[Session, Any, Collection[str]], None] = (
        lambda _session, _record, _fields: None
    )
    """Replaces fields of a record whose row stays in the trash; does nothing to other records."""
    merge_model: type[ReadModel] | None = None
    """Schema of a record in the response to a merge; None if records cannot be merged."""
    check_merge: Callable[[Session, Any, Any], None] = lambda _session, _duplicate, _remaining: None
    """Raises InvalidRequest if a duplicate and the record that remains cannot be one record."""
    move_parts: Callable[[Session, Any, Any], bool] = lambda _session, _duplicate, _remaining: False
    """Moves the parts of a duplicate to the record that remains; returns true if there are any."""
    public_condition: Callable[[], ColumnElement[bool]] | None = None
    """SQL condition for public records; None if all are public."""
    is_public: Callable[[Any], bool] = lambda _record: True
    """True for a public `record_model`."""

    @property
    def model(self) -> type[VersionedRecord]:
        """Table class of the records."""
        return self.writer.model

    @property
    def label(self) -> RecordLabel:
        """Name of the records in messages."""
        return self.model.label

    def extract_document(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """The writable fields of a record's JSON, with its nested collection."""
        names = self.writer.write_model.model_fields
        document = {name: record[name] for name in names if name in record}
        if nested := self.nested_collection:
            document[nested.name] = [
                {name: value for name, value in item.items() if name != "id"}
                for item in record[nested.name]
            ]
        return document


def sort_by_references(
    items: Iterable[T], key: Callable[[T], object], references: Callable[[T], Collection[object]]
) -> list[T]:
    """`items` in topological order: references first, otherwise in their order.

    Raises ValueError if references form a cycle or lead to none of the items.
    """
    ordered: list[T] = []
    waiting = list(items)
    while waiting:
        remaining: list[T] = []
        for item in waiting:
            known = {key(other) for other in ordered}
            (ordered if known.issuperset(references(item)) else remaining).append(item)
        if len(remaining) == len(waiting):
            raise ValueError(f"unresolved references of {[key(item) for item in remaining]}")
        waiting = remaining
    return ordered

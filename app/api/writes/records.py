"""The writes that all resources share: lock, check the version, save, audit, read back."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Generic, TypeVar

from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from app.api.audit_log import Action, Actor, write_audit_entry
from app.api.auth import ApiClient
from app.api.links import url_for_request
from app.api.merge_patch import apply_merge_patch
from app.api.slugs import raise_missing_record
from app.api.write_models import WriteModel
from app.api.writes.request import WriteRequest, WriteResult
from app.db.database import Reader
from app.db.models import (
    AuditEntry,
    FeedSource,
    FormerSlug,
    Proposal,
    VersionedRecord,
    Webhook,
    stored_id,
)
from app.domain.dates import now
from app.domain.enums import AuditTarget
from app.domain.languages import tr
from app.http.problems import Conflict, NotFound

Versioned = VersionedRecord | FeedSource | Proposal | Webhook
"""An entity with a version, which `If-Match` is compared with."""

M = TypeVar("M", bound=Versioned)
D = TypeVar("D", bound=WriteModel)

_MAX_LISTED_REFERRERS = 5


def bump_version(record: Versioned) -> None:
    """Give `record` a new version at the next flush, even if only related rows change."""
    record.updated_at = now()
    if isinstance(record, VersionedRecord):
        record.edited = True
        flag_modified(record, "updated_at")
    else:
        record.version += 1


def lock_by_slug(session: Session, model: type[Any], slug: str) -> Any:
    """Select a record for update. Raises NotFound, Gone, SlugRenamed or Conflict."""
    record = session.scalar(select(model).where(model.slug == slug).with_for_update())
    if record is None:
        _refuse_merged_slug(session, model, slug)
        raise_missing_record(Reader.from_session(session), model, slug)
    return record


def _refuse_merged_slug(session: Session, model: type[VersionedRecord], slug: str) -> None:
    """Raise Conflict if the record `slug` was merged into another one.

    A client that follows redirects would else change or delete a record that it has not read.
    """
    merges = select(AuditEntry.id).where(
        AuditEntry.type == model.record_type,
        AuditEntry.slug == slug,
        AuditEntry.action == Action.MERGE,
        AuditEntry.record_id != FormerSlug.record_id,
    )
    redirects = FormerSlug.type == model.record_type, FormerSlug.slug == slug
    remaining = session.scalar(
        select(model.slug)
        .join(FormerSlug, FormerSlug.record_id == model.id)
        .where(*redirects, merges.exists())
    )
    if remaining is not None:
        raise Conflict(
            tr(
                f"{slug!r} was merged into {remaining!r}. Read that record, and write to it.",
                f"Запись {slug!r} объединена с {remaining!r}. Прочтите её и измените её саму.",
            )
        )


def lock_by_id(not_found: Callable[[int], NotFound]) -> Callable[[Session, type[Any], int], Any]:
    """Build a function that selects an entity for update by id, and raises `not_found(id)`."""

    def lock(session: Session, model: type[Any], id_: int) -> Any:
        entity = session.get(model, id_, with_for_update=True)
        if entity is None:
            raise not_found(id_)
        return entity

    return lock


def has_no_referrers(_session: Session, _record: object, _client: ApiClient) -> list[str]:
    """Find no referrers: for records that other records cannot refer to."""
    return []


def allow_any_client(_session: Session, _record: object, _client: ApiClient) -> None:
    """Refuse nobody: for records that every key with the scope of the route may change."""


def has_no_defaults(_session: Session, _record: object) -> None:
    """Add nothing: for records whose document is complete."""


def delete_record(session: Session, record: Versioned) -> None:
    """Delete `record` and the rows that belong to it."""
    session.delete(record)


@dataclass(frozen=True)
class RecordWriter(Generic[M, D]):
    """The writes of one resource, which names its records by slug or by id."""

    audit_target: AuditTarget
    collection: str
    """The path under `/v1`."""
    model: type[M]
    write_model: type[D]
    save: Callable[[Session, M, D], None]
    """Applies a document to a record, new or not. Raises InvalidRequest or Conflict."""
    get: Callable[[Reader, Any], BaseModel]
    """The body of the answer, by slug or id."""
    load_records: Callable[[Reader, Collection[int]], Mapping[int, BaseModel]] | None = None
    """The complete records by id, for the audit log and as targets of merge patches.

    None: what `get` returns is complete.
    """
    referrers: Callable[[Session, M, ApiClient], list[str]] = has_no_referrers
    """Descriptions of the records that refer to a record, which prevent its deletion."""
    remove: Callable[[Session, M], None] = delete_record
    lock: Callable[[Session, type[M], Any], M] = lock_by_slug
    """Selects a record for update, by slug or id. Raises NotFound, Gone or SlugRenamed."""
    add_defaults: Callable[[Session, M], None] = has_no_defaults
    """Adds what a new record has by default beside its document, unless it is restored."""
    save_all: Callable[[Session, Sequence[tuple[M, D]]], None] | None = None
    """`save` for several records that do not refer to each other, with fewer statements."""
    authorise: Callable[[Session, M, ApiClient], None] = allow_any_client
    """Checks that a client may change or delete a record as it is now. Raises Forbidden."""

    def create(self, session: Session, write: WriteRequest, document: D) -> WriteResult:
        """Create a record."""
        record, body = self.insert(session, write.client, document)
        address = url_for_request(self.collection, self._key(record))
        return WriteResult(HTTPStatus.CREATED, body, record.version, address)

    def insert(self, session: Session, actor: Actor, document: D) -> tuple[M, BaseModel]:
        """Create a record on behalf of `actor`. Returns the record and the response body."""
        record = self.model()
        if isinstance(record, VersionedRecord):
            record.edited = True
        self.save(session, record, document)
        self.add_defaults(session, record)
        stored = self._load(session, record)
        self.write_audit_entry(session, actor, Action.CREATE, record, None, _to_json(stored))
        return record, self._get_body(session, record, stored)

    def patch(self, session: Session, write: WriteRequest, key: Any, patch: Any) -> WriteResult:
        """Apply a merge patch to the document of a record. Raises InvalidRequest or Conflict."""

        def apply(record: M, before: dict[str, Any]) -> None:
            current = {
                name: before[name] for name in self.write_model.model_fields if name in before
            }
            document = apply_merge_patch(self.write_model, current, patch)
            if document.model_dump(mode="json", include=set(current)) != current:
                bump_version(record)
                self.save(session, record, document)

        return self.update(session, write, key, Action.UPDATE, apply)

    def update(
        self,
        session: Session,
        write: WriteRequest,
        key: Any,
        action: Action,
        apply: Callable[[M, dict[str, Any]], None],
    ) -> WriteResult:
        """Change a record by `apply`, called with the record and its JSON.

        `apply` must call `bump_version` if it changes anything.
        """
        record = self._lock(session, write, key)
        version, stored = record.version, self._load(session, record)
        before = _to_json(stored)
        with session.no_autoflush:  # one UPDATE, and so one new version
            apply(record, before)
        session.flush()
        if record.version != version:
            stored = self._load(session, record)
            after = _to_json(stored)
            self.write_audit_entry(session, write.client, action, record, before, after)
        return WriteResult(HTTPStatus.OK, self._get_body(session, record, stored), record.version)

    def delete(self, session: Session, write: WriteRequest, key: Any) -> WriteResult:
        """Delete a record. Raises Conflict if another record refers to it."""
        record = self._lock(session, write, key)
        if names := self.referrers(session, record, write.client):
            more = tr(" and others", " и другие") if len(names) > _MAX_LISTED_REFERRERS else ""
            listed = ", ".join(names[:_MAX_LISTED_REFERRERS]) + more
            raise Conflict(
                tr(
                    f"It is referred to by {listed}. Remove these references first.",
                    f"На эту запись ссылаются: {listed}. Сначала уберите эти ссылки.",
                )
            )
        before = self.snapshot(session, record)
        self.remove(session, record)
        after = None if record in session.deleted else self.snapshot(session, record)
        self.write_audit_entry(session, write.client, Action.DELETE, record, before, after)
        return WriteResult(HTTPStatus.NO_CONTENT)

    def _lock(self, session: Session, write: WriteRequest, key: Any) -> M:
        """Select a record for update.

        Raises Forbidden if the client may not change it, and PreconditionFailed if `If-Match` does
        not match.
        """
        record = self.lock(session, self.model, key)
        self.authorise(session, record, write.client)
        write.check_version(record)
        return record

    def _key(self, record: M) -> str | int:
        return record.slug if isinstance(record, VersionedRecord) else stored_id(record)

    def snapshot(self, session: Session, record: M) -> dict[str, Any]:
        """The complete record as JSON."""
        return _to_json(self._load(session, record))

    def _load(self, session: Session, record: M) -> BaseModel:
        session.flush()
        reader = Reader.from_session(session)
        if self.load_records is None:
            return self.get(reader, self._key(record))
        id_ = stored_id(record)
        return self.load_records(reader, [id_])[id_]

    def _get_body(self, session: Session, record: M, stored: BaseModel) -> BaseModel:
        if self.load_records is None:
            return stored
        return self.get(Reader.from_session(session), self._key(record))

    def write_audit_entry(
        self,
        session: Session,
        actor: Actor,
        action: Action,
        record: M,
        before: dict[str, Any] | None,
        after: dict[str, Any] | None,
    ) -> None:
        """Add an entry about `record` to the audit log."""
        slug = record.slug if isinstance(record, VersionedRecord) else None
        write_audit_entry(session, actor, action, self.audit_target, record.id, slug, before, after)


def _to_json(record: BaseModel) -> dict[str, Any]:
    return record.model_dump(mode="json", by_alias=True)

"""What the writes of all records have in common: found, changed, noted in the trail, shown."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Generic, TypeVar

from fastapi import Response
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.api.audit_log import Action, Kind, write_audit_entry
from app.api.auth import ApiClient
from app.api.slugs import raise_missing_record
from app.api.write_models import WriteModel, apply_merge_patch
from app.api.writes.relations import bump_version
from app.api.writes.request import WriteRequest, WriteResult
from app.db.database import Reader
from app.db.models import VersionedRecord
from app.domain.languages import tr
from app.http.problems import Conflict

M = TypeVar("M", bound=VersionedRecord)
D = TypeVar("D", bound=WriteModel)

_MAX_LISTED_REFERRERS = 5
"""How many of the users of a record are named."""


def delete_record(session: Session, record: VersionedRecord) -> None:
    """Delete `record` and what belongs to it."""
    session.delete(record)


@dataclass(frozen=True)
class RecordWriter(Generic[M, D]):
    """How the records of a resource are written."""

    model: type[M]
    write_model: type[D]
    save: Callable[[Session, M, D], None]
    """Lets a record, new or not, take on a document, or refuses it."""
    load_records: Callable[[Reader, Collection[int]], Mapping[int, BaseModel]]
    """The records with these ids with all that is kept of them, by id."""
    read_back: Callable[[Reader, int], tuple[BaseModel, str]]
    """What is answered for a record, and its address."""
    referrers: Callable[[Session, M, ApiClient], list[str]]
    """What refers to a record, by names that the caller may know: it is not deleted before."""
    remove: Callable[[Session, M], None] = delete_record

    async def create(self, edit: WriteRequest, document: D) -> Response:
        """A new record as `write_model` says."""

        def work(session: Session) -> WriteResult:
            record = self.model()
            record.edited = True
            self.save(session, record, document)
            self.write_audit_entry(
                session, edit, Action.CREATE, record, None, self.snapshot(session, record)
            )
            shown, address = self.read_back(Reader.from_session(session), record.id)
            return WriteResult(HTTPStatus.CREATED, shown, record.version, address)

        return await edit.execute(work)

    async def patch(self, edit: WriteRequest, slug: str, patch: Any) -> Response:
        """The record `slug` with a merge patch applied to its document."""

        def apply(session: Session, record: M) -> None:
            before = self.snapshot(session, record)
            current = {
                name: before[name] for name in self.write_model.model_fields if name in before
            }
            wanted = apply_merge_patch(self.write_model, current, patch)
            if wanted.model_dump(mode="json", include=set(current)) != current:
                bump_version(record)
                self.save(session, record, wanted)

        return await self.update(edit, slug, Action.UPDATE, apply)

    async def update(
        self, edit: WriteRequest, slug: str, action: Action, apply: Callable[[Session, M], None]
    ) -> Response:
        """The record `slug` as `apply` leaves it, which touches it where it changes anything."""

        def work(session: Session) -> WriteResult:
            record = self._get_for_update(session, edit, slug)
            before = self.snapshot(session, record)
            with session.no_autoflush:  # one UPDATE, and so one new version
                apply(session, record)
            after = self.snapshot(session, record)
            if after != before:
                self.write_audit_entry(session, edit, action, record, before, after)
            shown, _ = self.read_back(Reader.from_session(session), record.id)
            return WriteResult(HTTPStatus.OK, shown, record.version)

        return await edit.execute(work)

    async def delete(self, edit: WriteRequest, slug: str) -> Response:
        """Nothing, where the record `slug` was."""

        def work(session: Session) -> WriteResult:
            record = self._get_for_update(session, edit, slug)
            if users := self.referrers(session, record, edit.client):
                others = (
                    tr(" and others", " и другие") if len(users) > _MAX_LISTED_REFERRERS else ""
                )
                listed = ", ".join(users[:_MAX_LISTED_REFERRERS]) + others
                raise Conflict(
                    tr(
                        f"It is in use by {listed}. Take it out of there first.",
                        f"Это ещё нужно: {listed}. Сначала уберите оттуда.",
                    )
                )
            before = self.snapshot(session, record)
            self.remove(session, record)
            self.write_audit_entry(session, edit, Action.DELETE, record, before, None)
            return WriteResult(HTTPStatus.NO_CONTENT)

        return await edit.execute(work)

    def _get_for_update(self, session: Session, edit: WriteRequest, slug: str) -> M:
        """The record `slug`, held for the rest of the transaction, if it is what If-Match names."""
        found = select(self.model).where(self.model.slug == slug).with_for_update()
        record = session.scalar(found) or raise_missing_record(
            Reader.from_session(session), self.model, slug
        )
        edit.check_version(record)
        return record

    def snapshot(self, session: Session, record: M) -> dict[str, Any]:
        """All that is kept of a record, as JSON."""
        session.flush()
        return self.load_records(Reader.from_session(session), [record.id])[record.id].model_dump(
            mode="json", by_alias=True
        )

    def write_audit_entry(
        self,
        session: Session,
        edit: WriteRequest,
        action: Action,
        record: M,
        before: dict[str, Any] | None,
        after: dict[str, Any] | None,
    ) -> None:
        """Note in the trail what has become of a record."""
        kind = Kind(self.model.record_type)
        write_audit_entry(session, edit.client, action, kind, record.id, record.slug, before, after)

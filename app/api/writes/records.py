"""What the writes of all records have in common: found, changed, noted in the trail, shown."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Generic, TypeVar

from fastapi import Response
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.api.audit_log import Action, Kind, note
from app.api.auth import Caller
from app.api.slugs import missing
from app.api.write_models import Document, patched
from app.api.writes.relations import touch
from app.api.writes.request import Edit, Outcome
from app.db.database import Reader
from app.db.models import Recorded, record_type
from app.domain.languages import either
from app.http.problems import Conflict

M = TypeVar("M", bound=Recorded)
D = TypeVar("D", bound=Document)

LISTED = 5
"""How many of the users of a record are named."""


def erase(session: Session, record: Recorded) -> None:
    """Delete `record` and what belongs to it."""
    session.delete(record)


@dataclass(frozen=True)
class Editable(Generic[M, D]):
    """How the records of a resource are written."""

    model: type[M]
    document: type[D]
    save: Callable[[Session, M, D], None]
    """Lets a record, new or not, take on a document, or refuses it."""
    recorded: Callable[[Reader, Collection[int]], Mapping[int, BaseModel]]
    """The records with these ids with all that is kept of them, by id."""
    shown: Callable[[Reader, int], tuple[BaseModel, str]]
    """What is answered for a record, and its address."""
    users: Callable[[Session, M, Caller], list[str]]
    """What refers to a record, by names that the caller may know: it is not deleted before."""
    remove: Callable[[Session, M], None] = erase

    async def create(self, edit: Edit, document: D) -> Response:
        """A new record as `document` says."""

        def work(session: Session) -> Outcome:
            record = self.model()
            record.edited = True
            self.save(session, record, document)
            self.note(session, edit, Action.CREATE, record, None, self.snapshot(session, record))
            shown, address = self.shown(Reader.of(session), record.id)
            return Outcome(HTTPStatus.CREATED, shown, record.version, address)

        return await edit.run(work)

    async def patch(self, edit: Edit, slug: str, patch: Any) -> Response:
        """The record `slug` with a merge patch applied to its document."""

        def apply(session: Session, record: M) -> None:
            before = self.snapshot(session, record)
            current = {name: before[name] for name in self.document.model_fields if name in before}
            wanted = patched(self.document, current, patch)
            if wanted.model_dump(mode="json", include=set(current)) != current:
                touch(record)
                self.save(session, record, wanted)

        return await self.change(edit, slug, Action.UPDATE, apply)

    async def change(
        self, edit: Edit, slug: str, action: Action, apply: Callable[[Session, M], None]
    ) -> Response:
        """The record `slug` as `apply` leaves it, which touches it where it changes anything."""

        def work(session: Session) -> Outcome:
            record = self._find(session, edit, slug)
            before = self.snapshot(session, record)
            with session.no_autoflush:  # one UPDATE, and so one new version
                apply(session, record)
            after = self.snapshot(session, record)
            if after != before:
                self.note(session, edit, action, record, before, after)
            shown, _ = self.shown(Reader.of(session), record.id)
            return Outcome(HTTPStatus.OK, shown, record.version)

        return await edit.run(work)

    async def delete(self, edit: Edit, slug: str) -> Response:
        """Nothing, where the record `slug` was."""

        def work(session: Session) -> Outcome:
            record = self._find(session, edit, slug)
            if users := self.users(session, record, edit.caller):
                others = either(" and others", " и другие") if len(users) > LISTED else ""
                listed = ", ".join(users[:LISTED]) + others
                raise Conflict(
                    either(
                        f"It is in use by {listed}. Take it out of there first.",
                        f"Это ещё нужно: {listed}. Сначала уберите оттуда.",
                    )
                )
            before = self.snapshot(session, record)
            self.remove(session, record)
            self.note(session, edit, Action.DELETE, record, before, None)
            return Outcome(HTTPStatus.NO_CONTENT)

        return await edit.run(work)

    def _find(self, session: Session, edit: Edit, slug: str) -> M:
        """The record `slug`, held for the rest of the transaction, if it is what If-Match names."""
        found = select(self.model).where(self.model.slug == slug).with_for_update()
        record = session.scalar(found) or missing(Reader.of(session), self.model, slug)
        edit.check_version(record)
        return record

    def snapshot(self, session: Session, record: M) -> dict[str, Any]:
        """All that is kept of a record, as JSON."""
        session.flush()
        return self.recorded(Reader.of(session), [record.id])[record.id].model_dump(
            mode="json", by_alias=True
        )

    def note(
        self,
        session: Session,
        edit: Edit,
        action: Action,
        record: M,
        before: dict[str, Any] | None,
        after: dict[str, Any] | None,
    ) -> None:
        """Note in the trail what has become of a record."""
        kind = Kind(record_type(self.model))
        note(session, edit.caller, action, kind, record.id, record.slug, before, after)

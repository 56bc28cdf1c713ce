"""What the writes of what goes by a number have in common: of what is no record of the archive."""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Generic, TypeVar

from fastapi import Response
from pydantic import BaseModel
from sqlalchemy.orm import Session

from app.api.audit_log import Action, Actor, Kind, write_audit_entry
from app.api.cache_control import HasVersion
from app.api.write_models import WriteModel, apply_merge_patch
from app.api.writes.request import WriteRequest, WriteResult
from app.db.database import Reader

M = TypeVar("M", bound=HasVersion)
D = TypeVar("D", bound=WriteModel)
R = TypeVar("R", bound=BaseModel)


@dataclass(frozen=True)
class EntityWriter(Generic[M, D, R]):
    """How what goes by a number is written."""

    kind: Kind
    model: type[M]
    write_model: type[D]
    save: Callable[[Session, M, D], None]
    """Lets one, new or not, take on a document, or refuses it."""
    get: Callable[[Reader, int], R]
    """How one reads; refuses a number that none has."""

    async def patch(self, edit: WriteRequest, id_: int, patch: Any) -> Response:
        """The one with the number `id_`, with a merge patch applied to it."""

        def work(session: Session) -> WriteResult:
            one, before = self._get_for_update(session, edit, id_)
            current = before.model_dump(mode="json", include=set(self.write_model.model_fields))
            wanted = apply_merge_patch(self.write_model, current, patch)
            if wanted.model_dump(mode="json") != current:
                self.save(session, one, wanted)
                one.version += 1
                session.flush()
            after = self.get(Reader.from_session(session), id_)
            self.write_audit_entry(session, edit.client, Action.UPDATE, id_, before, after)
            return WriteResult(HTTPStatus.OK, after, one.version)

        return await edit.execute(work)

    async def delete(self, edit: WriteRequest, id_: int) -> Response:
        """Nothing, where the one with the number `id_` was."""

        def work(session: Session) -> WriteResult:
            one, before = self._get_for_update(session, edit, id_)
            self.write_audit_entry(session, edit.client, Action.DELETE, id_, before, None)
            session.delete(one)
            return WriteResult(HTTPStatus.NO_CONTENT)

        return await edit.execute(work)

    def _get_for_update(self, session: Session, edit: WriteRequest, id_: int) -> tuple[M, R]:
        """The one with this number, held for the rest of the transaction, and how it reads."""
        session.get(self.model, id_, with_for_update=True)
        before = self.get(Reader.from_session(session), id_)
        one = session.get_one(self.model, id_)
        edit.check_version(one)
        return one, before

    def write_audit_entry(
        self,
        session: Session,
        actor: Actor,
        action: Action,
        id_: int,
        before: R | None,
        after: R | None,
    ) -> None:
        """Note in the trail what has become of one, if anything has."""
        if before != after:
            was = before.model_dump(mode="json") if before else None
            became = after.model_dump(mode="json") if after else None
            write_audit_entry(session, actor, action, self.kind, id_, None, was, became)

"""What the writes of what goes by a number have in common: of what is no record of the archive."""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Generic, TypeVar

from fastapi import Response
from pydantic import BaseModel
from sqlalchemy.orm import Session

from app.api.audit_log import Action, Actor, Kind, note
from app.api.cache_control import Versioned
from app.api.write_models import Document, patched
from app.api.writes.request import Edit, Outcome
from app.db.database import Reader

M = TypeVar("M", bound=Versioned)
D = TypeVar("D", bound=Document)
R = TypeVar("R", bound=BaseModel)


@dataclass(frozen=True)
class Numbered(Generic[M, D, R]):
    """How what goes by a number is written."""

    kind: Kind
    model: type[M]
    document: type[D]
    save: Callable[[Session, M, D], None]
    """Lets one, new or not, take on a document, or refuses it."""
    get: Callable[[Reader, int], R]
    """How one reads; refuses a number that none has."""

    async def patch(self, edit: Edit, id_: int, patch: Any) -> Response:
        """The one with the number `id_`, with a merge patch applied to it."""

        def work(session: Session) -> Outcome:
            one, before = self._find(session, edit, id_)
            current = before.model_dump(mode="json", include=set(self.document.model_fields))
            wanted = patched(self.document, current, patch)
            if wanted.model_dump(mode="json") != current:
                self.save(session, one, wanted)
                one.version += 1
                session.flush()
            after = self.get(Reader.of(session), id_)
            self.note(session, edit.caller, Action.UPDATE, id_, before, after)
            return Outcome(HTTPStatus.OK, after, one.version)

        return await edit.run(work)

    async def delete(self, edit: Edit, id_: int) -> Response:
        """Nothing, where the one with the number `id_` was."""

        def work(session: Session) -> Outcome:
            one, before = self._find(session, edit, id_)
            self.note(session, edit.caller, Action.DELETE, id_, before, None)
            session.delete(one)
            return Outcome(HTTPStatus.NO_CONTENT)

        return await edit.run(work)

    def _find(self, session: Session, edit: Edit, id_: int) -> tuple[M, R]:
        """The one with this number, held for the rest of the transaction, and how it reads."""
        session.get(self.model, id_, with_for_update=True)
        before = self.get(Reader.of(session), id_)
        one = session.get_one(self.model, id_)
        edit.check_version(one)
        return one, before

    def note(
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
            note(session, actor, action, self.kind, id_, None, was, became)

"""One write: under which conditions, once only, and all of it or nothing."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus

from fastapi import Response
from pydantic import BaseModel
from sqlalchemy import delete, select
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from app.api.auth import Caller
from app.api.cache_control import Versioned
from app.db.database import Database, is_passing, waited_in_vain
from app.db.models import KeptAnswer
from app.domain.dates import now
from app.domain.languages import either, spoken
from app.http.problems import Conflict, FieldProblem, Invalid, PreconditionFailed

ATTEMPTS = 5
"""How often a write is tried that the database refuses for what was written meanwhile."""

KEPT = timedelta(hours=24)
"""How long the answer to a request with an Idempotency-Key is kept."""


@dataclass(frozen=True)
class Outcome:
    """What a write answers."""

    status: HTTPStatus
    shown: BaseModel | None = None
    version: int | None = None
    location: str | None = None

    def respond(self) -> Response:
        """The answer. Its ETag names the version alone; the layer around adds the content's."""
        headers = {"ETag": f'"{self.version}"'} if self.version else {}
        headers |= {"Location": self.location} if self.location else {}
        body = self.shown.model_dump_json(by_alias=True) if self.shown else None
        return Response(body, self.status, headers, "application/json" if body else None)


class _Undone(Exception):
    """Takes the outcome of a write that was only tried out of its transaction, which ends so."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome


@dataclass(frozen=True)
class Edit:
    """One write: who asks for it, and under which conditions."""

    database: Database
    caller: Caller
    validate_only: bool
    fingerprint: str
    idempotency_key: str | None = None
    versions: Collection[int] | None = None
    """The versions that `If-Match` names; None where any will do."""

    async def run(self, work: Callable[[Session], Outcome]) -> Response:
        """What `work` brings about, all of it or nothing, answered when it is committed."""
        for _ in range(ATTEMPTS):
            try:
                return await self.database.write(self._once, work)
            except _Undone as undone:
                return undone.outcome.respond()
            except StaleDataError as error:
                raise PreconditionFailed(
                    either(
                        "Somebody was quicker. Read it again, then change it.",
                        "Кто-то вас опередил. Прочтите ещё раз и тогда меняйте.",
                    )
                ) from error
            except DBAPIError as error:
                # What another request has just written is seen now: it is answered, or gone around.
                if not is_passing(error):
                    raise
        raise Conflict(
            either(
                "Others write the same just now. Try again in a moment.",
                "То же самое сейчас пишут другие. Повторите чуть позже.",
            )
        )

    def _once(self, session: Session, work: Callable[[Session], Outcome]) -> Response:
        if self.idempotency_key is None or self.validate_only:
            return self._outcome(session, work).respond()
        named = KeptAnswer.caller == self.caller.id, KeptAnswer.key == self.idempotency_key
        over = KeptAnswer.created_at < now() - KEPT
        if kept := session.scalar(select(KeptAnswer).where(*named, ~over)):
            return self._replay(kept)
        # Written first, so that of many requests with one key the database lets one through.
        kept = KeptAnswer(
            caller=self.caller.id, key=self.idempotency_key, request_sha256=self.fingerprint
        )
        try:
            session.execute(delete(KeptAnswer).where(*named, over))
            session.add(kept)
            session.flush()
        except OperationalError as error:
            if not waited_in_vain(error):
                raise
            raise Conflict(
                either(
                    "A request with this Idempotency-Key is under way.",
                    "Запрос с этим Idempotency-Key уже выполняется.",
                )
            ) from error
        response = self._outcome(session, work).respond()
        kept.status, kept.body = response.status_code, bytes(response.body).decode() or None
        kept.headers = {
            name: response.headers[name]
            for name in ("etag", "location", "content-type")
            if name in response.headers
        } | {"content-language": spoken()}
        return response

    def _replay(self, kept: KeptAnswer) -> Response:
        if kept.request_sha256 != self.fingerprint:
            raise Invalid(
                either(
                    "This Idempotency-Key came with another request before. Take a new one.",
                    "Этот Idempotency-Key уже был у другого запроса. Возьмите новый.",
                ),
                FieldProblem(
                    parameter="Idempotency-Key",
                    code="idempotency-key-reused",
                    detail=either(
                        "Each key stands for one request: method, address and body.",
                        "Каждый ключ — для одного запроса: метод, адрес и тело.",
                    ),
                ),
            )
        headers = {**(kept.headers or {}), "Idempotency-Replayed": "true"}
        return Response(kept.body, kept.status or 200, headers)

    def _outcome(self, session: Session, work: Callable[[Session], Outcome]) -> Outcome:
        outcome = work(session)
        session.flush()
        if self.validate_only:
            status = HTTPStatus.OK if outcome.shown else outcome.status
            raise _Undone(Outcome(status, outcome.shown))
        return outcome

    def check_version(self, record: Versioned) -> None:
        """Refuse to change a record that is not what `If-Match` says it is."""
        if self.versions is not None and record.version not in self.versions:
            raise PreconditionFailed(
                either(
                    "Somebody has changed it since you read it. Read it again, then change it.",
                    "С тех пор как вы это прочли, кто-то это изменил. Прочтите ещё раз.",
                ),
                headers={"ETag": f'W/"{record.version}"'},
            )

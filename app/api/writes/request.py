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

from app.api.auth import ApiClient
from app.api.cache_control import HasVersion
from app.db.database import Database
from app.db.errors import is_lock_timeout, is_retryable
from app.db.models import IdempotentResponse
from app.domain.dates import now
from app.domain.languages import current_language, tr
from app.http.problems import Conflict, FieldProblem, InvalidRequest, PreconditionFailed

_MAX_WRITE_ATTEMPTS = 5
"""How often a write is tried that the database refuses for what was written meanwhile."""

IDEMPOTENCY_RETENTION_PERIOD = timedelta(hours=24)
"""How long the answer to a request with an Idempotency-Key is kept."""


@dataclass(frozen=True)
class WriteResult:
    """What a write answers."""

    status: HTTPStatus
    body: BaseModel | None = None
    version: int | None = None
    location: str | None = None

    def to_response(self) -> Response:
        """The answer. Its ETag names the version alone; the layer around adds the content's."""
        headers = {"ETag": f'"{self.version}"'} if self.version else {}
        headers |= {"Location": self.location} if self.location else {}
        body = self.body.model_dump_json(by_alias=True) if self.body else None
        return Response(body, self.status, headers, "application/json" if body else None)


class _DryRunRollback(Exception):
    """Takes the outcome of a write that was only tried out of its transaction, which ends so."""

    def __init__(self, outcome: WriteResult) -> None:
        self.result = outcome


@dataclass(frozen=True)
class WriteRequest:
    """One write: who asks for it, and under which conditions."""

    database: Database
    client: ApiClient
    validate_only: bool
    fingerprint: str
    idempotency_key: str | None = None
    versions: Collection[int] | None = None
    """The versions that `If-Match` names; None where any will do."""

    async def execute(self, work: Callable[[Session], WriteResult]) -> Response:
        """What `work` brings about, all of it or nothing, answered when it is committed."""
        for _ in range(_MAX_WRITE_ATTEMPTS):
            try:
                return await self.database.write(self._execute_once, work)
            except _DryRunRollback as undone:
                return undone.result.to_response()
            except StaleDataError as error:
                raise PreconditionFailed(
                    tr(
                        "Somebody was quicker. Read it again, then change it.",
                        "Кто-то вас опередил. Прочтите ещё раз и тогда меняйте.",
                    )
                ) from error
            except DBAPIError as error:
                # What another request has just written is seen now: it is answered, or gone around.
                if not is_retryable(error):
                    raise
        raise Conflict(
            tr(
                "Others write the same just now. Try again in a moment.",
                "То же самое сейчас пишут другие. Повторите чуть позже.",
            )
        )

    def _execute_once(self, session: Session, work: Callable[[Session], WriteResult]) -> Response:
        if self.idempotency_key is None or self.validate_only:
            return self._run_work(session, work).to_response()
        named = (
            IdempotentResponse.caller == self.client.id,
            IdempotentResponse.key == self.idempotency_key,
        )
        over = IdempotentResponse.created_at < now() - IDEMPOTENCY_RETENTION_PERIOD
        if kept := session.scalar(select(IdempotentResponse).where(*named, ~over)):
            return self._replay(kept)
        # Written first, so that of many requests with one key the database lets one through.
        kept = IdempotentResponse(
            caller=self.client.id, key=self.idempotency_key, request_sha256=self.fingerprint
        )
        try:
            session.execute(delete(IdempotentResponse).where(*named, over))
            session.add(kept)
            session.flush()
        except OperationalError as error:
            if not is_lock_timeout(error):
                raise
            raise Conflict(
                tr(
                    "A request with this Idempotency-Key is under way.",
                    "Запрос с этим Idempotency-Key уже выполняется.",
                )
            ) from error
        response = self._run_work(session, work).to_response()
        kept.status, kept.body = response.status_code, bytes(response.body).decode() or None
        kept.headers = {
            name: response.headers[name]
            for name in ("etag", "location", "content-type")
            if name in response.headers
        } | {"content-language": current_language()}
        return response

    def _replay(self, kept: IdempotentResponse) -> Response:
        if kept.request_sha256 != self.fingerprint:
            raise InvalidRequest(
                tr(
                    "This Idempotency-Key came with another request before. Take a new one.",
                    "Этот Idempotency-Key уже был у другого запроса. Возьмите новый.",
                ),
                FieldProblem(
                    parameter="Idempotency-Key",
                    code="idempotency-key-reused",
                    detail=tr(
                        "Each key stands for one request: method, address and body.",
                        "Каждый ключ — для одного запроса: метод, адрес и тело.",
                    ),
                ),
            )
        headers = {**(kept.headers or {}), "Idempotency-Replayed": "true"}
        return Response(kept.body, kept.status or 200, headers)

    def _run_work(self, session: Session, work: Callable[[Session], WriteResult]) -> WriteResult:
        outcome = work(session)
        session.flush()
        if self.validate_only:
            status = HTTPStatus.OK if outcome.body else outcome.status
            raise _DryRunRollback(WriteResult(status, outcome.body))
        return outcome

    def check_version(self, record: HasVersion) -> None:
        """Refuse to change a record that is not what `If-Match` says it is."""
        if self.versions is not None and record.version not in self.versions:
            raise PreconditionFailed(
                tr(
                    "Somebody has changed it since you read it. Read it again, then change it.",
                    "С тех пор как вы это прочли, кто-то это изменил. Прочтите ещё раз.",
                ),
                headers={"ETag": f'W/"{record.version}"'},
            )

"""Writing: under which conditions, once only, noted in the trail, and all of it or nothing.

Each resource says how its records take on a document (`Editable`); what every write has in common
stands here. A request becomes an `Edit`, and runs in one transaction that is committed before the
answer goes out.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from http import HTTPStatus
from typing import Annotated, Any, Generic, NoReturn, TypeVar

from fastapi import Depends, Header, Query, Request, Response
from pydantic import BaseModel, GetJsonSchemaHandler, WithJsonSchema
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.orm.attributes import flag_modified
from sqlalchemy.orm.exc import StaleDataError

from app.auth import Allowed, Caller, KeyedRoute
from app.database import Database, DatabaseDep, Reader
from app.dates import now
from app.documents import Document, merged, read_document
from app.errors import (
    BadRequest,
    Conflict,
    FieldProblem,
    Invalid,
    PreconditionFailed,
    PreconditionRequired,
    UnsupportedMediaType,
)
from app.freshness import Versioned
from app.languages import either, spoken
from app.models import KeptAnswer, Recorded, Scope, record_type
from app.parameters import Maybe
from app.slugs import missing, none_such
from app.trail import Action, Kind, note

M = TypeVar("M", bound=Recorded)
D = TypeVar("D", bound=Document)

LISTED = 5
"""How many of the users of a record are named."""

KEPT = timedelta(hours=24)
"""How long the answer to a request with an Idempotency-Key is kept."""

MERGE_PATCH = "application/merge-patch+json"

TAKEN = {
    "POST": ("Accept-Post", ("application/json",)),
    "PUT": ("Accept", ("application/json",)),
    "PATCH": ("Accept-Patch", (MERGE_PATCH, "application/json")),
}
"""By method: the header that tells which kinds of body are taken, and these."""

_TAG = re.compile(r'\s*(?:W/)?"([\x21\x23-\x7e]*)"\s*')
_VERSION = re.compile(r"[0-9]{1,9}")
MATCHES = r'^(\*|(W/)?"[!#-~]*"(, *(W/)?"[!#-~]*")*)$'
_KEY = re.compile(r"[\x21-\x7e]{1,255}")


class JsonRoute(KeyedRoute):
    """A route that says which kinds of body it takes before it reads one."""

    async def admit(self, request: Request) -> None:
        await super().admit(request)
        if self.body_field is not None:
            header, kinds = TAKEN[request.method]
            kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
            if kind not in kinds:
                detail = either(
                    f"Send the body as {' or '.join(kinds)}, and say so in Content-Type.",
                    f"Пришлите тело как {' или '.join(kinds)} и укажите это в Content-Type.",
                )
                raise UnsupportedMediaType(detail, headers={header: ", ".join(kinds)})


class EditRoute(JsonRoute):
    """A route that changes what others may have changed: it wants to know which version."""

    async def admit(self, request: Request) -> None:
        await super().admit(request)
        if request.method in {"PATCH", "PUT", "DELETE"} and "if-match" not in request.headers:
            raise PreconditionRequired(
                either(
                    "Send If-Match with the ETag of what you read: without it you could undo what "
                    "somebody else has changed since.",
                    "Пришлите If-Match с ETag того, что вы прочли: иначе можно отменить то, что "
                    "с тех пор изменили другие.",
                )
            )


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


class _Repeated(Exception):
    """Another request with the same key has been committed meanwhile."""


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
        try:
            try:
                return await self.database.write(self._once, work)
            except _Repeated:
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
        except IntegrityError as error:
            raise Conflict(
                either(
                    "It contradicts what another request has just written.",
                    "Это противоречит тому, что только что записал другой запрос.",
                )
            ) from error

    def _once(self, session: Session, work: Callable[[Session], Outcome]) -> Response:
        if self.idempotency_key is None or self.validate_only:
            return self._outcome(session, work).respond()
        kept = session.get(KeptAnswer, (self.caller.id, self.idempotency_key))
        if kept and kept.created_at < now() - KEPT:
            session.delete(kept)
            session.flush()
            kept = None
        if kept:
            return self._replay(kept)
        # Written first, so that of many requests with one key the database lets one through.
        kept = KeptAnswer(
            caller=self.caller.id, key=self.idempotency_key, request_sha256=self.fingerprint
        )
        session.add(kept)
        try:
            session.flush()
        except IntegrityError as error:
            raise _Repeated from error
        except OperationalError as error:
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


def _fingerprint(request: Request, body: bytes) -> str:
    asked = f"{request.method} {request.url.path}?{request.url.query}\n"
    return sha256(asked.encode() + body).hexdigest()


ValidateOnly = Annotated[
    bool, Query(description="Whether only to try it: everything is checked, nothing is kept.")
]


def creating(scope: Scope, repeatable: bool = True) -> Any:
    """A dependency: the `Edit` of a POST, by a key with `scope`.

    One that is not repeatable takes no Idempotency-Key: its answer is not to be kept.
    """

    async def edit_once(
        database: DatabaseDep,
        caller: Caller = Depends(Allowed(scope)),  # noqa: B008 - how FastAPI is told
        validate_only: ValidateOnly = False,
    ) -> Edit:
        return Edit(database, caller, validate_only, "")

    async def edit(
        request: Request,
        database: DatabaseDep,
        caller: Caller = Depends(Allowed(scope)),  # noqa: B008 - how FastAPI is told
        validate_only: ValidateOnly = False,
        idempotency_key: Annotated[
            Maybe[str],
            WithJsonSchema({"type": "string", "maxLength": 255, "pattern": "^[!-~]+$"}),
            Header(
                alias="Idempotency-Key",
                description="A name of your own for this request: repeated within 24 hours, it "
                "brings the same answer, and nothing is done twice.",
            ),
        ] = None,
    ) -> Edit:
        if idempotency_key is not None and not _KEY.fullmatch(idempotency_key):
            raise BadRequest(
                either(
                    "An Idempotency-Key has 1 to 255 visible ASCII characters.",
                    "В Idempotency-Key от 1 до 255 видимых знаков ASCII.",
                )
            )
        fingerprint = _fingerprint(request, await request.body())
        return Edit(database, caller, validate_only, fingerprint, idempotency_key)

    return edit if repeatable else edit_once


def changing(scope: Scope) -> Any:
    """A dependency: the `Edit` of a PATCH, PUT or DELETE, by a key with `scope`."""

    async def edit(
        request: Request,
        database: DatabaseDep,
        if_match: Annotated[
            str,
            WithJsonSchema({"type": "string", "maxLength": 4000, "pattern": MATCHES}),
            Header(alias="If-Match", description="The ETag of what you read."),
        ],
        caller: Caller = Depends(Allowed(scope)),  # noqa: B008 - how FastAPI is told
        validate_only: ValidateOnly = False,
    ) -> Edit:
        return Edit(database, caller, validate_only, "", versions=_versions(if_match))

    return edit


def _versions(header: str) -> Collection[int] | None:
    """The versions at the end of the tags of `If-Match`; of those of another kind, none."""
    if header.strip() == "*":
        return None
    tags = [_TAG.fullmatch(part) for part in header.split(",")]
    if not all(tags):
        raise BadRequest(
            either(
                'If-Match takes an ETag as it was sent, such as W/"5f3c1a9e.7", or *.',
                'В If-Match нужен ETag, каким он пришёл, например W/"5f3c1a9e.7", или *.',
            )
        )
    ends = [tag[1].rpartition(".")[2] for tag in tags if tag]
    return {int(end) for end in ends if _VERSION.fullmatch(end)}


class PatchOf:
    """Makes the JSON schema of a merge patch (RFC 7396) out of that of the document it changes.

    Nothing is required in it: what it does not name stays, and null takes a field away.
    """

    def __init__(self, kind: type[Document]) -> None:
        self.kind = kind

    def __get_pydantic_json_schema__(
        self, _schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        shown = handler.resolve_ref_schema(handler(self.kind.__pydantic_core_schema__))
        parts = {
            name: {key: value for key, value in part.items() if key != "default"}
            for name, part in shown["properties"].items()
        }
        example = dict(list(shown["examples"][0].items())[:1])
        return {
            "type": "object",
            "description": f"A merge patch: {shown['description']}",
            "properties": parts,
            "additionalProperties": False,
            "examples": [example],
        }


# --- What the writes of all records have in common -----------------------------------------------


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
    users: Callable[[Session, M], list[str]]
    """What still refers to a record, by name: before that is gone it cannot be deleted."""
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
            try:
                wanted = read_document(self.document, merged(current, patch))
            except RecursionError:
                raise BadRequest(
                    either("The patch is nested too deep.", "Вложенность слишком глубока.")
                ) from None
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
            if users := self.users(session, record):
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


def touch(record: Recorded) -> None:
    """Let `record` have a new version, even if only what belongs to it will change."""
    record.edited, record.updated_at = True, now()
    flag_modified(record, "updated_at")


def refuse(pointer: str, code: str, detail: str) -> NoReturn:
    """Refuse a document for what stands at `pointer`."""
    told = either(f"Look at {pointer}: {detail}", f"Посмотрите на {pointer}: {detail}")
    raise Invalid(told, FieldProblem(pointer=pointer, code=code, detail=detail))


def resolve(
    session: Session, model: type[Recorded], slugs: Sequence[str], pointer: str
) -> list[int]:
    """The ids of the records that have `slugs`, in that order.

    The first unknown one is refused: `pointer` leads to it, with `{}` for its place.
    """
    found = (
        session.execute(select(model.slug, model.id).where(model.slug.in_(slugs))) if slugs else ()
    )
    ids: dict[str, int] = {row.slug: row.id for row in found}
    for place, slug in enumerate(slugs):
        if slug not in ids:
            refuse(pointer.format(place), "unknown-reference", none_such(record_type(model), slug))
    return [ids[slug] for slug in slugs]


def set_links(
    session: Session,
    owner: InstrumentedAttribute[int],
    owner_id: int,
    other: InstrumentedAttribute[Any],
    wanted: Collection[Any],
) -> None:
    """Make `wanted` the values of the column `other` in the rows whose `owner` is `owner_id`."""
    there = set(session.scalars(select(other).where(owner == owner_id)))
    table: Any = owner.class_
    if surplus := there - set(wanted):
        session.execute(delete(table).where(owner == owner_id, other.in_(surplus)))
    for value in sorted(set(wanted) - there):
        session.add(table(**{owner.key: owner_id, other.key: value}))

"""What a request to write has to say, and the `Edit` that is made of it."""

import re
from collections.abc import Collection
from dataclasses import replace
from hashlib import sha256
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Header, Query, Request
from pydantic import GetJsonSchemaHandler, WithJsonSchema
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from app.api.auth import Allowed, Caller, KeyedRoute
from app.api.params import Maybe
from app.api.write_models import Document
from app.api.writes.request import Edit
from app.db.database import DatabaseDep
from app.db.models import Scope
from app.domain.languages import either
from app.http.problems import BadRequest, PreconditionRequired, UnsupportedMediaType

T = TypeVar("T")

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


def _fingerprint(request: Request, body: bytes) -> str:
    asked = f"{request.method} {request.url.path}?{request.url.query}\n"
    return sha256(asked.encode() + body).hexdigest()


ValidateOnly = Annotated[
    bool, Query(description="Whether only to try it: everything is checked, nothing is kept.")
]

IfMatch = Annotated[
    T,
    WithJsonSchema({"type": "string", "maxLength": 4000, "pattern": MATCHES}),
    Header(alias="If-Match", description="The ETag of what you read."),
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


def acting(scope: Scope) -> Any:
    """A dependency: the `Edit` of a POST that changes a record, by a key with `scope`."""

    async def edit(
        edit: Annotated[Edit, Depends(creating(scope))], if_match: IfMatch[Maybe[str]] = None
    ) -> Edit:
        return edit if if_match is None else replace(edit, versions=_versions(if_match))

    return edit


def changing(scope: Scope) -> Any:
    """A dependency: the `Edit` of a PATCH, PUT or DELETE, by a key with `scope`."""

    async def edit(
        database: DatabaseDep,
        if_match: IfMatch[str],
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

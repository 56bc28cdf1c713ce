"""What a request to write has to say, and the `WriteRequest` that is made of it."""

import re
from collections.abc import Collection
from dataclasses import replace
from hashlib import sha256
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Header, Query, Request
from pydantic import GetJsonSchemaHandler, WithJsonSchema
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from app.api.auth import ApiClient, AuthenticatedRoute, RequireScope
from app.api.openapi.examples import Example
from app.api.params import Omittable
from app.api.write_models import WriteModel
from app.api.writes.request import WriteRequest
from app.db.database import PrimaryDatabaseDep
from app.domain.enums import Scope
from app.domain.languages import tr
from app.http.problems import BadRequest, PreconditionRequired, UnsupportedMediaType

T = TypeVar("T")

MERGE_PATCH_MEDIA_TYPE = "application/merge-patch+json"

ACCEPTED_BODY_TYPES = {
    "POST": ("Accept-Post", ("application/json",)),
    "PUT": ("Accept", ("application/json",)),
    "PATCH": ("Accept-Patch", (MERGE_PATCH_MEDIA_TYPE, "application/json")),
}
"""By method: the header that tells which kinds of body are taken, and these."""

_ETAG_PATTERN = re.compile(r'\s*(?:W/)?"([\x21\x23-\x7e]*)"\s*')
_VERSION_PATTERN = re.compile(r"[0-9]{1,9}")
_IF_MATCH_PATTERN = r'^(\*|(W/)?"[!#-~]*"(, *(W/)?"[!#-~]*")*)$'
_IDEMPOTENCY_KEY_PATTERN = re.compile(r"[\x21-\x7e]{1,255}")


class JsonBodyRoute(AuthenticatedRoute):
    """A route that says which kinds of body it takes before it reads one."""

    async def check_request(self, request: Request) -> None:
        await super().check_request(request)
        if self.body_field is not None:
            header, kinds = ACCEPTED_BODY_TYPES[request.method]
            kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
            if kind not in kinds:
                detail = tr(
                    f"Send the body as {' or '.join(kinds)}, and say so in Content-Type.",
                    f"Пришлите тело как {' или '.join(kinds)} и укажите это в Content-Type.",
                )
                raise UnsupportedMediaType(detail, headers={header: ", ".join(kinds)})


class ConditionalWriteRoute(JsonBodyRoute):
    """A route that changes what others may have changed: it wants to know which version."""

    async def check_request(self, request: Request) -> None:
        await super().check_request(request)
        if request.method in {"PATCH", "PUT", "DELETE"} and "if-match" not in request.headers:
            raise PreconditionRequired(
                tr(
                    "Send If-Match with the ETag of what you read: without it you could undo what "
                    "somebody else has changed since.",
                    "Пришлите If-Match с ETag того, что вы прочли: иначе можно отменить то, что "
                    "с тех пор изменили другие.",
                )
            )


def _request_fingerprint(request: Request, body: bytes) -> str:
    asked = f"{request.method} {request.url.path}?{request.url.query}\n"
    return sha256(asked.encode() + body).hexdigest()


ValidateOnlyParam = Annotated[
    bool, Query(description="Validate the request without saving anything (dry run).")
]

IfMatchHeader = Annotated[
    T,
    WithJsonSchema({"type": "string", "maxLength": 4000, "pattern": _IF_MATCH_PATTERN}),
    Header(alias="If-Match", description="ETag of the version that you read, or `*`."),
    Example('W/"5f3c1a9e0b7d2c4461f2a8e3.7"'),
]


def build_create_dependency(scope: Scope, accepts_idempotency_key: bool = True) -> Any:
    """A dependency: the `WriteRequest` of a POST, by a key with `scope`.

    One that is not repeatable takes no Idempotency-Key: its answer is not to be kept.
    """

    async def edit_once(
        database: PrimaryDatabaseDep,
        caller: ApiClient = Depends(RequireScope(scope)),  # noqa: B008 - how FastAPI is told
        validate_only: ValidateOnlyParam = False,
    ) -> WriteRequest:
        return WriteRequest(database, caller, validate_only, "")

    async def edit(
        request: Request,
        database: PrimaryDatabaseDep,
        caller: ApiClient = Depends(RequireScope(scope)),  # noqa: B008 - how FastAPI is told
        validate_only: ValidateOnlyParam = False,
        idempotency_key: Annotated[
            Omittable[str],
            WithJsonSchema({"type": "string", "maxLength": 255, "pattern": "^[!-~]+$"}),
            Header(
                alias="Idempotency-Key",
                description="Unique key of this request. A repeat with the same key within 24 "
                "hours returns the first response and changes nothing.",
            ),
            Example("4d0f1f2a-5f0e-4f6e-9a43-1f1f0a3c9b7e"),
        ] = None,
    ) -> WriteRequest:
        if idempotency_key is not None and not _IDEMPOTENCY_KEY_PATTERN.fullmatch(idempotency_key):
            raise BadRequest(
                tr(
                    "An Idempotency-Key has 1 to 255 visible ASCII characters.",
                    "В Idempotency-Key от 1 до 255 видимых знаков ASCII.",
                )
            )
        fingerprint = _request_fingerprint(request, await request.body())
        return WriteRequest(database, caller, validate_only, fingerprint, idempotency_key)

    return edit if accepts_idempotency_key else edit_once


def build_action_dependency(scope: Scope) -> Any:
    """A dependency: the `WriteRequest` of a POST that changes a record, by a key with `scope`."""

    async def edit(
        edit: Annotated[WriteRequest, Depends(build_create_dependency(scope))],
        if_match: IfMatchHeader[Omittable[str]] = None,
    ) -> WriteRequest:
        return edit if if_match is None else replace(edit, versions=_parse_if_match(if_match))

    return edit


def build_update_dependency(scope: Scope) -> Any:
    """A dependency: the `WriteRequest` of a PATCH, PUT or DELETE, by a key with `scope`."""

    async def edit(
        database: PrimaryDatabaseDep,
        if_match: IfMatchHeader[str],
        caller: ApiClient = Depends(RequireScope(scope)),  # noqa: B008 - how FastAPI is told
        validate_only: ValidateOnlyParam = False,
    ) -> WriteRequest:
        return WriteRequest(database, caller, validate_only, "", versions=_parse_if_match(if_match))

    return edit


def _parse_if_match(header: str) -> Collection[int] | None:
    """The versions at the end of the tags of `If-Match`; of those of another kind, none."""
    if header.strip() == "*":
        return None
    tags = [_ETAG_PATTERN.fullmatch(part) for part in header.split(",")]
    if not all(tags):
        raise BadRequest(
            tr(
                'If-Match takes an ETag as it was sent, such as W/"5f3c1a9e.7", or *.',
                'В If-Match нужен ETag, каким он пришёл, например W/"5f3c1a9e.7", или *.',
            )
        )
    ends = [tag[1].rpartition(".")[2] for tag in tags if tag]
    return {int(end) for end in ends if _VERSION_PATTERN.fullmatch(end)}


class MergePatchSchema:
    """Makes the JSON schema of a merge patch (RFC 7396) out of that of the document it changes.

    Nothing is required in it: what it does not name stays, and null takes a field away.
    """

    def __init__(self, kind: type[WriteModel]) -> None:
        self.write_model = kind

    def __get_pydantic_json_schema__(
        self, _schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        shown = handler.resolve_ref_schema(handler(self.write_model.__pydantic_core_schema__))
        parts = {
            name: {key: value for key, value in part.items() if key != "default"}
            for name, part in shown["properties"].items()
        }
        example = dict(list(shown["examples"][0].items())[:1])
        return {
            "type": "object",
            "description": f"Merge patch. {shown['description']}",
            "properties": parts,
            "additionalProperties": False,
            "examples": [example],
        }

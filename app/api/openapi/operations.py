"""Operations: completes what FastAPI derives with headers, errors, security and media types."""

from collections.abc import Collection, Iterator

from app.api.openapi.components import (
    COMMON_RESPONSE_HEADERS,
    ERROR_RESPONSE_REFS,
    OpenApiObject,
    header_refs,
)
from app.api.openapi.media_types import MEDIA_TYPE_SCHEMAS
from app.api.routing import ACCEPTED_BODY_TYPES
from app.domain.enums import Scope

FULL_LIST_DESCRIPTION = """\
With `format=csv` (`text/csv`) or `format=ndjson` (`application/x-ndjson`), streams the whole list
without pages, with the same filters and sort order."""
PAGE_DESCRIPTION = """\
If `Accept` prefers `text/html`, as that of a browser does, redirects with 303 to the page for
people, unless `format` is given."""


def complete_operation(
    method: str, operation: OpenApiObject, scopes: Collection[Scope] | None
) -> None:
    """Complete `operation` in place. Its key needs one of `scopes`; None: it needs no key."""
    parameters = {parameter["name"] for parameter in operation.get("parameters", [])}
    for parameter in operation.get("parameters", []):
        _complete_parameter(parameter)
    if "requestBody" in operation:
        _complete_request_body(method, operation["requestBody"])
    (status, success), *declared = operation["responses"].items()
    successes = {code: each["description"] for code, each in declared if code[0] == "2"}
    errors = {code for code, _ in declared if code not in successes}
    errors |= _expected_errors(method, operation, parameters)
    if scopes is not None:
        errors |= {"401", "403"}
        named = " or ".join(f"`{scope}`" for scope in scopes)
        requirement = f"an API key with the scope {named}" if named else "an API key"
        operation["description"] += f"\n\nRequires {requirement}."
    if "format" in parameters:
        # In words: several media types would give TypeScript clients a union of them all.
        other_formats = FULL_LIST_DESCRIPTION if "cursor" in parameters else PAGE_DESCRIPTION
        operation["description"] += f"\n\n{other_formats}"
    success["description"] = operation["summary"] + "."
    for media in success.get("content", {}).keys() & MEDIA_TYPE_SCHEMAS.keys():
        ref = f"#/components/schemas/{MEDIA_TYPE_SCHEMAS[media].name}"
        success["content"][media] = {"schema": {"$ref": ref}}
    success["headers"] = {
        **header_refs(*_success_headers(method, parameters, status, success)),
        **success.get("headers", {}),
    }
    is_dry_runnable = status in {"201", "202"} and "validate_only" in parameters
    operation["responses"] = {
        **({"200": _dry_run_response(success)} if is_dry_runnable else {}),
        status: success,
        **{code: success | {"description": text} for code, text in successes.items()},
        **{code: ERROR_RESPONSE_REFS[code] for code in sorted(errors)},
        "default": {"$ref": "#/components/responses/Problem"},
    }
    operation["security"] = [] if scopes is None else [{"key": []}, {"session": []}]


def _complete_parameter(parameter: OpenApiObject) -> None:
    """Move the example to the parameter, or else use an example of its items or its default."""
    schema = parameter["schema"]
    fallback = schema["examples"][0] if "examples" in schema else schema.get("default")
    parameter["example"] = schema.pop("example", fallback)
    schema.pop("description", None)
    if schema.get("type") == "array":
        schema.pop("default", None)
        schema["minItems"] = 1


def extract_patch_schemas(paths: OpenApiObject) -> Iterator[tuple[str, OpenApiObject]]:
    """Replace the schemas of all PATCH bodies by references, and yield them by their titles."""
    for methods in paths.values():
        if operation := methods.get("patch"):
            content = operation["requestBody"]["content"]
            schema = next(iter(content.values()))["schema"]
            for media in content:
                content[media] = {"schema": {"$ref": f"#/components/schemas/{schema['title']}"}}
            yield schema["title"], schema


def _complete_request_body(method: str, body: OpenApiObject) -> None:
    """Declare every media type that the operation accepts; an upload declares its own."""
    body["required"] = True
    if len(body["content"]) == 1:
        (media,) = body["content"].values()
        body["content"] = dict.fromkeys(ACCEPTED_BODY_TYPES[method.upper()][1], media)


def _success_headers(
    method: str, parameters: set[str], status: str, success: OpenApiObject
) -> list[str]:
    headers = [*COMMON_RESPONSE_HEADERS, "Cache-Control"]
    if status != "204" and "text/event-stream" not in success.get("content", {}):
        headers += ["ETag", "Last-Modified"]
    headers += ["Link"] if "cursor" in parameters and method == "get" else []
    headers += ["Location"] if status == "201" else []
    headers += ["Idempotency-Replayed"] if "Idempotency-Key" in parameters else []
    return headers


def _expected_errors(method: str, operation: OpenApiObject, parameters: set[str]) -> set[str]:
    """Return the statuses of the errors implied by the parameters and the body."""
    errors = {"422", "429", "503"}
    if "cursor" in parameters or method != "get":
        errors.add("400")
    in_path = {p["name"] for p in operation.get("parameters", []) if p["in"] == "path"}
    if in_path:
        errors.add("404")
    if "slug" in in_path:
        errors.add("410")
    if "If-Match" in parameters:
        errors |= {"412"} if method == "post" else {"412", "428"}
    if parameters & {"If-Match", "Idempotency-Key"}:
        errors.add("409")
    if "requestBody" in operation:
        errors |= {"413", "415"}
    return errors


def _dry_run_response(success: OpenApiObject) -> OpenApiObject:
    """Describe the response to a dry run: that of the real request without `Location`."""
    headers = {name: ref for name, ref in success["headers"].items() if name != "Location"}
    return {
        "description": "Dry run: nothing was saved.",
        "headers": headers,
        "content": success["content"],
    }

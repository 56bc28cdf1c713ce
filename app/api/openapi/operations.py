"""What is told of each operation: its examples, its headers, and what may go wrong."""

from collections.abc import Iterator

from app.api.openapi.components import COMMON_RESPONSE_HEADERS, OpenApiObject
from app.api.openapi.examples import get_parameter_example
from app.api.openapi.media_types import MEDIA_TYPE_SCHEMAS
from app.api.routing import ACCEPTED_BODY_TYPES
from app.domain.enums import Scope

FULL_LIST_DESCRIPTION = """\
Also whole, as CSV (`format=csv`, `text/csv`) or NDJSON (`format=ndjson`, `application/x-ndjson`):
the same filters and sort, streamed, without pages."""

OPERATION_LINKS = {
    "listMissions": ("getMission", "mission"),
    "listPeople": ("getPerson", "person"),
    "listLaunches": ("getLaunch", "launch"),
    "listArticles": ("getArticle", "article"),
    "createMission": ("getMission", "mission"),
    "createPerson": ("getPerson", "person"),
    "createLaunch": ("getLaunch", "launch"),
    "createArticle": ("previewArticle", "article"),
}


def complete_operation(
    method: str, operation: OpenApiObject, scope: Scope | None, keyed: bool
) -> None:
    """Put what FastAPI tells of `operation`, which needs a key with `scope` where it is `keyed`."""
    name = operation["operationId"]
    for parameter in operation.get("parameters", []):
        _complete_parameter(name, parameter)
    if "requestBody" in operation:
        _complete_request_body(method, operation["requestBody"])
    names = {parameter["name"] for parameter in operation.get("parameters", [])}
    status, success = next(iter(operation["responses"].items()))
    errors = _expected_errors(method, operation, names)
    if keyed:
        errors |= {"401": "Unauthorized", "403": "Forbidden"}
        needed = f"Needs a key with the scope `{scope}`." if scope else "Needs a key."
        operation["description"] += f"\n\n{needed}"
    success["description"] = operation["summary"] + "."
    if "format" in names:
        # Told in words: with several media types, clients in TypeScript get a union of them all.
        operation["description"] += f"\n\n{FULL_LIST_DESCRIPTION}"
    for media in [kind for kind in success.get("content", {}) if kind in MEDIA_TYPE_SCHEMAS]:
        success["content"][media] = {
            "schema": {"$ref": f"#/components/schemas/{MEDIA_TYPE_SCHEMAS[media].name}"}
        }
    headers = _success_headers(method, name, names, status)
    success["headers"] = {each: {"$ref": f"#/components/headers/{each}"} for each in headers}
    if name in OPERATION_LINKS:
        success["links"] = _build_link(name)
    trial = (
        {"200": _dry_run_response(success)}
        if status in {"201", "202"} and "validate_only" in names
        else {}
    )
    operation["responses"] = {
        **trial,
        status: success,
        **{code: _response_ref(error) for code, error in sorted(errors.items())},
        "default": _response_ref("Problem"),
    }
    operation["security"] = [{"key": []}] if keyed else []


def _complete_parameter(operation: str, parameter: OpenApiObject) -> None:
    parameter["example"] = get_parameter_example(operation, parameter)
    schema = parameter["schema"]
    schema.pop("description", None)
    if schema.get("type") == "array":
        schema.pop("default", None)
        schema["minItems"] = 1


def extract_patch_schemas(paths: OpenApiObject) -> Iterator[tuple[str, OpenApiObject]]:
    """The schemas of all patches by name, each left behind as a reference to it."""
    for methods in paths.values():
        if operation := methods.get("patch"):
            name = f"{operation['operationId'].removeprefix('update')}Patch"
            content = operation["requestBody"]["content"]
            yield name, next(iter(content.values()))["schema"]
            for kind in content:
                content[kind] = {"schema": {"$ref": f"#/components/schemas/{name}"}}


def _complete_request_body(method: str, body: OpenApiObject) -> None:
    """Every kind of body that is taken, each with an example."""
    (media,) = body["content"].values()
    kinds = ACCEPTED_BODY_TYPES[method.upper()][1]
    body["content"] = dict.fromkeys(kinds, media)
    body["required"] = True


def _success_headers(method: str, name: str, parameters: set[str], status: str) -> list[str]:
    headers = [*COMMON_RESPONSE_HEADERS, "Cache-Control"]
    headers += ["ETag", "Last-Modified"] if status != "204" and not name.endswith("Events") else []
    paged = "cursor" in parameters and method == "get"
    headers += ["Link"] if paged or name.endswith("Feed") else []
    headers += ["Location"] if status == "201" else []
    headers += ["Idempotency-Replayed"] if "Idempotency-Key" in parameters else []
    located = "urrent" in name or name.endswith(("NextLaunch", "Calendar"))
    return headers + (["Content-Location"] if located else [])


def _expected_errors(method: str, operation: OpenApiObject, parameters: set[str]) -> dict[str, str]:
    """The errors to be expected of an operation, by status."""
    errors = {"422": "Invalid", "429": "TooManyRequests", "503": "Unavailable"}
    if "cursor" in parameters or method != "get":
        errors["400"] = "BadRequest"
    placed = {p["name"] for p in operation.get("parameters", []) if p["in"] == "path"}
    if placed or "urrent" in operation["operationId"]:
        errors |= {"404": "NotFound"} | ({"410": "Gone"} if "slug" in placed else {})
    if operation["operationId"].endswith("NextLaunch"):
        errors["404"] = "NotFound"
    if "If-Match" in parameters:
        errors |= {"412": "PreconditionFailed"}
        errors |= {} if method == "post" else {"428": "PreconditionRequired"}
    if parameters & {"If-Match", "Idempotency-Key"}:
        errors["409"] = "Conflict"
    if "requestBody" in operation:
        errors |= {"413": "ContentTooLarge", "415": "UnsupportedMediaType"}
    return errors


def _dry_run_response(success: OpenApiObject) -> OpenApiObject:
    """What answers a POST that only tries: what would have been made, but it has no address."""
    headers = {name: ref for name, ref in success["headers"].items() if name != "Location"}
    return {"description": "Only tried.", "headers": headers, "content": success["content"]}


def _build_link(name: str) -> OpenApiObject:
    target, what = OPERATION_LINKS[name]
    listed = name.startswith("list")
    return {
        f"first_{what}" if listed else what: {
            "operationId": target,
            "parameters": {"slug": f"$response.body#{'/items/0' if listed else ''}/slug"},
            "description": f"The first {what} of the page." if listed else f"The {what} made.",
        }
    }


def _response_ref(name: str) -> OpenApiObject:
    return {"$ref": f"#/components/responses/{name}"}

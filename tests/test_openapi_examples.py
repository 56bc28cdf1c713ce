"""Examples and code samples of the OpenAPI document."""

import ast
import copy
import json
import shlex
from collections.abc import Iterator
from itertools import chain, pairwise
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from app.domain.enums import RecordType
from tests.support.openapi import committed_openapi
from tests.support.paths import ROOT

Schema = dict[str, Any]

BINARY_MEDIA_TYPES = {"application/vnd.sqlite3"}
MAX_DOCUMENT_BYTES = 2_000_000


@pytest.fixture
def document() -> Schema:
    return committed_openapi()


def operations(document: Schema) -> Iterator[tuple[str, str, Schema]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


def successful_media(document: Schema) -> Iterator[tuple[str, str, Schema]]:
    """Yield operation id and status, media type and description of each successful response."""
    for _, _, operation in operations(document):
        for status, response in operation["responses"].items():
            for media_type, media in response.get("content", {}).items():
                if status.startswith("2"):
                    yield f"{operation['operationId']} {status}", media_type, media


def messages(document: Schema) -> Iterator[tuple[str, str, Schema]]:
    """Yield name, media type and description of each message of webhooks."""
    for name, methods in document["webhooks"].items():
        for media_type, media in methods["post"]["requestBody"]["content"].items():
            yield f"webhook {name}", media_type, media


def find_faults(document: Schema) -> list[str]:
    """List the successful responses and the messages of webhooks without valid examples."""
    schema_root = {"components": document["components"]}
    faults = []
    checked: dict[str, list[str]] = {}
    for place, media_type, media in chain(successful_media(document), messages(document)):
        if media_type in BINARY_MEDIA_TYPES:
            continue
        if "examples" not in media:
            faults.append(f"{place}: no example")
            continue
        key = json.dumps([media["schema"], media["examples"]])
        if key not in checked:
            names = [each["$ref"].rpartition("/")[2] for each in media["examples"].values()]
            values = [document["components"]["examples"][name]["value"] for name in names]
            validator = Draft202012Validator(schema_root | media["schema"])
            checked[key] = [
                error.message[:200] for value in values for error in validator.iter_errors(value)
            ]
        faults += [f"{place}: {message}" for message in checked[key]]
    return faults


def test_responses_and_messages_have_valid_examples(document: Schema) -> None:
    """Update them with `make examples`."""
    assert find_faults(document) == []


def test_faults_are_found(document: Schema) -> None:
    faulty = copy.deepcopy(document)
    del faulty["components"]["examples"]["Me"]["value"]["scopes"]
    faulty["components"]["examples"]["StationRead"]["value"]["free_ports"] = "many"
    del faulty["components"]["examples"]["launch.upsert"]["value"]["data"]["data"]["launch_at"]
    faulty["components"]["examples"]["webhook.test"]["value"]["type"] = "test"
    del faulty["webhooks"]["stay"]["post"]["requestBody"]["content"]["application/json"]["examples"]
    del faulty["paths"]["/v1/horizon"]["get"]["responses"]["200"]["content"]["application/json"][
        "examples"
    ]
    assert {fault.partition(":")[0] for fault in find_faults(faulty)} == {
        "getMe 200",
        "getHorizon 200",
        "getStation 200",
        "webhook launch",
        "webhook stay",
        "webhook webhook.test",
    }


def test_webhooks_have_examples_of_all_types(document: Schema) -> None:
    types = {
        document["components"]["examples"][each["$ref"].rpartition("/")[2]]["value"]["type"]
        for _, _, media in messages(document)
        for each in media["examples"].values()
    }
    assert types == {f"{type_}.{op}" for type_ in RecordType for op in ("upsert", "delete")} | {
        "webhook.test"
    }


def test_document_is_small() -> None:
    assert (ROOT / "openapi.json").stat().st_size < MAX_DOCUMENT_BYTES


def test_samples_send_the_request_of_their_operation(document: Schema) -> None:
    for method, path, operation in operations(document):
        samples = {each["lang"]: each["source"] for each in operation["x-codeSamples"]}
        assert list(samples) == ["Shell", "TypeScript", "Python"]
        words = shlex.split(samples["Shell"].replace("\\\n", ""))
        url = next(word for word in words if word.startswith("http://"))
        assert "{" not in url
        assert url.startswith(document["servers"][0]["url"] + path.partition("{")[0])
        assert (words[words.index("-X") + 1] if "-X" in words else "GET") == method.upper()
        call = next(
            node
            for name in ("Request", "urlopen")
            for node in ast.walk(ast.parse(samples["Python"]))
            if isinstance(node, ast.Call) and ast.unparse(node.func) == name
        )
        assert ast.literal_eval(call.args[0]) == url
        options = {each.arg: ast.unparse(each.value) for each in call.keywords}
        assert options.get("method", "'GET'") == f"'{method.upper()}'"
        sent = dict(word.split(": ") for before, word in pairwise(words) if before == "-H")
        required = {
            each["name"]: each["example"]
            for each in operation.get("parameters", [])
            if each["in"] == "header" and each["required"]
        }
        assert required.items() <= sent.items()
        assert ("Authorization" in sent) == bool(operation["security"])
        for name in sent:
            assert name in options["headers"]
            assert f'"{name}": ' in samples["TypeScript"]
        if "If-Match" in sent:
            headers = ast.literal_eval(options["headers"].replace("f'Bearer {key}'", "''"))
            assert headers["If-Match"] == sent["If-Match"]
        assert ("data" in options) == ("requestBody" in operation)
        assert f'fetch("{url}"' in samples["TypeScript"]

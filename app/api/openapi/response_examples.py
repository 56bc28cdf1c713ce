"""Examples of successful responses in the OpenAPI document, by the schemas of the responses.

`make examples` writes `response_examples.json` with responses about the embedded archive.
"""

import json
from collections.abc import Iterator
from pathlib import Path

from app.api.openapi.components import OpenApiObject
from app.config import current_settings

EXAMPLES_PATH = Path(__file__).with_name("response_examples.json")
_ORIGIN = "http://127.0.0.1:8000"
"""Origin of the URLs in the file."""


def add_response_examples(document: OpenApiObject) -> None:
    """Add the examples to `document`, and a reference to each successful response."""
    text = EXAMPLES_PATH.read_text("utf-8").replace(_ORIGIN, current_settings().base_url)
    examples = json.loads(text)
    for media in _successful_media(document["paths"]):
        for name in _schema_names(media["schema"]):
            if name in examples:
                media["examples"] = {"archive": {"$ref": f"#/components/examples/{name}"}}
    document["components"]["examples"] = {
        name: {"summary": f"{name} of the embedded archive", "value": value}
        for name, value in examples.items()
    }


def _successful_media(paths: OpenApiObject) -> Iterator[OpenApiObject]:
    for methods in paths.values():
        for operation in methods.values():
            for status, response in operation["responses"].items():
                if status.startswith("2"):
                    yield from response.get("content", {}).values()


def _schema_names(schema: OpenApiObject) -> list[str]:
    """Names of the components that a response may have."""
    options = schema.get("anyOf", [schema])
    return [option["$ref"].rpartition("/")[2] for option in options if "$ref" in option]

"""Types of records of the desk agree with the registry of the service."""

import re

from app.portal.desk.router import DESK_FILES
from app.resources.registry import RECORD_RESOURCES
from tests.support.openapi import committed_openapi

RECORD_TYPES = DESK_FILES.files["record-types.js"].read_text("utf-8")
ENTRY = re.compile(r'"?([a-z-]+)"?: \{ scope: "([a-z:]+)", schema: "(\w+)" \}')
WRITTEN_ELSEWHERE = {"articles", "media"}
"""Collections that the screen of articles writes."""


def test_facts_have_collections_scopes_and_schemas_of_the_registry() -> None:
    paths = committed_openapi()["paths"]
    expected = set()
    for resource in RECORD_RESOURCES.values():
        collection = resource.writer.collection
        if collection not in WRITTEN_ELSEWHERE:
            body = paths[f"/v1/{collection}"]["post"]["requestBody"]["content"]["application/json"]
            schema = body["schema"]["$ref"].rsplit("/", 1)[-1]
            expected.add((collection, resource.scope.value, schema))
    assert set(ENTRY.findall(RECORD_TYPES)) == expected
    assert {each.writer.collection for each in RECORD_RESOURCES.values()} >= WRITTEN_ELSEWHERE


def test_references_are_types_of_records() -> None:
    references = RECORD_TYPES[RECORD_TYPES.index("REFERENCES = ") :].split("};")[0]
    types = set(re.findall(r'\w+: "(\w+)"', references))
    assert types - {"port"} <= {record_type.value for record_type in RECORD_RESOURCES}
    assert "port" in types  # a part of a module

"""The list of public reads has every parameter that the OpenAPI document offers."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from app.config import Settings
from app.main import create_app
from bench.public_reads import UNPRICED_PARAMS, public_reads
from tests.support.openapi import committed_openapi

NEW_FILTER = {
    "name": "colour",
    "in": "query",
    "required": False,
    "schema": {"type": "array", "items": {"type": "string"}, "maxItems": 3},
    "example": ["red"],
}


@pytest.fixture
def app(tmp_path: Path) -> FastAPI:
    app = create_app(Settings(database_url=f"sqlite:///{tmp_path}/archive.db"))
    app.openapi_schema = committed_openapi()
    return app


def queries(app: FastAPI, path: str) -> list[dict[str, str]]:
    return [read.query for read in public_reads(app) if read.path == path]


def test_reads_have_every_parameter_of_every_public_get(app: FastAPI) -> None:
    priced = {(read.path, name) for read in public_reads(app) for name in read.query}
    for path, methods in app.openapi()["paths"].items():
        operation = methods.get("get", {"security": True})
        if operation["security"] or operation["operationId"] == "streamEvents":
            continue
        examples = {p["name"]: p["example"] for p in operation["parameters"]}
        for parameter in operation["parameters"]:
            if parameter["in"] == "query" and parameter["name"] not in UNPRICED_PARAMS:
                assert (path.format(**examples), parameter["name"]) in priced


@pytest.mark.slow
def test_reads_have_every_page_of_the_portal(app: FastAPI) -> None:
    paths = {read.path for read in public_reads(app)}
    assert {"/", "/missions/iss-59", "/archive/2019-04", "/docs", "/sitemap.xml"} <= paths
    assert not {path for path in paths if "{" in path}


@pytest.mark.slow
def test_new_filter_and_new_sort_are_read(app: FastAPI) -> None:
    path = "/v1/articles"
    before = queries(app, path)
    document: dict[str, Any] = deepcopy(app.openapi())
    document["paths"][path]["get"]["parameters"].append(NEW_FILTER)
    document["components"]["schemas"]["ArticleSort"]["enum"].append("colour")
    app.openapi_schema = document
    added = [query for query in queries(app, path) if query not in before]
    most = "nonesuch-0,nonesuch-1,nonesuch-2"
    assert {"sort": "colour"} in added
    assert {"colour": "red"} in added
    assert {"colour": most} in added
    assert len(added) == 3

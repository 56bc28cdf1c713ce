"""Pages of the API reference: vendored files, Content-Security-Policy, no other files."""

import re
from hashlib import sha256
from urllib.parse import urljoin

import pytest
import yaml
from starlette.testclient import TestClient

from app.api.openapi.pages import DOCS_FILES, DOCS_STATIC_DIR

PAGES = ["/docs/reference", "/docs/swagger"]
SCALAR = "scalar-1.72.1/standalone.esm.js"
SWAGGER = "swagger-ui-5.35.0/swagger-ui-bundle.js"
LEFT_OUT = re.compile(r"AgentScalarDrawer-|\.svg-")
"""Chunks of Scalar for settings that the service does not use."""


def policy(headers: dict[str, str]) -> dict[str, str]:
    """Content-Security-Policy of a response, by directive."""
    directives = headers["content-security-policy"].split("; ")
    return {name: allowed for name, _, allowed in (d.partition(" ") for d in directives)}


@pytest.mark.parametrize("address", [*PAGES, "/docs/static/scalar.js", f"/docs/static/{SWAGGER}"])
def test_docs_csp_forbids_other_hosts(client: TestClient, address: str) -> None:
    headers = dict(client.get(address).raise_for_status().headers)
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    directives = policy(headers)
    own = {"'none'", "'self'", "'self' data:"}
    styles = {"'self' 'unsafe-inline'"} if address == "/docs/reference" else {"'self'"}
    assert {directives.pop("style-src")} == styles
    assert set(directives.values()) == own
    assert directives["default-src"] == "'none'"
    assert directives["script-src"] == directives["connect-src"] == "'self'"
    for name in ("base-uri", "form-action", "frame-ancestors"):
        assert directives[name] == "'none'"


@pytest.mark.parametrize("address", PAGES)
def test_docs_pages_refer_to_own_files_only(client: TestClient, address: str) -> None:
    answer = client.get(address)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"
    assert "//" not in answer.text
    assert not re.search(r"<style|<script>|\sstyle=|\son\w+=", answer.text)
    for reference in re.findall(r'(?:src|href)="([^"]+)"', answer.text):
        if reference != "data:,":
            client.get(urljoin(address, reference)).raise_for_status()


@pytest.mark.parametrize("name", sorted(name for name in DOCS_FILES.files if "/" not in name))
def test_docs_files_contain_no_urls(name: str) -> None:
    assert "//" not in re.sub(r"(^|\s)// .*", "", DOCS_FILES.files[name].read_text())


@pytest.mark.parametrize(
    ("name", "kind", "cache_control"),
    [
        ("scalar.js", "text/javascript", "no-cache"),
        ("swagger.css", "text/css", "no-cache"),
        (SCALAR, "text/javascript", "public, max-age=31536000, immutable"),
        ("swagger-ui-5.35.0/swagger-ui.css", "text/css", "public, max-age=31536000, immutable"),
        ("scalar-1.72.1/LICENSE.txt", "text/plain", "public, max-age=31536000, immutable"),
    ],
)
def test_docs_file_is_served_unchanged(
    client: TestClient, name: str, kind: str, cache_control: str
) -> None:
    answer = client.get(f"/docs/static/{name}").raise_for_status()
    assert answer.content == (DOCS_STATIC_DIR / name).read_bytes()
    assert answer.headers["content-type"] == f"{kind}; charset=utf-8"
    assert answer.headers["cache-control"] == cache_control


@pytest.mark.parametrize(
    "name",
    [
        "",
        "missing.js",
        "README.md",
        "scalar-1.72.1",
        "scalar-1.72.1/",
        "SCALAR.JS",
        "scalar.js/",
        "scalar.js%00.css",
        "../docs.py",
        "..%2fdocs.py",
        "..%2f..%2fmain.py",
        "%2e%2e/docs.py",
        "%2e%2e%2fdocs.py",
        "%252e%252e%252fdocs.py",
        "..%5cdocs.py",
        "scalar-1.72.1/%2e%2e/scalar.js",
        "scalar-1.72.1%5c..%5cscalar.js",
        ".%2fscalar.js",
        "%2fetc%2fpasswd",
        "/etc/passwd",
        pytest.param("x" * 5000, id="long"),
        "%ff%fe",
    ],
)
def test_docs_path_traversal_is_404(client: TestClient, name: str) -> None:
    answer = client.get(f"/docs/static/{name}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"].endswith("/problems/not-found")
    assert len(answer.json()["detail"]) < 200


@pytest.mark.parametrize("address", ["/redoc", "/docs/oauth2-redirect"])
def test_fastapi_docs_pages_are_off(client: TestClient, address: str) -> None:
    assert client.get(address).status_code == 404


def test_docs_pages_are_not_in_openapi(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    assert not [path for path in paths if path.startswith("/docs")]


def test_vendored_files_match_their_digests() -> None:
    readme = (DOCS_STATIC_DIR / "README.md").read_text()
    listed = {name: digest for digest, name in re.findall(r"^([0-9a-f]{64})  (\S+)$", readme, re.M)}
    found = {
        name: sha256(path.read_bytes()).hexdigest()
        for name, path in DOCS_FILES.files.items()
        if "/" in name
    }
    assert listed == found


def test_vendored_files_are_small() -> None:
    files = [path for path in DOCS_STATIC_DIR.rglob("*") if path.is_file()]
    assert not [path.name for path in files if path.suffix == ".map"]
    assert max(path.stat().st_size for path in files) < 4_000_000


def test_scalar_modules_are_complete() -> None:
    folder = (DOCS_STATIC_DIR / SCALAR).parent
    imported = re.compile(r"""(?:\bfrom|\bimport\(?)\s*["'`](\.[^"'`]+\.js)["'`]""")
    missing = {
        module
        for path in folder.rglob("*.js")
        for module in imported.findall(path.read_text())
        if not (path.parent / module).exists() and not LEFT_OUT.search(module)
    }
    assert not missing


@pytest.mark.slow
def test_openapi_yaml_equals_json(client: TestClient) -> None:
    answer = client.get("/openapi.yaml")
    assert answer.headers["content-type"] == "application/yaml"
    assert yaml.load(answer.text, yaml.CSafeLoader) == client.get("/openapi.json").json()
    assert answer.text.splitlines()[1] == '"info":'


def test_api_index_equals_index_for_programs(client: TestClient) -> None:
    index, root = client.get("/v1"), client.get("/", headers={"Accept": "application/json"})
    assert index.json() == root.json()
    assert index.headers["Link"] == root.headers["Link"]
    assert (
        "text/html"
        not in client.get("/v1", headers={"Accept": "text/html"}).headers["content-type"]
    )


def test_schema_names_are_words(client: TestClient) -> None:
    """A name that two modules have would become the path of a Python module."""
    names = client.get("/openapi.json").json()["components"]["schemas"]
    assert [name for name in names if not re.fullmatch("([A-Z][a-z]+)+", name)] == []

"""Request bodies: size limit, content coding, strict JSON."""

import gzip
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from app.http.request_body import MAX_REQUEST_BODY_BYTES

PATH = "/v1/articles"


def chunks(size: int) -> Iterator[bytes]:
    for _ in range(size // 1024):
        yield b" " * 1024


def test_body_of_maximum_size_is_accepted(editor: TestClient) -> None:
    body = b'{"title": 1}'
    whole = body + b" " * (MAX_REQUEST_BODY_BYTES - len(body))
    headers = {"Content-Type": "application/json"}
    assert editor.post(PATH, content=whole, headers=headers).status_code == 422
    assert (
        editor.post(PATH, content=chunks(MAX_REQUEST_BODY_BYTES), headers=headers).status_code
        == 400
    )


@pytest.mark.parametrize("where", [PATH, "/v1/nowhere", "/health/live"])
def test_body_too_large_is_refused(editor: TestClient, where: str) -> None:
    for body in (b" " * (MAX_REQUEST_BODY_BYTES + 1), chunks(MAX_REQUEST_BODY_BYTES + 1024)):
        answer = editor.post(where, content=body)
        assert answer.status_code == answer.json()["status"] == 413
        assert str(MAX_REQUEST_BODY_BYTES) in answer.json()["detail"]
        assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_compressed_body_is_refused(editor: TestClient) -> None:
    bomb = gzip.compress(b" " * 10_000_000)
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    answer = editor.post(PATH, content=bomb, headers=headers)
    assert answer.status_code == answer.json()["status"] == 415
    assert "Content-Encoding" in answer.json()["detail"]


@pytest.mark.parametrize(
    "body",
    [
        *("[" * depth + "]" * depth for depth in (10**3, 10**4, 10**5, 5 * 10**5)),
        *('{"a":' * depth + "1" + "}" * depth for depth in (10**3, 10**5)),
        '{"title": %s}' % ("9" * 10**6),
        '{"title": -%s}' % ("9" * 4301),
        '{"title": NaN}',
        '{"title": Infinity}',
        '{"title": -Infinity}',
        '{"title": 1e400}',
        '{"title": "\\ud800"}',
        '{"title": "\\u0000"}',
        '{"title": "a", "title": "b"}',
        "\ufeff{}",
        "",
        "nul",
        '"' + "a" * 10**6,
    ],
    ids=lambda body: f"{body[:14]!r}-{len(body)}",
)
@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_malformed_json_is_refused(
    editor: TestClient, method: str, body: str, request: pytest.FixtureRequest
) -> None:
    path = PATH if method == "POST" else f"{PATH}/any"
    kind = "application/merge-patch+json" if method == "PATCH" else "application/json"
    headers = {"Content-Type": kind, "If-Match": '"1"'}
    content = body.encode("utf-8", "surrogatepass")
    answer = editor.request(method, path, content=content, headers=headers)
    assert answer.status_code in {400, 404, 412, 415, 422, 428}, answer.text[:300]
    assert method != "POST" or answer.status_code in {400, 422}
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert len(answer.content) < 10_000

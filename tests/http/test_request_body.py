"""Request bodies: limits of size and complexity, content coding, strict JSON."""

import asyncio
import gzip
from collections.abc import Iterator
from uuid import uuid4

import pytest
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from app.api.json_bodies import MAX_JSON_LEVEL_COUNT, MAX_JSON_VALUE_COUNT, check_complexity
from app.http.problems import InvalidRequest
from app.http.request_body import MAX_REQUEST_BODY_BYTES, BufferBodyMiddleware

PATH = "/v1/articles"
PATCH_HEADERS = {"Content-Type": "application/merge-patch+json", "If-Match": '"1"'}


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


@pytest.mark.parametrize(
    "body",
    [
        "{" + ",".join(f'"key {n}": {n}' for n in range(MAX_JSON_VALUE_COUNT)) + "}",
        "[" + ",".join('"one, [two]"' for _ in range(MAX_JSON_VALUE_COUNT)) + "]",
        "[" + ",".join("-1.5e3" for _ in range(MAX_JSON_VALUE_COUNT)) + "]",
        "[" * MAX_JSON_LEVEL_COUNT + "1" + "]" * MAX_JSON_LEVEL_COUNT,
        '{"a":' * MAX_JSON_LEVEL_COUNT + "1" + "}" * MAX_JSON_LEVEL_COUNT,
        '"%s"' % ("[{,:" * 10_000),
        '"%s"' % ('\\"[' * 10_000),
        '"%s' % ("\\\\" * 10_000),
        "[],{}" * 100,
        "{}" + " " * MAX_REQUEST_BODY_BYTES,
    ],
    ids=lambda body: f"{body[:14]!r}-{len(body)}",
)
def test_complexity_of_a_body_is_accepted(body: str) -> None:
    check_complexity(body.encode())


@pytest.mark.parametrize(
    "body",
    [
        "{" + ",".join(f'"key {n}": {n}' for n in range(MAX_JSON_VALUE_COUNT + 1)) + "}",
        "[" + ",".join("[]" for _ in range(MAX_JSON_VALUE_COUNT)) + "]",
        "[" * (MAX_JSON_LEVEL_COUNT + 1) + "1" + "]" * (MAX_JSON_LEVEL_COUNT + 1),
        '{"a":' * (MAX_JSON_LEVEL_COUNT + 1) + "1" + "}" * (MAX_JSON_LEVEL_COUNT + 1),
        '"\\\\"' + "[" * (MAX_JSON_LEVEL_COUNT + 1),
        '""' * (3 * MAX_JSON_VALUE_COUNT + 1),
    ],
    ids=lambda body: f"{body[:14]!r}-{len(body)}",
)
def test_complex_body_is_refused(editor: TestClient, body: str) -> None:
    with pytest.raises(InvalidRequest):
        check_complexity(body.encode())
    answers = [
        editor.post(PATH, content=body, headers={"Content-Type": "application/json"}),
        editor.patch(f"{PATH}/any", content=body, headers=PATCH_HEADERS),
    ]
    for answer in answers:
        assert answer.status_code == 422
        assert [error["code"] for error in answer.json()["errors"]] == ["too-complex"]
        assert str(MAX_JSON_VALUE_COUNT) in answer.json()["detail"]


@pytest.mark.parametrize(("length", "codes"), [(300, []), (301, ["string_too_long"])])
def test_length_of_a_text_is_checked_before_its_other_constraints(
    editor: TestClient, length: int, codes: list[str]
) -> None:
    """A title without a letter has no slug; one that is too long is not examined for it."""
    document = {"title": "-" * length, "lead": "Of it.", "body": "All of it.", "language": "en"}
    found = editor.post(PATH, json=document).json()["errors"]
    errors = {error["code"] for error in found if error["pointer"] == "/title"}
    assert errors == (set(codes) or {"value_error"})


def test_size_of_all_bodies_is_limited_until_their_requests_are_answered(
    monkeypatch: pytest.MonkeyPatch, default_settings: None
) -> None:
    monkeypatch.setattr("app.http.request_body._MAX_BUFFERED_BYTES", 5)

    async def send_three() -> list[int]:
        answer = asyncio.Event()
        statuses = []

        async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
            await answer.wait()
            await send({"type": "http.response.start", "status": 200, "headers": []})

        async def receive() -> Message:
            return {"type": "http.request", "body": b"abc"}

        async def record(message: Message) -> None:
            if message["type"] == "http.response.start":
                statuses.append(message["status"])

        async def post() -> None:
            headers = [(b"content-length", b"3")]
            scope = {"type": "http", "headers": headers, "state": {"request_id": uuid4()}}
            await middleware(scope, receive, record)

        middleware = BufferBodyMiddleware(app)
        first = asyncio.ensure_future(post())
        await asyncio.sleep(0)
        await post()
        answer.set()
        await first
        await post()
        return statuses

    assert asyncio.run(send_three()) == [503, 200, 200]

"""Fuzzer of HTTP requests, deterministic for a seed; most requests are invalid."""

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import quote_from_bytes

Document = dict[str, Any]

SLUGS = ["iss-59", "oleg-kononenko", "progress-ms-11", "current", "none", "1", "k3v9x2ab"]

TEXTS = [
    b"",
    b" ",
    b"\x00",
    b"\xff\xfe",
    b"\xed\xa0\x80",
    "\u202e\ufeff".encode(),
    "Зарёй 🚀".encode(),
    b"a" * 300,
    b"../../etc/passwd",
    b"'; DROP TABLE missions; --",
    b"' OR 1=1 --",
    b'"*NEAR(a b)^:-',
    b"%",
    b"_",
    b"\\",
    b"${7*7}{{7*7}}",
    b"<script>alert(1)</script>",
    b"\r\nX: y",
    b"0",
    b"-1",
    b"1",
    b"2147483648",
    b"9223372036854775808",
    b"9" * 400,
    b"1e309",
    b"NaN",
    b"Infinity",
    b"-0",
    b"0x10",
    b"1_000",
    "１".encode(),
    b"true",
    b"null",
    b"2019-02-29",
    b"0000-01-01",
    b"9999-12-31",
    b"9999-12-31T23:59:59-14:00",
    b"0001-01-01T00:00:00+14:00",
    b"2019-04-04T11:01:35Z",
    b"2019-04-04T24:00:00Z",
    b"2019-04-04T11:01:60Z",
    b"2019-04",
    b"2019-13",
    b"Europe/Moscow",
    b"../UTC",
    b"a," * 60,
    b",",
    b"id",
    b"-published_at",
    b"csv",
    b"full",
]

VALUES: list[Any] = [
    None,
    True,
    0,
    -1,
    1.5,
    2**31,
    2**63,
    10**400,
    1e308,
    "",
    " ",
    "\x00",
    "\ud800",
    "a" * 5000,
    "2019-04-04T11:01:35Z",
    "9999-12-31T23:59:59-14:00",
    "iss-59",
    [],
    [None],
    [[[[[]]]]],
    {},
    {"a": {"a": {"a": 1}}},
    {"__proto__": 1},
    ["a"] * 500,
]

HEADERS = [
    "Accept: text/csv;q=NaN",
    "Accept: " + "a/b," * 300,
    "Accept-Encoding: gzip;q=1e999, *;q=-1",
    "Accept-Language: \x80\xff",
    "Authorization: Bearer",
    "Authorization: Basic Og==",
    "Authorization: Bearer zarya_aaaaaaaa_" + "b" * 38,
    'If-None-Match: W/"',
    "If-None-Match: " + '"a",' * 500,
    "If-Match: *",
    'If-Match: "99999999999999999999"',
    "If-Modified-Since: yesterday",
    "Range: bytes=" + "0-0," * 400,
    "Range: bytes=9999999999999999999-",
    "Last-Event-ID: \xe2\x80\xae",
    "Idempotency-Key: " + "k" * 300,
    "Content-Type: application/json; charset=utf-7",
    "Content-Type: multipart/form-data",
    "Content-Type: \xff",
    "Origin: null",
    'Prefer: "',
    "X-Request-ID: '",
    "X-Forwarded-For: ,,, 1.1.1.1, \x1b[31m",
    "Cookie: a=b; a",
    "Connection: upgrade",
    "Expect: 200-ok",
    "Traceparent: 00-0-0-zz",
]

METHODS = "GET GET GET HEAD OPTIONS POST PUT PATCH DELETE TRACE PROPFIND".split()
ODD_PARTS = ["..", "%2e%2e", "", "%00", "a"]


def requests(document: Document, key: str, seed: int, number: int) -> Iterator[tuple[str, bytes]]:
    """Yield random requests to the operations of `document`, each with its method."""
    random = Random(seed)
    operations = [
        (path, method, operation)
        for path, methods in sorted(document["paths"].items())
        for method, operation in sorted(methods.items())
        if operation["operationId"] != "streamEvents"  # endless response
    ]
    for _ in range(number):
        path, method, operation = random.choice(operations)
        yield _request(random, path, method.upper(), operation, document, key)


def _request(
    random: Random, path: str, method: str, operation: Document, document: Document, key: str
) -> tuple[str, bytes]:
    if random.random() < 0.1:
        method = random.choice(METHODS)
    target = _path(random, path).encode() + _query(random, operation)
    lines = [f"{method} ".encode() + target + b" HTTP/1.1", b"Host: x"]
    lines += [text.encode("latin-1") for text in random.sample(HEADERS, random.randrange(3))]
    if random.random() < 0.7:
        lines.append(f"Authorization: Bearer {key}".encode())
    body = b""
    if "requestBody" in operation or random.random() < 0.05:
        body = _body(random, operation, document)
        kind = b"application/merge-patch+json" if method == "PATCH" else b"application/json"
        lines += [b"Content-Type: " + kind, b'If-Match: "1"', b"Content-Length: %d" % len(body)]
    return method, b"\r\n".join([*lines, b"", body])


def _path(random: Random, path: str) -> str:
    parts = []
    for part in path.split("/"):
        if part.startswith("{"):
            is_slug = random.random() < 0.5
            text = random.choice(SLUGS).encode() if is_slug else random.choice(TEXTS)
            parts.append(quote_from_bytes(text, safe=""))
        else:
            parts.append(part)
    if random.random() < 0.05:
        parts.insert(random.randrange(1, len(parts) + 1), random.choice(ODD_PARTS))
    return "/".join(parts) or "/"


def _query(random: Random, operation: Document) -> bytes:
    declared = [p["name"] for p in operation.get("parameters", []) if p.get("in") == "query"]
    names = random.choices([*declared, "nonsense", "q", "limit"], k=random.randrange(4))
    pairs = [f"{name}={quote_from_bytes(random.choice(TEXTS))}" for name in names]
    if random.random() < 0.05:
        pairs.append(random.choice(["%", "=", "&&&", "a=%zz", "cursor=" + "A" * 500, "%00=%00"]))
    return ("?" + "&".join(pairs)).encode() if pairs else b""


def _body(random: Random, operation: Document, document: Document) -> bytes:
    if random.random() < 0.15:
        return random.choice(
            [b"", b"{", b"nul", b"[" * 3000, b"\xff", b'{"a":' * 2000, b"9" * 5000]
        )
    content = operation.get("requestBody", {}).get("content", {})
    schemas = [media_type.get("schema", {}) for media_type in content.values()] or [{}]
    name = schemas[0].get("$ref", "").rpartition("/")[2]
    fields = list(document["components"]["schemas"].get(name, {}).get("properties", {})) or ["a"]
    some = random.sample(fields, random.randint(0, len(fields)))
    chosen = {field: random.choice(VALUES) for field in some}
    if random.random() < 0.1:
        chosen[random.choice(["id", "version", "created_at", "nonsense", "\x00"])] = 1
    return json.dumps(chosen).encode()


def read_document(root: Path) -> Document:
    """Read the published OpenAPI document."""
    document: Document = json.loads((root / "openapi.json").read_text())
    return document

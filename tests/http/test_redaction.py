"""Redaction of secrets in logs: keys in any coding, case and place."""

import base64
import json
from collections.abc import Callable
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from app.api.api_key_format import generate_api_key
from app.http.redaction import redact

KEY = generate_api_key("Leaked", [])[1]
SECRET = KEY[15:]

CODINGS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "percent": lambda key: "".join(f"%{ord(char):02x}" for char in key),
    "percent twice": lambda key: "".join(f"%25{ord(char):02X}" for char in key),
    "percent of some": lambda key: "".join(f"%{ord(c):02X}" if c in "aeiou_" else c for c in key),
    "JSON escapes": lambda key: "".join(f"\\u{ord(char):04x}" for char in key),
    "JSON of JSON": lambda key: "".join(f"\\\\u{ord(char):04x}" for char in key),
    "hexadecimal escapes": lambda key: "".join(f"\\x{ord(char):02x}" for char in key),
    "character references": lambda key: "".join(f"&#{ord(char)};" for char in key),
    "hexadecimal references": lambda key: "".join(f"&#x{ord(char):x};" for char in key),
    "quoted-printable": lambda key: "".join(f"={ord(char):02X}" for char in key),
    "base64": lambda key: base64.b64encode(key.encode()).decode(),
    "base64 of a header": lambda key: base64.b64encode(f"Bearer {key}".encode()).decode(),
    "base64 of UTF-16": lambda key: base64.b64encode(key.encode("utf-16")).decode(),
    "base32": lambda key: base64.b32encode(key.encode()).decode(),
    "base16": lambda key: key.encode().hex(),
    "UTF-16 LE": lambda key: "".join(f"{char}\0" for char in key),
    "UTF-16 BE": lambda key: "".join(f"\0{char}" for char in key),
    "UTF-16 BE, percent": lambda key: "".join(f"%00{char}" for char in key),
    "full width": lambda key: "".join(
        chr(ord(char) + 0xFEE0) if char.isalnum() else char for char in key
    ),
}
SPELLINGS: dict[str, Callable[[str], str]] = {
    "as issued": str,
    "upper case": str.upper,
    "lower case": str.lower,
    "swapped case": str.swapcase,
    "prefix misspelt": lambda key: f"zary{key[5:]}",
    "secret alone": lambda key: key[15:],
    "without separators": lambda key: key.replace("_", ""),
}
VARIANTS = [
    pytest.param(encode(spell(KEY)), id=f"{coding}, {spelling}")
    for coding, encode in CODINGS.items()
    for spelling, spell in SPELLINGS.items()
]


def has_part_of_secret(text: str, variant: str) -> bool:
    """Whether `text` contains a quarter of `variant`, or of the secret in any case."""
    parts = [variant[at : at + len(variant) // 4] for at in range(len(variant) // 2, len(variant))]
    parts = [part for part in parts if len(part) == len(variant) // 4] + [SECRET[:10], SECRET[-10:]]
    return any(part.lower() in text.lower() for part in parts)


@pytest.mark.parametrize("variant", VARIANTS)
def test_key_is_redacted_in_any_coding(variant: str) -> None:
    text = f"before/{variant}/after"
    assert has_part_of_secret(text, variant)  # positive control
    assert not has_part_of_secret(redact(text), variant)
    assert redact(text).startswith("before/")
    assert redact(text).endswith("/after")


@pytest.mark.parametrize(
    "text",
    [
        "/v1/missions/iss-59", "/v1/articles/soyuz-ms-25-brings-a-crew-of-three-to-the-station",
        "/экспедиция/международная-космическая-станция",
        "urn:uuid:0189f7ea-ae2c-7b2c-8d30-1f2f3a4b5c6d",
        "https://portal.example/%D0%A1%D0%BE%D1%8E%D0%B7-%D0%9C%D0%A1-25%D0%B0%D0%B1%D0%B2%D0%B3",
        "2001:db8:85a3:8d3:1319:8a2e:370:7348", "rate limit: Redis failed: ConnectionError",
    ],
)  # fmt: skip
def test_other_text_is_unchanged(text: str) -> None:
    """Positive control of redaction: it leaves words, names and addresses alone."""
    assert redact(text) == text


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("postgresql://zarya:pa@ss@host/zarya", "postgresql://zarya:…@host/zarya"),
        ("redis://:hunter2@host:6379/0 failed", "redis://:…@host:6379/0 failed"),
        ("host=db password=hunter2 user=zarya", "host=db password=… user=zarya"),
        ("password = 'two words' user=zarya", "password = … user=zarya"),
    ],
)
def test_password_is_redacted(text: str, redacted: str) -> None:
    assert redact(text) == redacted


def test_id_of_key_is_kept() -> None:
    assert redact(f"Bearer {KEY}, again") == f"Bearer {KEY[:15]}…, again"
    assert redact("whsec_C2FtcGxl+/secret=") == "whsec_…"


def test_key_is_not_logged_from_any_place(
    archive: TestClient, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every variant in the path, and percent-encoded in the query and headers."""
    variants: list[str] = [str(each.values[0]) for each in VARIANTS]
    for variant in variants:
        coded = quote(variant, safe="")
        names = ("Authorization", "Cookie", "User-Agent", "Referer", "X-Forwarded-For", "If-Match")
        headers = dict.fromkeys(names, coded)
        for path in (f"v1/missions/{coded}", "a/" * 90 + coded, f"v1/missions?limit={coded}"):
            archive.get(f"/{path}", headers=headers)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3 * len(variants)
    for number, line in enumerate(lines):
        logged = json.loads(line)
        assert logged["path"].startswith(("/v1/missions", "/a/a/"))  # positive control
        assert not has_part_of_secret(str(logged), variants[number // 3]), line


def test_key_as_method_is_not_logged(
    archive: TestClient, capsys: pytest.CaptureFixture[str]
) -> None:
    assert archive.request(KEY, "/v1/missions").status_code == 405
    assert json.loads(capsys.readouterr().out)["method"] == f"{KEY[:15].upper()}…"
    metrics = TestClient(archive.app, client=("127.0.0.1", 50_000)).get("/metrics").text
    assert SECRET not in metrics
    assert 'method="other"' in metrics

"""Requests and responses shown in Markdown pages, and their replay against the service.

In a shown response `…` stands for omitted content: the other keys of an object, the other items of
a list, the rest of a string; in a response that is not JSON, any text. In a shown URL `cursor=…`
stands for the cursor of the next page.
"""

import json
import re
import shlex
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

HOST = "localhost:8000"
_NEXT_PAGE = "&cursor=…"
_EXAMPLE = re.compile(r"```console\n\$ curl -s (.+?)\n(.+?)```", re.DOTALL)


def documented_requests(page: Path) -> list[tuple[str, str]]:
    """URL path and shown response of each request in `page`."""
    found = _EXAMPLE.findall(page.read_text())
    return [(shlex.split(command)[0].removeprefix(HOST), shown) for command, shown in found]


def parse_shown_json(shown: str) -> Any:
    """Parse a shown JSON response; `…` becomes a key of an object or an item of a list."""

    def replacement(found: re.Match[str]) -> str:
        text, end = found.groups()
        return text or ('"…": null' + end if end else '"…"')

    return json.loads(re.sub(r'("(?:[^"\\]|\\.)*")|…(\s*\})?', replacement, shown))


def matches_json(shown: Any, real: Any) -> bool:
    """True if the JSON value `real` matches `shown`, except for what `…` omits."""
    match shown, real:
        case dict(), dict():
            keys = shown.keys() - {"…"}
            whole = "…" in shown or keys == real.keys()
            return whole and all(k in real and matches_json(shown[k], real[k]) for k in keys)
        case list(), list():
            items = [item for item in shown if item != "…"]
            whole = "…" in shown or len(items) == len(real)
            return whole and len(items) <= len(real) and all(map(matches_json, items, real))
        case str(), str() if shown.endswith("…"):
            return real.startswith(shown[:-1])
    return bool(shown == real)


def matches_text(shown: str, real: str) -> bool:
    """True if the text `real` matches `shown`, regardless of line breaks."""
    parts = (r"\s+".join(map(re.escape, part.split())) for part in shown.split("…"))
    return bool(re.fullmatch(r"\s*" + r".*".join(parts) + r"\s*", real, re.DOTALL))


def replay_request(client: TestClient, address: str, shown: str) -> None:
    """Send the request; fail unless the response matches the one shown."""
    response = client.get(address.removesuffix(_NEXT_PAGE))
    if "json" not in response.headers["Content-Type"]:
        assert matches_text(shown, response.text), response.text
        return
    real = response.json()
    if address.endswith(_NEXT_PAGE):
        real = client.get(real["next"]).json()
    formatted = json.dumps(real, ensure_ascii=False, indent=1)
    assert matches_json(parse_shown_json(shown), real), formatted

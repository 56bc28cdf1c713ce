"""Documents for tests: valid by default, each different from the last, any field as told."""

from itertools import count
from typing import Any

_numbers = count(1)


def article(**fields: Any) -> dict[str, Any]:
    given = {
        "title": f"Written {next(_numbers)}",
        "lead": "A lead.",
        "body": "A body.",
        "language": "en",
        "source": {"name": "Press office", "url": None},
    }
    return given | fields


def person(**fields: Any) -> dict[str, Any]:
    return {"name": f"Written Person {next(_numbers)}"} | fields


def mission(**fields: Any) -> dict[str, Any]:
    given = {
        "number": 1000 + next(_numbers),
        "starts_at": "2031-03-15T00:00:00Z",
        "ends_at": "2031-09-15T00:00:00Z",
        "summary": "A summary.",
    }
    return given | fields


def launch(**fields: Any) -> dict[str, Any]:
    given = {
        "status": "planned",
        "launch_at": "2031-04-04T11:01:35Z",
        "spacecraft": [{"name": f"Ship {next(_numbers)}", "kind": "SC"}],
        "crewed": True,
    }
    return given | fields


ANY = {"If-Match": "*"}
"""For changes whatever the version is."""

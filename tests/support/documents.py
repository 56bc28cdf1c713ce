"""Factories of JSON documents: request bodies for the API, valid and distinct by default.

Keyword arguments override fields. Database rows are in `factories`.
"""

from itertools import count
from typing import Any

_numbers = count(1)


def article(**fields: Any) -> dict[str, Any]:
    defaults = {
        "title": f"Written {next(_numbers)}",
        "lead": "A lead.",
        "body": "A body.",
        "language": "en",
        "source": {"name": "Press office", "url": None},
    }
    return defaults | fields


def person(**fields: Any) -> dict[str, Any]:
    return {"name": f"Written Person {next(_numbers)}"} | fields


def mission(**fields: Any) -> dict[str, Any]:
    defaults = {
        "number": 1000 + next(_numbers),
        "starts_at": "2031-03-15T00:00:00Z",
        "ends_at": "2031-09-15T00:00:00Z",
        "summary": "A summary.",
    }
    return defaults | fields


def launch(**fields: Any) -> dict[str, Any]:
    defaults = {
        "status": "planned",
        "launch_at": "2031-04-04T11:01:35Z",
        "spacecraft": [{"name": f"Ship {next(_numbers)}", "kind": "SC"}],
        "crewed": True,
    }
    return defaults | fields


def site(**fields: Any) -> dict[str, Any]:
    return {"name": f"Written Site {next(_numbers)}", "country": "KZ"} | fields


def module(**fields: Any) -> dict[str, Any]:
    return {"name": f"Written Module {next(_numbers)}", "kind": "module"} | fields


def agency(**fields: Any) -> dict[str, Any]:
    return {"name": f"Written Agency {next(_numbers)}"} | fields


def vehicle(**fields: Any) -> dict[str, Any]:
    return {"name": f"Rocket {next(_numbers)}", "family": "Rockets"} | fields


def spacecraft_type(**fields: Any) -> dict[str, Any]:
    return {"name": f"Written Type {next(_numbers)}", "kind": "SC", "crewed": True} | fields


def spacecraft(**fields: Any) -> dict[str, Any]:
    """Spacecraft; its `type` must exist."""
    return {"name": f"Written Spacecraft {next(_numbers)}"} | fields


def stay(**fields: Any) -> dict[str, Any]:
    """Stay at a port; `launch` and `port` must exist."""
    defaults = {"arrived_at": "2019-04-04T14:25:00Z", "arrival_kind": "docking"}
    return defaults | fields


def spacewalk(**fields: Any) -> dict[str, Any]:
    defaults = {"starts_at": "2031-04-08T11:31:00Z", "starts_at_precision": "minute"}
    return defaults | fields


IF_MATCH_ANY = {"If-Match": "*"}
"""Headers of a write regardless of the current version."""

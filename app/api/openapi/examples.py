"""What parameters may look like."""

from collections.abc import Mapping
from typing import Any

PARAMETER_EXAMPLES: dict[str, Any] = {
    "aboard_on": "2019-04-04",
    "action": ["update"],
    "active_on": "2019-04-04",
    "actor": ["zarya load"],
    "agency": ["NASA"],
    "agency_not": ["NASA"],
    "articles": 3,
    "at_gte": "2026-01-01",
    "at_lt": "2031-01-01T00:00:00Z",
    "country": ["KZ"],
    "crewed": True,
    "cursor": "WyJuYW1lIiwgIjhkYjI1Y2JlZTk0NyIsIDAsICJhbm5lIG1jY2xhaW4iLCAyNV0",
    "ends_on_gte": "2019-04-04",
    "ends_on_lt": "2019-12-31",
    "format": "json",
    "has_image": False,
    "id": 1,
    "Idempotency-Key": "4d0f1f2a-5f0e-4f6e-9a43-1f1f0a3c9b7e",
    "If-Match": 'W/"5f3c1a9e0b7d2c4461f2a8e3.7"',
    "kind": ["CV"],
    "lang": "ru",
    "language": ["en"],
    "launch": ["progress-ms-11"],
    "launch_at_gte": "2019-04-04T00:00:00Z",
    "launch_at_lt": "2019-05-01",
    "launch_month": "2019-04",
    "launch_on": "2019-04-04",
    "launches": 5,
    "limit": 20,
    "mission": ["iss-59"],
    "month": "2019-04",
    "nationality": ["RU"],
    "nationality_not": ["RU"],
    "number": [59],
    "on": "2019-04-04",
    "person": ["anne-mcclain"],
    "published_at_gte": "2019-04-04T00:00:00Z",
    "published_at_lt": "2019-05-01",
    "published_month": "2019-04",
    "published_on": "2019-04-04",
    "q": "kononenko",
    "record_id": 59,
    "role": ["commander"],
    "scope": ["articles:write"],
    "role_not": ["commander"],
    "site": ["Baikonur Cosmodrome"],
    "source": ["Zarya chronicle"],
    "source_not": ["Zarya chronicle"],
    "spacecraft": ["Progress MS-11"],
    "starts_on_gte": "2019-01-01",
    "starts_on_lt": "2019-12-31",
    "status": ["success"],
    "status_not": ["failure"],
    "tag": ["launch"],
    "tag_not": ["launch"],
    "type": ["mission"],
    "types": ["mission"],
    "Last-Event-ID": "WyJtIiwgMCwgMTc0MCwgIjIwMjYtMTEtMjQiXQ",
    "tz": "Europe/Moscow",
    "updated_at_gte": "2019-04-04T00:00:00Z",
    "vehicle": ["Soyuz-2.1a"],
    "vehicle_family": ["Soyuz"],
    "view": "summary",
    "with_total": True,
}
"""What each parameter may look like, by name, where an operation does not have its own."""

OPERATION_EXAMPLES: dict[tuple[str, str], Any] = {
    ("listMissions", "status"): ["completed"],
    ("listDrafts", "status"): ["draft"],
    ("listMissions", "status_not"): ["planned"],
    ("getKey", "id"): "k3v9x2ab",
    ("revokeKey", "id"): "k3v9x2ab",
    ("listAuditEntries", "slug"): ["iss-59"],
}

EXAMPLE_SLUGS = {
    "Article": "launch-progress-ms-11",
    "Launch": "progress-ms-11",
    "Mission": "iss-59",
    "Person": "anne-mcclain",
}
"""A record of each kind, by the word that the operations on it have in their names."""


def get_parameter_example(operation: str, parameter: Mapping[str, Any]) -> Any:
    """What `parameter` of `operation` may look like."""
    key = parameter["name"]
    if (operation, key) in OPERATION_EXAMPLES:
        return OPERATION_EXAMPLES[operation, key]
    if key == "slug":  # in a path
        return next(slug for what, slug in EXAMPLE_SLUGS.items() if what in operation)
    return PARAMETER_EXAMPLES[key] if key in PARAMETER_EXAMPLES else parameter["schema"]["default"]

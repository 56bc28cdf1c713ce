"""The committed OpenAPI document, which `tests/test_openapi.py` compares with the application."""

import json
from functools import cache
from typing import Any

from tests.support.paths import ROOT


@cache
def committed_openapi() -> dict[str, Any]:
    """The document, parsed once; to build it takes seconds. Do not change it."""
    parsed: dict[str, Any] = json.loads((ROOT / "openapi.json").read_text("utf-8"))
    return parsed

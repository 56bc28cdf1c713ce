"""Numbers of requests: all of them, or few for `make attack QUICK=1`; and figures of tests."""

import os
from collections.abc import Callable

Note = Callable[[str], None]
"""Record a figure, which is printed after the tests."""

IS_QUICK = os.environ.get("ATTACK") == "quick"


def scaled(full: int, quick: int) -> int:
    """`full`, or `quick` for `make attack QUICK=1`."""
    return quick if IS_QUICK else full

"""Numbers of requests: all of them, or few for `make attack QUICK=1`."""

import os

IS_QUICK = os.environ.get("ATTACK") == "quick"


def scaled(full: int, quick: int) -> int:
    """`full`, or `quick` for `make attack QUICK=1`."""
    return quick if IS_QUICK else full

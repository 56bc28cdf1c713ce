"""Errors of the service as exceptions."""

import random
from typing import ClassVar

import httpx

from zarya_client.models import FieldProblem

_MAX_DELAY_SECONDS = 60
_PASSING_STATUSES = {429, 502, 503, 504}


class Problem(Exception):
    """An error response, whose body has been read: problem details by RFC 9457."""

    _classes: ClassVar[dict[int, type["Problem"]]] = {}

    def __init_subclass__(cls, status: int) -> None:
        cls._classes[status] = cls

    def __init__(self, response: httpx.Response) -> None:
        media_type = response.headers.get("Content-Type", "")  # a proxy in between sends another
        found = response.json() if media_type.startswith("application/problem+json") else {}
        self.status = response.status_code
        self.type: str = found.get("type", "about:blank")
        """URL of a page that explains this type of problem."""
        self.detail: str = found.get("detail", response.reason_phrase)
        self.errors: list[FieldProblem] = found.get("errors", [])
        """One item for each invalid parameter or field."""
        retry_after = response.headers.get("Retry-After", "")
        self.retry_after_seconds = float(retry_after) if retry_after.isdecimal() else None
        super().__init__(f"{self.status}: {self.detail}")

    @classmethod
    async def raise_for(cls, response: httpx.Response) -> None:
        """Raise the problem of a response, if it is one. Hook of `httpx.AsyncClient`."""
        if response.is_error:
            await response.aread()
            raise cls._classes.get(response.status_code, cls)(response)


class NotFound(Problem, status=404):
    """No resource has this URL."""


class Gone(Problem, status=410):
    """The record was deleted, or the cursor has expired."""


class PreconditionFailed(Problem, status=412):
    """The record has changed since it was read."""


class InvalidRequest(Problem, status=422):
    """A parameter or field is invalid; see `errors`."""


class TooManyRequests(Problem, status=429):
    """The rate limit is exceeded."""


class Unavailable(Problem, status=503):
    """The service is overloaded or shutting down."""


def delay_seconds(attempt: int, error: httpx.TransportError | Problem | None = None) -> float:
    """The delay of the service, else a random one that doubles with each attempt, to a minute.

    Raises `error` if the same request cannot succeed later.
    """
    if isinstance(error, Problem) and error.status not in _PASSING_STATUSES:
        raise error
    stated = error.retry_after_seconds if isinstance(error, Problem) else None
    return stated or min(2 ** (attempt - 1), _MAX_DELAY_SECONDS) * random.uniform(0.5, 1.0)

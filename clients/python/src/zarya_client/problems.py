"""Errors of the service as exceptions."""

import json
from collections.abc import Sequence

import httpx

from zarya_client.models import FieldProblem


class Problem(Exception):
    """An error response: problem details by RFC 9457."""

    def __init__(
        self, status: int, type_: str, detail: str, errors: Sequence[FieldProblem] = ()
    ) -> None:
        super().__init__(f"{status}: {detail}")
        self.status = status
        self.type = type_
        """URL of a page that explains this type of problem."""
        self.detail = detail
        self.errors = list(errors)
        """One item for each invalid parameter or field."""


class NotFound(Problem):
    """No resource has this URL."""


class Gone(Problem):
    """The record was deleted, or the cursor has expired."""


class PreconditionFailed(Problem):
    """The record has changed since it was read."""


class InvalidRequest(Problem):
    """A parameter or field is invalid; see `errors`."""


class TooManyRequests(Problem):
    """The rate limit is exceeded."""


class Unavailable(Problem):
    """The service is overloaded or shutting down."""


_CLASSES: dict[int, type[Problem]] = {
    404: NotFound,
    410: Gone,
    412: PreconditionFailed,
    422: InvalidRequest,
    429: TooManyRequests,
    503: Unavailable,
}


def build_problem(response: httpx.Response) -> Problem:
    """The problem of an error response, whose body has been read."""
    try:
        body = response.json()
    except json.JSONDecodeError:  # from a proxy in between
        body = {}
    found = body if isinstance(body, dict) else {}
    class_ = _CLASSES.get(response.status_code, Problem)
    return class_(
        response.status_code,
        found.get("type", "about:blank"),
        found.get("detail", response.reason_phrase),
        found.get("errors", ()),
    )

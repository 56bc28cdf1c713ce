"""What is kept is answered at once, as soon as the head of a request has been read.

The usual way is a task, a scope, and the layers of the application one around the other: most of
what it costs to send what is there already. Here each of those layers is asked by a plain function;
where one of them has to wait for something, or has more to say, the request goes the usual way and
is answered the same.
"""

from http import HTTPStatus
from time import perf_counter

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from app.http.access_log import Entry
from app.http.cache.middleware import READING, Answers
from app.http.cache.store import Form, Headers
from app.http.metrics import HIT
from app.http.rate_limit import Quota
from app.http.request_context import Front, identity, named

_USUAL = frozenset(
    {
        b"authorization",
        b"content-length",
        b"expect",
        b"transfer-encoding",
        b"upgrade",
    }
)
"""Who sends one of these has a key, a body or a wish of their own, and is answered as usual."""


class Express:
    """Answers what is kept."""

    def __init__(self, front: Front, quota: Quota, answers: Answers) -> None:
        self._front = front
        self._quota = quota
        self._answers = answers
        self._own: Headers = []
        self._own_lines = b""
        """The server's own headers, which it makes anew each second."""

    def answer(
        self, method: str, url: bytes, headers: Headers, peer: str, own: Headers
    ) -> tuple[bytes, bytes] | None:
        """Head and body of the answer with the server's `own` headers; None: take the usual way."""
        begun = perf_counter()
        asked = dict(headers)
        if (
            method not in READING
            or len(asked) < len(headers)
            or not _USUAL.isdisjoint(asked)
            or self._front.draining.begun
        ):
            return None
        address, _, query = url.partition(b"?")
        path = address.decode("latin-1")  # if anything in it is encoded, nothing is found by it
        found = self._answers.at_once(path, query, asked)
        if found is None:
            return None
        whole, form = found
        client = self._front.client_of(peer, asked.get(b"x-forwarded-for"))
        told = self._quota.at_once(client, form.status != HTTPStatus.NOT_MODIFIED)
        if told is None:
            return None
        id_ = identity(asked.get(b"x-request-id", b""))
        body: bytes = b"" if method == "HEAD" else form.body["body"]
        route = getattr(whole.route, "name", "")
        HIT.inc()
        self._front.journal.answered_at_once(
            Entry(id_, client, method, path, begun, form.status, len(body), route)
        )
        form.head = form.head or self._head(form)
        if own is not self._own:
            self._own, self._own_lines = own, lines(own)
        more = lines([*told, named(id_)])
        return form.head + self._own_lines + more + b"\r\n", body

    def _head(self, form: Form) -> bytes:
        return STATUS_LINE[form.status] + lines(self._front.dressed(form.headers))


def express_of(app: object) -> Express | None:
    """That of an application, None where it has none."""
    found = getattr(getattr(app, "state", None), "express", None)
    return found if isinstance(found, Express) else None


def lines(headers: Headers) -> bytes:
    """Headers as they are sent."""
    return b"".join([b"%b: %b\r\n" % line for line in headers])

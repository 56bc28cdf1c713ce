"""The index in the databases' own full-text engines: the only place where the two differ.

SQLite has one FTS5 table with four columns, PostgreSQL four tsvectors with a GIN index each. Both
hold the same tokens in the same order, and are asked for the same: which places have which tokens.
What a token is, and what comes first, neither decides.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from sqlalchemy import (
    BigInteger,
    Connection,
    Dialect,
    Engine,
    String,
    TypeDecorator,
    bindparam,
    column,
    literal_column,
    text,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from app.db.models.base import arguments
from app.db.models.search import INDEX
from app.db.timeouts import unhurried
from app.search.query_parser import Term, Tokens

GAP = "_"
"""A token that no query has: what no phrase goes over."""

MOST = 250
"""How often one token of a document counts: PostgreSQL keeps no more of its positions."""

LONGEST = 15_000
"""How many tokens of a document count: PostgreSQL's positions end at 16,383."""


@dataclass(frozen=True)
class Tokenised:
    """The tokens of a document, by what they stand in."""

    place: int
    names: Sequence[str]
    title: Sequence[str]
    lead: Sequence[str]
    body: Sequence[str]

    def counted(self) -> list[list[str]]:
        """The tokens of each part, none of them more often than counts."""
        seen: Counter[str] = Counter()
        left = LONGEST
        parts = []
        for part in (self.names, self.title, self.lead, self.body):
            kept = []
            for token in part[:left]:
                seen[token] += 1
                kept.append(token if seen[token] <= MOST else GAP)
            left -= len(kept)
            parts.append(kept)
        return parts


class Within(Enum):
    """The parts of documents that a condition looks at."""

    NAMES = "names"
    TITLE = "title"
    HEAD = "names title lead"
    ALL = "names title lead body"


@dataclass(frozen=True)
class Holds:
    """That a part of a document has all of some terms."""

    within: Within
    terms: tuple[Term, ...]
    begun: bool = False
    """Whether the last term may also be the beginning of a word."""

    def ways(self) -> list[list[tuple[Tokens, bool]]]:
        """For each term the ways it may stand; the second tells whether more may follow."""
        found = []
        for term in self.terms:
            match self.within:
                case Within.NAMES:
                    ways = term.names
                case Within.TITLE:
                    ways = term.texts
                case _:
                    ways = term.anywhere
            found.append([(way, False) for way in ways])
        if self.begun:
            found[-1] += [((token,), True) for token in self.terms[-1].begins]
        return found


class _Condition(TypeDecorator[Holds]):
    """A condition as the database's engine spells it. Tokens are letters and digits alone."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: Holds | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        return _fts5(value) if dialect.name == "sqlite" else _tsquery(value)


def _fts5(holds: Holds) -> str:
    terms = [
        " OR ".join(f'"{" ".join(way)}"{" *" * more}' for way, more in ways)
        for ways in holds.ways()
    ]
    return f"{{{holds.within.value}}} : ({' AND '.join(f'({term})' for term in terms)})"


def _tsquery(holds: Holds) -> str:
    def spelt(way: Tokens, more: bool) -> str:
        return f"({' <-> '.join(token + ':*' * more for token in way)})"

    terms = [" | ".join(spelt(*way) for way in ways) for ways in holds.ways()]
    return " & ".join(f"({term})" for term in terms)


class _Places(FunctionElement[Any]):
    """A table of places: those where one of some conditions holds, and none of others.

    Its arguments are how many may hold, then pairs: the vector that PostgreSQL looks in, and the
    condition.
    """

    inherit_cache = True


_VECTORS = {Within.NAMES: "names", Within.TITLE: "title", Within.HEAD: "head", Within.ALL: "words"}


def places(either: Sequence[Holds], but: Sequence[Holds] = ()) -> Any:
    """A table with the column `place`: where one of `either` holds, and none of `but`."""
    arguments: list[Any] = [literal_column(str(len(either)))]
    for condition in (*either, *but):
        # Written into the statement: PostgreSQL's plan depends on how common the words are.
        bound = bindparam(None, condition, _Condition(), unique=True, literal_execute=True)
        arguments += [literal_column(_VECTORS[condition.within]), bound]
    return _Places(*arguments).table_valued(column("place", BigInteger), name="found")


def every_place() -> Any:
    """A table with the column `place`: all that the index holds."""
    return _Places().table_valued(column("place", BigInteger), name="found")


@compiles(_Places)
def _(element: _Places, compiler: Any, **kw: Any) -> str:
    sqlite = compiler.dialect.name == "sqlite"
    key = "rowid AS place" if sqlite else "place"
    number, *spelt = arguments(element, compiler, kw) or ["0"]
    if not spelt:
        return f"(SELECT {key} FROM {INDEX})"  # noqa: S608 - a name of our own
    pairs = list(zip(spelt[::2], spelt[1::2], strict=True))
    if sqlite:
        tests = [f"'(' || {condition} || ')'" for _, condition in pairs]
        both = " || ' OR ' || ", " || ' NOT ' || "
    else:
        tests = [f"{vector} @@ CAST({condition} AS tsquery)" for vector, condition in pairs]
        both = " OR ", " AND NOT "
    either, but = tests[: int(number)], tests[int(number) :]
    found = both[0].join(either)
    found = f"'(' || {found} || ')'" if sqlite else f"({found})"
    test = both[1].join([found, *but])
    test = f"{INDEX} MATCH ({test})" if sqlite else test
    return f"(SELECT {key} FROM {INDEX} WHERE {test})"  # noqa: S608 - a name of our own


def store(connection: Connection, documents: Iterable[Tokenised]) -> None:
    """Put documents into the index, where nothing stands at their places."""
    sqlite = connection.dialect.name == "sqlite"
    rows = [_row(document, sqlite) for document in documents]
    if rows:
        connection.execute(_STORE_SQLITE if sqlite else _STORE_POSTGRESQL, rows)


_STORE_SQLITE = text(
    f"INSERT INTO {INDEX} (rowid, names, title, lead, body) "  # noqa: S608 - a name of our own
    "VALUES (:place, :names, :title, :lead, :body)"
)
_STORE_POSTGRESQL = text(
    f"INSERT INTO {INDEX} (place, names, title, head, words) VALUES (:place, "  # noqa: S608 - as above
    "CAST(:names AS tsvector), CAST(:title AS tsvector), CAST(:head AS tsvector), "
    "CAST(:words AS tsvector))"
)


def _row(document: Tokenised, sqlite: bool) -> dict[str, Any]:
    names, title, lead, body = document.counted()
    if sqlite:
        parts = {"names": names, "title": title, "lead": lead, "body": body}
        return {"place": document.place} | {name: " ".join(part) for name, part in parts.items()}
    return {
        "place": document.place,
        "names": _vector(names),
        "title": _vector(title),
        "head": _vector(names, title, lead),
        "words": _vector(names, title, lead, body),
    }


def _vector(*parts: list[str]) -> str:
    """Parts of a document as a tsvector; no phrase goes over from one to the other."""
    positions: dict[str, list[str]] = defaultdict(list)
    position = 0
    for part in parts:
        for token in part:
            position += 1
            if token != GAP:
                positions[token].append(str(position))
        position += 1
    return " ".join(f"{token}:{','.join(at)}" for token, at in positions.items())


def drop(connection: Connection, places_: Collection[int]) -> None:
    """Take what stands at these places out of the index."""
    key = "rowid" if connection.dialect.name == "sqlite" else "place"
    rows = [{"place": place} for place in places_]
    if rows:
        connection.execute(text(f"DELETE FROM {INDEX} WHERE {key} = :place"), rows)  # noqa: S608 - ours


def clear(connection: Connection) -> None:
    """Take everything out of the index, to be made anew, however long that takes."""
    unhurried(connection)
    connection.execute(text(f"DELETE FROM {INDEX}"))  # noqa: S608 - a name of our own


def settle(connection: Connection) -> None:
    """Let the engine put a rebuilt index in order."""
    if connection.dialect.name == "sqlite":
        connection.execute(text(f"INSERT INTO {INDEX} ({INDEX}) VALUES ('optimize')"))  # noqa: S608 - ours
    else:
        connection.execute(text(f"ANALYZE {INDEX}"))


def sweep(engine: Engine) -> None:
    """Take out what a rebuilt index was before, once that is committed.

    PostgreSQL looks through it until then, which it would do by itself within some minutes only.
    """
    if engine.dialect.name != "postgresql":
        return
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        unhurried(connection)
        connection.execute(text("SET statement_timeout = 0"))
        connection.execute(text(f"VACUUM ANALYZE {INDEX}"))
        connection.invalidate()  # nobody else is to have so much time

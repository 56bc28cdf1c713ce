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

from app.db.functions import compile_arguments
from app.db.models.search import SEARCH_INDEX_TABLE
from app.db.timeouts import disable_timeouts
from app.search.query_parser import Term, Tokens

PHRASE_BREAK = "_"
"""A token that no query has: what no phrase goes over."""

_MAX_TOKEN_OCCURRENCES = 250
"""How often one token of a document counts: PostgreSQL keeps no more of its positions."""

_MAX_DOCUMENT_TOKENS = 15_000
"""How many tokens of a document count: PostgreSQL's positions end at 16,383."""


@dataclass(frozen=True)
class TokenizedDocument:
    """The tokens of a document, by what they stand in."""

    index_key: int
    names: Sequence[str]
    title: Sequence[str]
    lead: Sequence[str]
    body: Sequence[str]

    def truncate_fields(self) -> list[list[str]]:
        """The tokens of each part, none of them more often than counts."""
        seen: Counter[str] = Counter()
        left = _MAX_DOCUMENT_TOKENS
        parts = []
        for part in (self.names, self.title, self.lead, self.body):
            kept = []
            for token in part[:left]:
                seen[token] += 1
                kept.append(token if seen[token] <= _MAX_TOKEN_OCCURRENCES else PHRASE_BREAK)
            left -= len(kept)
            parts.append(kept)
        return parts


class SearchFields(Enum):
    """The parts of documents that a condition looks at."""

    NAMES = "names"
    TITLE = "title"
    HEAD = "names title lead"
    ALL = "names title lead body"


@dataclass(frozen=True)
class FieldMatch:
    """That a part of a document has all of some terms."""

    fields: SearchFields
    terms: tuple[Term, ...]
    last_is_prefix: bool = False
    """Whether the last term may also be the beginning of a word."""

    def list_alternatives(self) -> list[list[tuple[Tokens, bool]]]:
        """For each term the ways it may stand; the second tells whether more may follow."""
        found = []
        for term in self.terms:
            match self.fields:
                case SearchFields.NAMES:
                    ways = term.name_tokens
                case SearchFields.TITLE:
                    ways = term.text_tokens
                case _:
                    ways = term.all_tokens
            found.append([(way, False) for way in ways])
        if self.last_is_prefix:
            found[-1] += [((token,), True) for token in self.terms[-1].prefixes]
        return found


class _MatchExpression(TypeDecorator[FieldMatch]):
    """A condition as the database's engine spells it. Tokens are letters and digits alone."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: FieldMatch | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        return _build_fts5_query(value) if dialect.name == "sqlite" else _build_tsquery(value)


def _build_fts5_query(holds: FieldMatch) -> str:
    terms = [
        " OR ".join(f'"{" ".join(way)}"{" *" * more}' for way, more in ways)
        for ways in holds.list_alternatives()
    ]
    return f"{{{holds.fields.value}}} : ({' AND '.join(f'({term})' for term in terms)})"


def _build_tsquery(holds: FieldMatch) -> str:
    def spelt(way: Tokens, more: bool) -> str:
        return f"({' <-> '.join(token + ':*' * more for token in way)})"

    terms = [" | ".join(spelt(*way) for way in ways) for ways in holds.list_alternatives()]
    return " & ".join(f"({term})" for term in terms)


class _MatchTable(FunctionElement[Any]):
    """A table of places: those where one of some conditions holds, and none of others.

    Its arguments are how many may hold, then pairs: the vector that PostgreSQL looks in, and the
    condition.
    """

    inherit_cache = True


_TSVECTOR_COLUMNS = {
    SearchFields.NAMES: "names",
    SearchFields.TITLE: "title",
    SearchFields.HEAD: "head",
    SearchFields.ALL: "words",
}


def match_documents(either: Sequence[FieldMatch], but: Sequence[FieldMatch] = ()) -> Any:
    """A table with the column `index_key`: where one of `either` holds, and none of `but`."""
    arguments: list[Any] = [literal_column(str(len(either)))]
    for condition in (*either, *but):
        # Written into the statement: PostgreSQL's plan depends on how common the words are.
        bound = bindparam(None, condition, _MatchExpression(), unique=True, literal_execute=True)
        arguments += [literal_column(_TSVECTOR_COLUMNS[condition.fields]), bound]
    return _MatchTable(*arguments).table_valued(column("place", BigInteger), name="found")


def all_documents() -> Any:
    """A table with the column `index_key`: all that the index holds."""
    return _MatchTable().table_valued(column("place", BigInteger), name="found")


@compiles(_MatchTable)
def _(element: _MatchTable, compiler: Any, **kw: Any) -> str:
    sqlite = compiler.dialect.name == "sqlite"
    key = "rowid AS place" if sqlite else "place"
    number, *spelt = compile_arguments(element, compiler, kw) or ["0"]
    if not spelt:
        return f"(SELECT {key} FROM {SEARCH_INDEX_TABLE})"  # noqa: S608 - a name of our own
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
    test = f"{SEARCH_INDEX_TABLE} MATCH ({test})" if sqlite else test
    return f"(SELECT {key} FROM {SEARCH_INDEX_TABLE} WHERE {test})"  # noqa: S608 - a name of our own


def insert_documents(connection: Connection, documents: Iterable[TokenizedDocument]) -> None:
    """Put documents into the index, where nothing stands at their places."""
    sqlite = connection.dialect.name == "sqlite"
    rows = [_build_row(document, sqlite) for document in documents]
    if rows:
        connection.execute(_INSERT_SQLITE if sqlite else _INSERT_POSTGRESQL, rows)


_INSERT_SQLITE = text(
    f"INSERT INTO {SEARCH_INDEX_TABLE} (rowid, names, title, lead, body) "  # noqa: S608 - a name of our own
    "VALUES (:place, :names, :title, :lead, :body)"
)
_INSERT_POSTGRESQL = text(
    f"INSERT INTO {SEARCH_INDEX_TABLE} (place, names, title, head, words) VALUES (:place, "  # noqa: S608 - as above
    "CAST(:names AS tsvector), CAST(:title AS tsvector), CAST(:head AS tsvector), "
    "CAST(:words AS tsvector))"
)


def _build_row(document: TokenizedDocument, sqlite: bool) -> dict[str, Any]:
    names, title, lead, body = document.truncate_fields()
    if sqlite:
        parts = {"names": names, "title": title, "lead": lead, "body": body}
        return {"place": document.index_key} | {
            name: " ".join(part) for name, part in parts.items()
        }
    return {
        "place": document.index_key,
        "names": _build_tsvector(names),
        "title": _build_tsvector(title),
        "head": _build_tsvector(names, title, lead),
        "words": _build_tsvector(names, title, lead, body),
    }


def _build_tsvector(*parts: list[str]) -> str:
    """Parts of a document as a tsvector; no phrase goes over from one to the other."""
    positions: dict[str, list[str]] = defaultdict(list)
    position = 0
    for part in parts:
        for token in part:
            position += 1
            if token != PHRASE_BREAK:
                positions[token].append(str(position))
        position += 1
    return " ".join(f"{token}:{','.join(at)}" for token, at in positions.items())


def delete_documents(connection: Connection, places_: Collection[int]) -> None:
    """Take what stands at these places out of the index."""
    key = "rowid" if connection.dialect.name == "sqlite" else "place"
    rows = [{"place": place} for place in places_]
    if rows:
        connection.execute(text(f"DELETE FROM {SEARCH_INDEX_TABLE} WHERE {key} = :place"), rows)  # noqa: S608 - ours


def clear_search_index(connection: Connection) -> None:
    """Take everything out of the index, to be made anew, however long that takes."""
    disable_timeouts(connection)
    connection.execute(text(f"DELETE FROM {SEARCH_INDEX_TABLE}"))  # noqa: S608 - a name of our own


def optimize_search_index(connection: Connection) -> None:
    """Let the engine put a rebuilt index in order."""
    if connection.dialect.name == "sqlite":
        connection.execute(
            text(
                f"INSERT INTO {SEARCH_INDEX_TABLE} ({SEARCH_INDEX_TABLE}) "  # noqa: S608 - ours
                "VALUES ('optimize')"
            )
        )
    else:
        connection.execute(text(f"ANALYZE {SEARCH_INDEX_TABLE}"))


def vacuum_search_index(engine: Engine) -> None:
    """Take out what a rebuilt index was before, once that is committed.

    PostgreSQL looks through it until then, which it would do by itself within some minutes only.
    """
    if engine.dialect.name != "postgresql":
        return
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        disable_timeouts(connection)
        connection.execute(text("SET statement_timeout = 0"))
        connection.execute(text(f"VACUUM ANALYZE {SEARCH_INDEX_TABLE}"))
        connection.invalidate()  # nobody else is to have so much time

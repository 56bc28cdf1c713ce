"""Full-text index in SQLite (FTS5) and PostgreSQL (tsvector): the only place where they differ.

SQLite has one FTS5 table with four columns, PostgreSQL four tsvectors with a GIN index each. Both
hold the same tokens in the same order and select the index keys of the documents that have given
tokens. Tokenization and ranking are done by `app.search.tokenizer` and `app.search.ranking`.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
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
"""Token that no query contains: no phrase extends across it."""

_MAX_TOKEN_OCCURRENCES = 250
"""Indexed occurrences of one token in a document: the limit of positions in a tsvector."""

_MAX_DOCUMENT_TOKENS = 15_000
"""Indexed tokens of a document: the largest position in a tsvector is 16,383."""


@dataclass(frozen=True)
class TokenizedDocument:
    """Tokens of a document by field."""

    index_key: int
    names: Sequence[str]
    title: Sequence[str]
    lead: Sequence[str]
    body: Sequence[str]

    def truncate_fields(self) -> list[list[str]]:
        """Tokens of each field within the limits of PostgreSQL."""
        seen: Counter[str] = Counter()
        remaining = _MAX_DOCUMENT_TOKENS
        fields = []
        for field in (self.names, self.title, self.lead, self.body):
            tokens = []
            for token in field[:remaining]:
                seen[token] += 1
                tokens.append(token if seen[token] <= _MAX_TOKEN_OCCURRENCES else PHRASE_BREAK)
            remaining -= len(tokens)
            fields.append(tokens)
        return fields


class SearchFields(Enum):
    """Fields of documents that a condition searches."""

    NAMES = "names"
    TITLE = "title"
    HEAD = "names title lead"
    ALL = "names title lead body"


@dataclass(frozen=True)
class FieldMatch:
    """Condition: the fields of a document contain all terms."""

    fields: SearchFields
    terms: tuple[Term, ...]
    last_is_prefix: bool = False
    """The last term also matches as a prefix of a word."""

    def list_alternatives(self) -> list[list[tuple[Tokens, bool]]]:
        """Alternative token sequences of each term; the flag marks prefixes."""
        alternatives_by_term = []
        for term in self.terms:
            match self.fields:
                case SearchFields.NAMES:
                    alternatives = term.name_tokens
                case SearchFields.TITLE:
                    alternatives = term.text_tokens
                case _:
                    alternatives = term.all_tokens
            alternatives_by_term.append([(tokens, False) for tokens in alternatives])
        if self.last_is_prefix:
            alternatives_by_term[-1] += [((token,), True) for token in self.terms[-1].prefixes]
        return alternatives_by_term


class _MatchExpression(TypeDecorator[FieldMatch]):
    """A condition in the query language of the database. Tokens need no quoting."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: FieldMatch | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        return _build_fts5_query(value) if dialect.name == "sqlite" else _build_tsquery(value)


def _build_fts5_query(condition: FieldMatch) -> str:
    terms = [
        " OR ".join(f'"{" ".join(tokens)}"{" *" * is_prefix}' for tokens, is_prefix in alternatives)
        for alternatives in condition.list_alternatives()
    ]
    return f"{{{condition.fields.value}}} : ({' AND '.join(f'({term})' for term in terms)})"


def _build_tsquery(condition: FieldMatch) -> str:
    def phrase(tokens: Tokens, is_prefix: bool) -> str:
        return f"({' <-> '.join(token + ':*' * is_prefix for token in tokens)})"

    terms = [
        " | ".join(phrase(*each) for each in alternatives)
        for alternatives in condition.list_alternatives()
    ]
    return " & ".join(f"({term})" for term in terms)


class _MatchTable(FunctionElement[Any]):
    """Table of the index keys that match at least one condition and none of the exclusions.

    Arguments: the number of conditions, then pairs of a PostgreSQL column and a condition, and
    such pairs of the exclusions.
    """

    inherit_cache = True


_TSVECTOR_COLUMNS = {
    SearchFields.NAMES: "names",
    SearchFields.TITLE: "title",
    SearchFields.HEAD: "head",
    SearchFields.ALL: "words",
}


MatchParam = tuple[SearchFields, BindParameter[FieldMatch]]
"""Parameter for a `FieldMatch`, and the fields that it searches."""


def bind_match(condition: FieldMatch) -> MatchParam:
    """Build a parameter with its value."""
    return condition.fields, bindparam(None, condition, _MatchExpression(), unique=True)


def name_match(fields: SearchFields, name: str) -> MatchParam:
    """Build a named parameter for a condition on `fields`."""
    return fields, bindparam(name, type_=_MatchExpression())


def match_documents(any_of: Sequence[MatchParam], none_of: Sequence[MatchParam] = ()) -> Any:
    """Table of the index keys, as `place`, that match one of `any_of` and none of `none_of`."""
    arguments: list[Any] = [literal_column(str(len(any_of)))]
    for fields, bound in (*any_of, *none_of):
        arguments += [literal_column(_TSVECTOR_COLUMNS[fields]), bound]
    return _MatchTable(*arguments).table_valued(column("place", BigInteger), name="found")


def all_documents() -> Any:
    """Table of all index keys, as `place`."""
    return _MatchTable().table_valued(column("place", BigInteger), name="found")


@compiles(_MatchTable)
def _(element: _MatchTable, compiler: Any, **kw: Any) -> str:
    sqlite = compiler.dialect.name == "sqlite"
    key = "rowid AS place" if sqlite else "place"
    # A literal: the plan of PostgreSQL depends on the frequency of the words.
    options = kw if sqlite else {**kw, "literal_execute": True}
    number, *operands = compile_arguments(element, compiler, options) or ["0"]
    if not operands:
        return f"(SELECT {key} FROM {SEARCH_INDEX_TABLE})"  # noqa: S608 - a name of our own
    pairs = list(zip(operands[::2], operands[1::2], strict=True))
    if sqlite:
        tests = [f"'(' || {condition} || ')'" for _, condition in pairs]
        any_operator, not_operator = " || ' OR ' || ", " || ' NOT ' || "
    else:
        tests = [f"{vector} @@ CAST({condition} AS tsquery)" for vector, condition in pairs]
        any_operator, not_operator = " OR ", " AND NOT "
    alternatives = any_operator.join(tests[: int(number)])
    alternatives = f"'(' || {alternatives} || ')'" if sqlite else f"({alternatives})"
    test = not_operator.join([alternatives, *tests[int(number) :]])
    test = f"{SEARCH_INDEX_TABLE} MATCH ({test})" if sqlite else test
    return f"(SELECT {key} FROM {SEARCH_INDEX_TABLE} WHERE {test})"  # noqa: S608 - a name of our own


def insert_documents(connection: Connection, documents: Iterable[TokenizedDocument]) -> None:
    """Insert documents, none of whose index keys is in the index."""
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
    """Fields of a document as a tsvector, with a gap between fields that no phrase crosses."""
    positions: dict[str, list[str]] = defaultdict(list)
    position = 0
    for part in parts:
        for token in part:
            position += 1
            if token != PHRASE_BREAK:
                positions[token].append(str(position))
        position += 1
    return " ".join(f"{token}:{','.join(at)}" for token, at in positions.items())


def delete_documents(connection: Connection, index_keys: Collection[int]) -> None:
    """Delete the documents with these index keys."""
    key = "rowid" if connection.dialect.name == "sqlite" else "place"
    rows = [{"place": place} for place in index_keys]
    if rows:
        connection.execute(text(f"DELETE FROM {SEARCH_INDEX_TABLE} WHERE {key} = :place"), rows)  # noqa: S608 - ours


def optimize_search_index(connection: Connection, *, first_step: bool) -> bool:
    """Optimize the index after a rebuild, in steps. Returns true after the last step."""
    if connection.dialect.name != "sqlite":
        connection.execute(text(f"ANALYZE {SEARCH_INDEX_TABLE}"))
        return True
    before: int = connection.scalar(_TOTAL_CHANGES)
    # A negative number starts a merge of the whole index; documents of later writes are left out.
    connection.execute(
        _MERGE_SQLITE, {"pages": -_MERGED_PAGE_COUNT if first_step else _MERGED_PAGE_COUNT}
    )
    after: int = connection.scalar(_TOTAL_CHANGES)
    return after - before < 2  # a merge without effect writes one row


_TOTAL_CHANGES: Any = text("SELECT total_changes()")
_MERGED_PAGE_COUNT = 500
_MERGE_SQLITE = text(
    f"INSERT INTO {SEARCH_INDEX_TABLE} ({SEARCH_INDEX_TABLE}, rank) "  # noqa: S608 - ours
    "VALUES ('merge', :pages)"
)


def vacuum_search_index(engine: Engine) -> None:
    """Remove the dead rows of a rebuilt index, after the commit.

    On PostgreSQL queries read them until a vacuum, which would run by itself after some minutes.
    """
    if engine.dialect.name != "postgresql":
        return
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        disable_timeouts(connection)
        connection.execute(text("SET statement_timeout = 0"))
        connection.execute(text(f"VACUUM ANALYZE {SEARCH_INDEX_TABLE}"))
        connection.invalidate()  # not back to the pool: it has no timeouts

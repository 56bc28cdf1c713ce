"""Search documents: the texts of a record by weight, and the sources that they are loaded from.

Names and facts are indexed in English and in Russian, so that a query in either language matches.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select

from app.db.functions import AnySelect
from app.db.models import Base, VersionedRecord
from app.db.models.search import MAX_WORD_CHARS
from app.domain.enums import RecordType
from app.search.fulltext import PHRASE_BREAK, TokenizedDocument
from app.search.index_keys import build_index_key
from app.search.query_parser import (
    MIN_TYPO_WORD_CHARS,
    build_full_name_token,
    build_initial_token,
)
from app.search.tokenizer import TokenizedWord, tokenize


@dataclass(frozen=True)
class IndexDocument:
    """Texts of one record, from the most to the least important."""

    record_type: RecordType
    record_id: int
    sort_at: datetime | None
    names: Collection[str]
    title: str
    lead: Collection[str]
    body: Collection[str] = ()
    exact_match_names: Collection[str] = ()
    """Further texts that match as a whole query only, such as the names of a rocket and a site."""

    @property
    def index_key(self) -> int:
        """Key of the document in the index. Raises ValueError if the date or id is out of range."""
        return build_index_key(self.record_type, self.sort_at, self.record_id)

    def tokenize(self, words: set[str]) -> TokenizedDocument:
        """Tokens of all texts. Adds the words of names, title and lead to `words`."""
        names: list[str] = []
        whole_tokens: list[str] = []
        for name in self.names:
            tokens = tokenize(name)
            compounds = _list_compounds(tokens)
            words.update(token.word for token in (*tokens, *compounds))
            names += [*(token.name_token for token in tokens), PHRASE_BREAK]
            whole_tokens += [compound.name_token for compound in compounds]
            whole_tokens += map(build_initial_token, tokens)
        whole_tokens += map(build_full_name_token, (*self.names, *self.exact_match_names))
        names += _separate(whole_tokens)
        return TokenizedDocument(
            self.index_key,
            names,
            _tokenize_texts([self.title], words),
            _tokenize_texts(self.lead, words),
            _tokenize_texts(self.body, None),
        )


@dataclass(frozen=True)
class SearchSource:
    """Records of one type as the index reads them."""

    record_type: RecordType
    model: type[VersionedRecord]
    indexed: AnySelect
    """Columns `id` and `sort_at` of all records that belong in the index."""
    load_documents: Callable[[Connection, Collection[int]], Iterator[IndexDocument]]
    """Loads the documents of the records with these ids, except records that are not indexed."""
    dependencies: Mapping[RecordType | type[Base], Callable[[Collection[int]], Select[int]]] = (
        field(default_factory=dict)
    )
    """By the type of other records or rows whose texts the documents contain: a select of the ids
    of the dependent documents. These are rebuilt when such a record or row is written."""


def _tokenize_texts(texts: Collection[str], words: set[str] | None) -> list[str]:
    field_tokens: list[str] = []
    compound_tokens: list[str] = []
    for text in texts:
        tokens = tokenize(text)
        compounds = _list_compounds(tokens)
        compound_tokens += [compound.text_token for compound in compounds]
        if words is not None:
            words.update(token.word for token in (*tokens, *compounds))
        field_tokens += [
            *([PHRASE_BREAK] if field_tokens else []),
            *(token.text_token for token in tokens),
        ]
    return field_tokens + _separate(compound_tokens)


def _list_compounds(words: list[TokenizedWord]) -> list[TokenizedWord]:
    """The hyphenated words of a text, each as one word."""
    return list(dict.fromkeys(word.compound for word in words if word.compound))


def _separate(tokens: Iterable[str]) -> list[str]:
    """Distinct `tokens`, each after a break, so that no phrase contains two of them."""
    return [each for token in dict.fromkeys(filter(None, tokens)) for each in (PHRASE_BREAK, token)]


def select_correction_candidates(words: Collection[str]) -> list[str]:
    """Words that a misspelt word may be corrected to, sorted.

    A correction is at most one letter shorter than the word that it corrects.
    """
    return sorted(word for word in words if MIN_TYPO_WORD_CHARS - 1 <= len(word) <= MAX_WORD_CHARS)


def group_texts_by_owner(
    connection: Connection, statement: Any, values: Mapping[str, Any] | None = None
) -> dict[int, list[str]]:
    """Texts of the rows of `statement`, in their order, by the id in the first column."""
    texts_by_owner: dict[int, list[str]] = {}
    for owner, *texts in connection.execute(statement, values):
        texts_by_owner.setdefault(owner, []).extend(text for text in texts if text)
    return texts_by_owner

"""Query parser: words, phrases, exclusions and record types.

Quotes enclose a phrase, a minus excludes, and `type:launch` filters by record type. The
rest is text; no query is malformed.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from app.search.tokenizer import MAX_TOKEN_CHARS, TokenizedWord, tokenize
from app.search.transliteration import (
    build_transliteration_key,
    is_cyrillic,
    strip_final_vowels,
)

Tokens = tuple[str, ...]

MAX_QUERY_TERM_COUNT = 12
"""Maximum number of different terms of a query; the longest titles of the archive have eleven."""

MIN_TYPO_WORD_CHARS = 5
"""Shortest word that is corrected if one letter is wrong."""

_QUERY_PART = re.compile(r'(?P<no>-?)(?:"(?P<phrase>[^"]*)"?|type:(?P<type>\w+)|(?P<text>[^\s"]+))')
_CASE_ENDING = re.compile(r"(?<=...)(?:ым|им|ом|ем|ой|ей|ого|ому)$")
_SURNAME_SUFFIX = re.compile(r"(?<=..)[eo]v$")
_STOP_WORDS = frozenset(
    "a an and are as at by for from in is of on or the to was were what when where who with "
    "а в во и из к как когда который кто на о об от по при с со у что это".split()
)
"""Words that are ignored unless the query has no others."""
_ROMANIZED_INITIALS = frozenset("ch kh sh shch ts ya ye yo yu zh".split())
"""Initials of several letters, if a dot follows."""


@dataclass(frozen=True, slots=True)
class Term:
    """A word or phrase of a query: its alternative token sequences in names and in texts."""

    name_tokens: tuple[Tokens, ...]
    text_tokens: tuple[Tokens, ...]
    word: str = ""
    """The normalized word if it may be corrected, else empty."""
    prefixes: tuple[str, ...] = ()
    """Token prefixes that match if the word is incomplete."""

    @property
    def all_tokens(self) -> tuple[Tokens, ...]:
        """Alternatives in names and in texts."""
        return tuple(dict.fromkeys((*self.name_tokens, *self.text_tokens)))

    def with_alternatives(self, others: Iterable["Term"]) -> "Term":
        """This term or any of `others`."""
        terms = (self, *others)
        return Term(
            tuple(dict.fromkeys(each for term in terms for each in term.name_tokens)),
            tuple(dict.fromkeys(each for term in terms for each in term.text_tokens)),
            self.word,
            self.prefixes,
        )


@dataclass(frozen=True, slots=True)
class ParsedQuery:
    """A parsed query."""

    terms: tuple[Term, ...] = ()
    initials: tuple[Term, ...] = ()
    """Initials of names: records whose names have them rank first; no record must have them."""
    excluded_terms: tuple[Term, ...] = ()
    types: tuple[str, ...] = ()
    full_name_token: str = ""
    """Token of a name with exactly the words of the query, in any order."""

    @property
    def is_empty(self) -> bool:
        """True if there are no terms, exclusions and types."""
        return not (self.terms or self.excluded_terms or self.types)

    @property
    def term_count(self) -> int:
        """Number of different terms, initials and exclusions."""
        return len(self.terms) + len(self.initials) + len(self.excluded_terms)

    def with_corrections(self, corrections: Mapping[str, Collection[str]]) -> "ParsedQuery":
        """The query with the corrections of its words as alternatives."""
        if not corrections:
            return self
        terms = tuple(
            term.with_alternatives(
                _build_term(each) for other in corrections[term.word] for each in tokenize(other)
            )
            if term.word in corrections
            else term
            for term in self.terms
        )
        return replace(self, terms=terms)


def parse_query_text(
    text: str, types: Collection[str] = (), min_prefix_chars: int = 2
) -> ParsedQuery:
    """Parse a query; `types` are the values that `type:` accepts.

    The last word also matches as a prefix if it has at least `min_prefix_chars` characters.
    """
    terms: list[Term] = []
    excluded_terms: list[Term] = []
    record_types: list[str] = []
    run: list[str] = []
    for part in _QUERY_PART.finditer(text):
        record_type = (part["type"] or "").lower()
        if record_type and record_type in types and not part["no"]:
            record_types.append(record_type)
        elif part["phrase"] is not None:
            target = excluded_terms if part["no"] else terms
            target += _build_phrase_terms(tokenize(part["phrase"]))
        elif part["no"] and (excluded := _build_phrase_terms(tokenize(part[0][1:]))):
            excluded_terms += excluded
        else:
            run.append(part[0])
    unquoted = " ".join(run)
    rest = tokenize(unquoted)
    initials = [word for word in rest if _is_initial(word, unquoted)]
    if not any(len(word.word) > 1 for word in rest if word not in initials):
        initials = []
    words = [
        word
        for word in rest
        if not word.is_redundant and word.word not in _STOP_WORDS and word not in initials
    ]
    *runs, last_run = _split_where_spaced(words or rest) or [[]]
    full_name_token = "" if terms else build_full_name_token(unquoted)
    terms = [term for words in runs for term in _build_run_terms(words)] + terms
    is_last = bool(run) and text.rstrip().endswith(run[-1])
    if len(last_run) == 1 and is_last and _count_chars(last_run[0]) >= min_prefix_chars:
        terms.append(_build_prefix_term(last_run[0]))
    else:
        terms += _build_run_terms(last_run)
    return ParsedQuery(
        _drop_repeated_terms(terms),
        _drop_repeated_terms(list(map(_build_initial_term, initials))),
        _drop_repeated_terms(excluded_terms),
        tuple(dict.fromkeys(record_types)),
        full_name_token,
    )


def _drop_repeated_terms(terms: list[Term]) -> tuple[Term, ...]:
    """Each term once, at its last place: the last term of a query may be incomplete."""
    last = {(term.name_tokens, term.text_tokens): place for place, term in enumerate(terms)}
    return tuple(terms[place] for place in sorted(last.values()))


def _count_chars(word: TokenizedWord) -> int:
    return word.end - word.start


def _is_initial(word: TokenizedWord, text: str) -> bool:
    """True if `word` of `text` is the initial of a name: "O", "О.", "Yu."; not in "Proton-M"."""
    if not word.word or word.compound:
        return False
    letters, has_dot = text[word.start : word.end], text[word.end : word.end + 1] == "."
    if len(letters) > 1:
        return has_dot and letters.casefold() in _ROMANIZED_INITIALS
    return letters.lower() != letters.upper() and (has_dot or word.word not in _STOP_WORDS)


def _split_where_spaced(words: list[TokenizedWord]) -> list[list[TokenizedWord]]:
    """Runs of words without a character between them, as in Japanese."""
    runs: list[list[TokenizedWord]] = []
    for word in words:
        if runs and word.word and runs[-1][-1].word and runs[-1][-1].end == word.start:
            runs[-1].append(word)
        else:
            runs.append([word])
    return runs


def _build_run_terms(words: list[TokenizedWord]) -> Iterator[Term]:
    if len(words) == 1:
        yield _build_term(words[0])
    else:
        yield from _build_phrase_terms(words)


def build_full_name_token(name: str) -> str:
    """Token for a whole name: its words in alphabetical order."""
    words = sorted({word.name_token for word in tokenize(name) if not word.is_redundant})
    return "_" + "_".join(words) if words else ""


def build_initial_token(word: TokenizedWord) -> str:
    """Token for the first letter of a word of a name, the same for all romanizations."""
    return f"__{word.prefix_key[:1]}" if word.word else ""


def _build_initial_term(word: TokenizedWord) -> Term:
    token = build_initial_token(word)
    tokens = [token]
    if token == "__i":  # noqa: S105 - not a password; Y is dropped before a vowel
        tokens += [f"__{vowel}" for vowel in "aeu"]
    return Term(_to_alternatives(tokens), ())


def _build_term(word: TokenizedWord) -> Term:
    if not word.word:
        return Term(((word.name_token,),), ((word.text_token,),))
    names = [word.name_token]
    if is_cyrillic(word.word):
        names.append(build_transliteration_key(_CASE_ENDING.sub("", word.word))[:MAX_TOKEN_CHARS])
    texts = [word.text_token, word.name_token]
    if word.compound:
        names.append(word.compound.name_token)
        texts += [word.compound.text_token, word.compound.name_token]
    if (short := _SURNAME_SUFFIX.sub("", word.name_token)) != word.name_token:
        # As the Russian stemmer shortens Королёв in the nominative only.
        texts.append(strip_final_vowels(short))
    correctable = word.word if len(word.word) >= MIN_TYPO_WORD_CHARS else ""
    return Term(_to_alternatives(names), _to_alternatives(texts), correctable)


def _to_alternatives(tokens: Iterable[str]) -> tuple[Tokens, ...]:
    return tuple((token,) for token in dict.fromkeys(tokens) if token)


def _build_prefix_term(word: TokenizedWord) -> Term:
    """Term for a word that may be incomplete."""
    term = _build_term(word)
    start = word.prefix_key
    prefixes = [start]
    if start.endswith("i") and word.word:  # dropped before a vowel
        prefixes += [start[:-1] + vowel for vowel in "aeu"]
    return Term(term.name_tokens, term.text_tokens, term.word, tuple(filter(None, prefixes)))


def _build_phrase_terms(words: list[TokenizedWord]) -> Iterator[Term]:
    """Terms of a phrase or an exclusion, without corrections."""
    if len(words) == 1:
        word = _build_term(words[0])
        yield Term(word.name_tokens, word.text_tokens)
    elif words:
        yield Term(
            (tuple(word.name_token for word in words),), (tuple(word.text_token for word in words),)
        )

"""What somebody searches for: words, phrases, what must not be, and kinds of records.

Quotes make a phrase, a minus excludes, `type:launch` asks for a kind; anything else is text, and
nothing is an error.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from app.search.tokenizer import MAX_TOKEN_CHARS, TokenizedWord, tokenize
from app.search.transliteration import (
    build_transliteration_key,
    is_cyrillic,
    strip_final_vowels,
)

Tokens = tuple[str, ...]

MIN_TYPO_WORD_CHARS = 5
"""From how many letters on one misspelt letter of a word is forgiven."""

_QUERY_PART = re.compile(r'(?P<no>-?)(?:"(?P<phrase>[^"]*)"?|type:(?P<type>\w+)|(?P<text>[^\s"]+))')
_CASE_ENDING = re.compile(r"(?<=...)(?:ым|им|ом|ем|ой|ей|ого|ому)$")
_SURNAME_SUFFIX = re.compile(r"(?<=..)[eo]v$")
_STOP_WORDS = frozenset(
    "a an and are as at by for from in is of on or the to was were what when where who with "
    "а в во и из к как когда который кто на о об от по при с со у что это".split()
)
"""Words that say nothing of what is looked for."""


@dataclass(frozen=True, slots=True)
class Term:
    """A word or a phrase that is asked for, each way it may stand in names and in texts."""

    name_tokens: tuple[Tokens, ...]
    text_tokens: tuple[Tokens, ...]
    word: str = ""
    """The word, folded, where another spelling of it may be meant."""
    prefixes: tuple[str, ...] = ()
    """What may be meant by a word that is not typed to its end: how tokens may begin."""

    @property
    def all_tokens(self) -> tuple[Tokens, ...]:
        """Every way it may stand, in names or in texts."""
        return tuple(dict.fromkeys((*self.name_tokens, *self.text_tokens)))

    def with_alternatives(self, others: Iterable["Term"]) -> "Term":
        """This term, or any of `others`."""
        terms = (self, *others)
        return Term(
            tuple(dict.fromkeys(way for term in terms for way in term.name_tokens)),
            tuple(dict.fromkeys(way for term in terms for way in term.text_tokens)),
            self.word,
            self.prefixes,
        )


@dataclass(frozen=True, slots=True)
class ParsedQuery:
    """A query, understood."""

    terms: tuple[Term, ...] = ()
    excluded_terms: tuple[Term, ...] = ()
    types: tuple[str, ...] = ()
    full_name_token: str = ""
    """The token of a name that is the query, word for word, in any order."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is asked for at all."""
        return not (self.terms or self.excluded_terms or self.types)

    def with_corrections(self, spellings: Mapping[str, Collection[str]]) -> "ParsedQuery":
        """The same, its words also in other `spellings` where there are any."""
        if not spellings:
            return self
        terms = tuple(
            term.with_alternatives(
                _build_term(each) for other in spellings[term.word] for each in tokenize(other)
            )
            if term.word in spellings
            else term
            for term in self.terms
        )
        return ParsedQuery(terms, self.excluded_terms, self.types, self.full_name_token)


def parse_query_text(
    text: str, types: Collection[str] = (), min_prefix_chars: int = 2
) -> ParsedQuery:
    """Understand a query; `types` are the kinds that `type:` may name.

    A last word of `shortest` letters or more may be the beginning of one.
    """
    terms: list[Term] = []
    without: list[Term] = []
    kinds: list[str] = []
    run: list[str] = []
    for part in _QUERY_PART.finditer(text):
        kind = (part["type"] or "").lower()
        if kind and kind in types and not part["no"]:
            kinds.append(kind)
        elif part["phrase"] is not None:
            target = without if part["no"] else terms
            target += _build_phrase_terms(tokenize(part["phrase"]))
        elif part["no"] and (excluded := _build_phrase_terms(tokenize(part[0][1:]))):
            without += excluded
        else:
            run.append(part[0])
    rest = tokenize(" ".join(run))
    heard = [word for word in rest if not word.is_redundant and word.word not in _STOP_WORDS]
    heard = heard or rest
    whole = "" if terms else build_full_name_token(" ".join(run))
    terms = [_build_term(word) for word in heard[:-1]] + terms
    if heard:
        last = heard[-1]
        begun = text.rstrip().endswith(run[-1]) and last.end - last.start >= min_prefix_chars
        terms.append(_build_prefix_term(last) if begun else _build_term(last))
    return ParsedQuery(tuple(terms), tuple(without), tuple(dict.fromkeys(kinds)), whole)


def build_full_name_token(name: str) -> str:
    """The token that stands for all of a name: its words, in any order."""
    words = sorted({word.name_token for word in tokenize(name) if not word.is_redundant})
    return "_" + "_".join(words) if words else ""


def _build_term(word: TokenizedWord) -> Term:
    if not word.word:
        return Term(((word.name_token,),), ((word.text_token,),))
    names = [word.name_token]
    if is_cyrillic(word.word):
        names.append(build_transliteration_key(_CASE_ENDING.sub("", word.word))[:MAX_TOKEN_CHARS])
    texts = [word.text_token, word.name_token]
    if (short := _SURNAME_SUFFIX.sub("", word.name_token)) != word.name_token:
        # What the Russian stemmer makes of Королёв; in other cases it leaves the ending there.
        texts.append(strip_final_vowels(short))
    forgiven = word.word if len(word.word) >= MIN_TYPO_WORD_CHARS else ""
    return Term(_to_alternatives(names), _to_alternatives(texts), forgiven)


def _to_alternatives(tokens: Iterable[str]) -> tuple[Tokens, ...]:
    return tuple((token,) for token in dict.fromkeys(tokens) if token)


def _build_prefix_term(word: TokenizedWord) -> Term:
    """`word` as the one that somebody is still typing."""
    term = _build_term(word)
    start = word.prefix_key
    begins = [start]
    if start.endswith("i") and word.word:  # which disappears before a vowel
        begins += [start[:-1] + vowel for vowel in "aeu"]
    return Term(term.name_tokens, term.text_tokens, term.word, tuple(filter(None, begins)))


def _build_phrase_terms(words: list[TokenizedWord]) -> Iterator[Term]:
    """What stands in quotes, or behind a minus: as it is, no other spelling is meant."""
    if len(words) == 1:
        word = _build_term(words[0])
        yield Term(word.name_tokens, word.text_tokens)
    elif words:
        yield Term(
            (tuple(word.name_token for word in words),), (tuple(word.text_token for word in words),)
        )

"""What somebody searches for: words, phrases, what must not be, and kinds of records.

Quotes make a phrase, a minus excludes, `type:launch` asks for a kind; anything else is text, and
nothing is an error.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from app.search.tokenizer import LONGEST, Spoken, spoken
from app.search.transliteration import is_cyrillic, open_skeleton, skeleton

Tokens = tuple[str, ...]

FORGIVEN_FROM = 5
"""From how many letters on one misspelt letter of a word is forgiven."""

_PART = re.compile(r'(?P<no>-?)(?:"(?P<phrase>[^"]*)"?|type:(?P<type>\w+)|(?P<text>[^\s"]+))')
_CASE = re.compile(r"(?<=...)(?:ым|им|ом|ем|ой|ей|ого|ому)$")
_SURNAME = re.compile(r"(?<=..)[eo]v$")
_VOWELS = re.compile(r"(?<=..)[aeiou]+$")
_SILENT = frozenset(
    "a an and are as at by for from in is of on or the to was were what when where who with "
    "а в во и из к как когда который кто на о об от по при с со у что это".split()
)
"""Words that say nothing of what is looked for."""


@dataclass(frozen=True, slots=True)
class Term:
    """A word or a phrase that is asked for, each way it may stand in names and in texts."""

    names: tuple[Tokens, ...]
    texts: tuple[Tokens, ...]
    word: str = ""
    """The word, folded, where another spelling of it may be meant."""
    begins: tuple[str, ...] = ()
    """What may be meant by a word that is not typed to its end: how tokens may begin."""

    @property
    def anywhere(self) -> tuple[Tokens, ...]:
        """Every way it may stand, in names or in texts."""
        return tuple(dict.fromkeys((*self.names, *self.texts)))

    def or_else(self, others: Iterable["Term"]) -> "Term":
        """This term, or any of `others`."""
        terms = (self, *others)
        return Term(
            tuple(dict.fromkeys(way for term in terms for way in term.names)),
            tuple(dict.fromkeys(way for term in terms for way in term.texts)),
            self.word,
            self.begins,
        )


@dataclass(frozen=True, slots=True)
class Asked:
    """A query, understood."""

    terms: tuple[Term, ...] = ()
    without: tuple[Term, ...] = ()
    types: tuple[str, ...] = ()
    whole: str = ""
    """The token of a name that is the query, word for word, in any order."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is asked for at all."""
        return not (self.terms or self.without or self.types)

    def respelt(self, spellings: Mapping[str, Collection[str]]) -> "Asked":
        """The same, its words also in other `spellings` where there are any."""
        if not spellings:
            return self
        terms = tuple(
            term.or_else(_term(each) for other in spellings[term.word] for each in spoken(other))
            if term.word in spellings
            else term
            for term in self.terms
        )
        return Asked(terms, self.without, self.types, self.whole)


def read(text: str, types: Collection[str] = (), shortest: int = 2) -> Asked:
    """Understand a query; `types` are the kinds that `type:` may name.

    A last word of `shortest` letters or more may be the beginning of one.
    """
    terms: list[Term] = []
    without: list[Term] = []
    kinds: list[str] = []
    run: list[str] = []
    for part in _PART.finditer(text):
        kind = (part["type"] or "").lower()
        if kind and kind in types and not part["no"]:
            kinds.append(kind)
        elif part["phrase"] is not None:
            target = without if part["no"] else terms
            target += _phrase(spoken(part["phrase"]))
        elif part["no"] and (excluded := _phrase(spoken(part[0][1:]))):
            without += excluded
        else:
            run.append(part[0])
    rest = spoken(" ".join(run))
    heard = [word for word in rest if not word.told and word.word not in _SILENT]
    heard = heard or rest
    whole = "" if terms else whole_name(" ".join(run))
    terms = [_term(word) for word in heard[:-1]] + terms
    if heard:
        last = heard[-1]
        begun = text.rstrip().endswith(run[-1]) and last.end - last.start >= shortest
        terms.append(_begun(last) if begun else _term(last))
    return Asked(tuple(terms), tuple(without), tuple(dict.fromkeys(kinds)), whole)


def whole_name(name: str) -> str:
    """The token that stands for all of a name: its words, in any order."""
    words = sorted({word.name for word in spoken(name) if not word.told})
    return "_" + "_".join(words) if words else ""


def _term(word: Spoken) -> Term:
    if not word.word:
        return Term(((word.name,),), ((word.stem,),))
    names = [word.name]
    if is_cyrillic(word.word):
        names.append(skeleton(_CASE.sub("", word.word))[:LONGEST])
    texts = [word.stem, word.name]
    if (short := _SURNAME.sub("", word.name)) != word.name:
        # What the Russian stemmer makes of Королёв; in other cases it leaves the ending there.
        texts.append(_VOWELS.sub("", short))
    forgiven = word.word if len(word.word) >= FORGIVEN_FROM else ""
    return Term(_ways(names), _ways(texts), forgiven)


def _ways(tokens: Iterable[str]) -> tuple[Tokens, ...]:
    return tuple((token,) for token in dict.fromkeys(tokens) if token)


def _begun(word: Spoken) -> Term:
    """`word` as the one that somebody is still typing."""
    term = _term(word)
    start = open_skeleton(word.word)[:LONGEST] if word.word else word.name
    begins = [start]
    if start.endswith("i") and word.word:  # which disappears before a vowel
        begins += [start[:-1] + vowel for vowel in "aeu"]
    return Term(term.names, term.texts, term.word, tuple(filter(None, begins)))


def _phrase(words: list[Spoken]) -> Iterator[Term]:
    """What stands in quotes, or behind a minus: as it is, no other spelling is meant."""
    if len(words) == 1:
        word = _term(words[0])
        yield Term(word.names, word.texts)
    elif words:
        yield Term((tuple(word.name for word in words),), (tuple(word.stem for word in words),))

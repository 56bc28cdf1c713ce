"""Where in a text stands what was searched for, in code points."""

from collections.abc import Iterator

from app.search.query_parser import Asked, Term
from app.search.tokenizer import Spoken, spoken
from app.search.transliteration import open_skeleton

Mark = tuple[int, int]
"""From where, and to before where."""


def marks(asked: Asked, text: str) -> list[Mark]:
    """The words and phrases of `text` that a query asks for, in their order, none over another."""
    heard = spoken(text)
    found = sorted({mark for term in asked.terms for mark in _of(term, heard)})
    merged: list[Mark] = []
    for start, end in found:
        if merged and start < merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged


def _of(term: Term, heard: list[Spoken]) -> Iterator[Mark]:
    names, texts = set(term.names), set(term.texts)
    lengths = {len(way) for way in (*names, *texts)}
    for place, word in enumerate(heard):
        for length in lengths:
            run = heard[place : place + length]
            named = tuple(each.name for each in run) in names | texts
            if named or tuple(each.stem for each in run) in texts:
                yield word.start, run[-1].end
        if term.begins and _begun(word).startswith(term.begins):
            yield word.start, word.end


def _begun(word: Spoken) -> str:
    return open_skeleton(word.word) if word.word else word.name

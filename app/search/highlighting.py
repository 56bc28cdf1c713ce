"""Where in a text stands what was searched for, in code points."""

from collections.abc import Iterator

from app.search.query_parser import ParsedQuery, Term
from app.search.tokenizer import TokenizedWord, tokenize

HighlightSpan = tuple[int, int]
"""From where, and to before where."""


def find_highlight_spans(asked: ParsedQuery, text: str) -> list[HighlightSpan]:
    """The words and phrases of `text` that a query asks for, in their order, none over another."""
    heard = tokenize(text)
    found = sorted({mark for term in asked.terms for mark in _find_term_spans(term, heard)})
    merged: list[HighlightSpan] = []
    for start, end in found:
        if merged and start < merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged


def _find_term_spans(term: Term, heard: list[TokenizedWord]) -> Iterator[HighlightSpan]:
    names, texts = set(term.name_tokens), set(term.text_tokens)
    lengths = {len(way) for way in (*names, *texts)}
    for place, word in enumerate(heard):
        for length in lengths:
            run = heard[place : place + length]
            named = tuple(each.name_token for each in run) in names | texts
            if named or tuple(each.text_token for each in run) in texts:
                yield word.start, run[-1].end
        if term.prefixes and word.prefix_key.startswith(term.prefixes):
            yield word.start, word.end

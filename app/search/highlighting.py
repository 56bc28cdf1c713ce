"""Highlighting: the spans of a text that match a query, in code points."""

from collections.abc import Iterator

from app.search.query_parser import ParsedQuery, Term
from app.search.tokenizer import TokenizedWord, tokenize

HighlightSpan = tuple[int, int]
"""Start, and end (exclusive)."""


def find_highlight_spans(query: ParsedQuery, text: str) -> list[HighlightSpan]:
    """Spans of the words and phrases of `text` that match a query, in order, without overlaps."""
    words = tokenize(text)
    spans = sorted({span for term in query.terms for span in _find_term_spans(term, words)})
    merged: list[HighlightSpan] = []
    for start, end in spans:
        if merged and start < merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged


def _find_term_spans(term: Term, words: list[TokenizedWord]) -> Iterator[HighlightSpan]:
    names, texts = set(term.name_tokens), set(term.text_tokens)
    lengths = {len(tokens) for tokens in (*names, *texts)}
    for index, word in enumerate(words):
        for length in lengths:
            run = words[index : index + length]
            named = tuple(each.name_token for each in run) in names | texts
            if named or tuple(each.text_token for each in run) in texts:
                yield word.start, run[-1].end
        for whole in filter(None, (word, word.compound)):
            if term.prefixes and whole.prefix_key.startswith(term.prefixes):
                yield whole.start, whole.end
        compound = word.compound
        if compound and ((compound.name_token,) in names or (compound.text_token,) in texts):
            yield compound.start, compound.end

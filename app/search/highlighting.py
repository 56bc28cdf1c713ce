"""Highlighting: the spans of a text that match a query, in code points."""

from collections.abc import Iterable, Iterator, Sequence

from app.search.query_parser import ParsedQuery, Tokens
from app.search.tokenizer import TokenizedWord, tokenize

HighlightSpan = tuple[int, int]
"""Start, and end (exclusive)."""


class Highlighter:
    """Finds the words and phrases of a query in texts, in time linear in the text.

    Words are looked up in sets, whatever the number of terms.
    """

    def __init__(self, query: ParsedQuery) -> None:
        text_tokens = {tokens for term in query.terms for tokens in term.text_tokens}
        name_tokens = {tokens for term in query.terms for tokens in term.name_tokens} | text_tokens
        self._text_words, self._text_phrases = _split_by_length(text_tokens)
        self._name_words, self._name_phrases = _split_by_length(name_tokens)
        self._prefixes = tuple({prefix for term in query.terms for prefix in term.prefixes})

    def find_spans(self, text: str) -> list[HighlightSpan]:
        """Spans of the matching words and phrases of `text`, in order, without overlaps."""
        words = tokenize(text)
        merged: list[HighlightSpan] = []
        for start, end in sorted({*self._match_words(words), *self._match_phrases(words)}):
            if merged and start < merged[-1][1]:
                merged[-1] = merged[-1][0], max(end, merged[-1][1])
            else:
                merged.append((start, end))
        return merged

    def _match_words(self, words: Iterable[TokenizedWord]) -> Iterator[HighlightSpan]:
        for word in words:
            for whole in (word, word.compound) if word.compound else (word,):
                if (
                    whole.name_token in self._name_words
                    or whole.text_token in self._text_words
                    or (self._prefixes and whole.prefix_key.startswith(self._prefixes))
                ):
                    yield whole.start, whole.end

    def _match_phrases(self, words: Sequence[TokenizedWord]) -> Iterator[HighlightSpan]:
        names, texts = self._name_phrases, self._text_phrases
        runs = [
            *(_find_runs([word.name_token for word in words], names) if names else ()),
            *(_find_runs([word.text_token for word in words], texts) if texts else ()),
        ]
        for first, length in runs:
            yield words[first].start, words[first + length - 1].end


def _split_by_length(alternatives: Iterable[Tokens]) -> tuple[set[str], set[Tokens]]:
    """The single tokens, and the sequences of several tokens."""
    alternatives = set(alternatives)
    phrases = {tokens for tokens in alternatives if len(tokens) > 1}
    return {token for (token,) in alternatives - phrases}, phrases


def _find_runs(tokens: Iterable[str], phrases: Iterable[Tokens]) -> Iterator[tuple[int, int]]:
    """Index and length of each run of `tokens` that is one of `phrases`."""
    joined = f" {' '.join(tokens)} "
    for phrase in phrases:
        wanted = f" {' '.join(phrase)} "
        index = position = 0
        while (found := joined.find(wanted, position)) >= 0:
            index += joined.count(" ", position, found)
            yield index, len(phrase)
            position, index = found + 1, index + 1

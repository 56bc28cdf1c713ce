"""Full-text search of the documentation site: passages ranked by BM25F."""

from collections import Counter, defaultdict
from functools import cache
from math import log
from typing import NamedTuple

from app.api.docs.contents import SECTIONS, DocsPage
from app.api.docs.markdown import Passage
from app.api.docs.site import get_rendered_page
from app.search.tokenizer import tokenize

_FIELD_WEIGHTS = {"text": 1.0, "heading": 5.0, "page": 4.0}
_SATURATION = 1.2
_LENGTH_NORMALIZATION = 0.6
_MAX_RESULT_ITEMS = 10
_SNIPPET_WORDS = 40

_STOP_WORDS = frozenset(
    "a an and are as at be by can do does for from get have how i if in is it many me my of on or"
    " per the to use what when where which why with you your".split()
)
"""Words of questions that say nothing about the answer."""


class SearchResult(NamedTuple):
    """One page that matches, with its best passage."""

    page: DocsPage
    passage: Passage
    snippet: str


class _IndexedPassage(NamedTuple):
    page: DocsPage
    passage: Passage
    factor: float
    """Factor of its score."""
    length: float
    """Sum of the weights of its words."""


class _Index(NamedTuple):
    passages: list[_IndexedPassage]
    mean_length: float
    postings: dict[str, dict[int, float]]
    """Sum of the weights of a token by passage, by token."""


def search_docs(query: str) -> list[SearchResult]:
    """Pages that match any word of `query`, best first, at most 10."""
    index = _build_index()
    tokens = {word.text_token for word in tokenize(query) if word.word not in _STOP_WORDS}
    best: dict[DocsPage, tuple[float, Passage]] = {}
    for number, score in _score_passages(index, tokens).items():
        page, passage, *_ = index.passages[number]
        if score > best.get(page, (0.0, passage))[0]:
            best[page] = (score, passage)
    ranked = sorted(best.items(), key=lambda found: -found[1][0])[:_MAX_RESULT_ITEMS]
    return [
        SearchResult(page, passage, _snippet(passage.text, tokens)) for page, (_, passage) in ranked
    ]


def _score_passages(index: _Index, tokens: set[str]) -> dict[int, float]:
    """BM25 of the passages, times the square of the share of the tokens that each contains."""
    scores: dict[int, float] = defaultdict(float)
    matches: Counter[int] = Counter()
    for token in tokens & index.postings.keys():
        posting = index.postings[token]
        rarity = log(1 + len(index.passages) / len(posting))
        for number, weight in posting.items():
            length = index.passages[number].length / index.mean_length
            norm = 1 - _LENGTH_NORMALIZATION * (1 - length)
            scores[number] += rarity * weight / (weight + _SATURATION * norm)
            matches[number] += 1
    return {
        number: score * (matches[number] / len(tokens)) ** 2 * index.passages[number].factor
        for number, score in scores.items()
    }


def _snippet(text: str, tokens: set[str]) -> str:
    """Words of `text` around the first one that matches."""
    words = text.split()
    matches = (
        at for at, word in enumerate(words) if any(t.text_token in tokens for t in tokenize(word))
    )
    start = max(next(matches, 0) - _SNIPPET_WORDS // 4, 0)
    end = start + _SNIPPET_WORDS
    return f"{'… ' * (start > 0)}{' '.join(words[start:end])}{' …' * (end < len(words))}"


@cache
def _build_index() -> _Index:
    passages: list[_IndexedPassage] = []
    postings: dict[str, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    pages = ((page, section.search_weight) for section in SECTIONS for page in section.pages)
    for page, factor in pages:
        for passage in get_rendered_page(page).passages:
            fields = {"text": passage.text, "heading": passage.heading, "page": page.label}
            length = 0.0
            for field, text in fields.items():
                for word in tokenize(text):
                    postings[word.text_token][len(passages)] += _FIELD_WEIGHTS[field]
                    length += _FIELD_WEIGHTS[field]
            passages.append(_IndexedPassage(page, passage, factor, length))
    mean_length = sum(each.length for each in passages) / len(passages)
    return _Index(passages, mean_length, dict(postings))

"""Markdown to sanitised HTML, with bounded work."""

import gc
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_core import StateCore
    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token

_ALLOWED_TAGS = set(
    "p br hr h2 h3 h4 ul ol li strong em code pre blockquote a img "
    "table thead tbody tr th td".split()
)
_PICTURE_SCHEME = "media"
_PICTURE_PATTERN = re.compile(rf"{_PICTURE_SCHEME}:[a-z0-9]+(?:-[a-z0-9]+)*")
_ALLOWED_URL_SCHEMES = {"http", "https", "mailto", _PICTURE_SCHEME}
MAX_HTML_CHARS = 400_000
"""Limit for the HTML of an article."""

MAX_RENDERING_STEPS = 500_000
"""Limit for the work of rendering a text.

A count, unlike a time, is the same on every machine. A step takes up to 0.7 µs; 100,000 characters
of prose with a link in each sentence take 210,000 steps.
"""
_RULE_STEPS = 8
"""Steps of trying the rules of Markdown at one place of the text, and of creating one token."""

_BUDGET = "budget"
"""Key of the renderer's environment for the `_Budget` of a text."""

_RENDERING_LOCK = Lock()
"""Held while a text is rendered: one at a time in a process, which bounds memory and CPU."""


class TooComplex(ValueError):
    """Rendering a text would exceed a limit.

    `line`, from 1, is the line of the paragraph, row or heading where it takes too many steps; None
    if the text as a whole gives more than `MAX_HTML_CHARS` of HTML.
    """

    def __init__(self, line: int | None) -> None:
        super().__init__(f"too complex at line {line}")
        self.line = line


class ForeignImage(ValueError):
    """A text has an image that is no picture of the library, in the paragraph at `line`, from 1."""

    def __init__(self, line: int) -> None:
        super().__init__(f"foreign image at line {line}")
        self.line = line


class _Budget:
    """Number of steps that the renderer may still take, and the line that it is at."""

    def __init__(self) -> None:
        self.steps = MAX_RENDERING_STEPS
        self.line = 1

    def spend(self, steps: int, tokens: int = 0) -> None:
        """Subtract `steps`. Raises TooComplex if fewer are left, or than `tokens` tokens take."""
        self.steps -= steps
        if self.steps < tokens * _RULE_STEPS:
            raise TooComplex(self.line)


def render_markdown(body: str) -> str:
    """Render Markdown as sanitised HTML. Raises TooComplex, or ForeignImage.

    Raw HTML is escaped. An image is a picture of the library, `![alt](media:slug)`, and keeps that
    address in the HTML; another one is refused, because a remote image would track readers.
    """
    markdown, nh3 = _load_renderer_and_sanitizer()
    with _RENDERING_LOCK, _pause_garbage_collection():
        try:
            html = _render(markdown, nh3, body)
        except (TooComplex, ForeignImage) as error:
            # The frames of the renderer hold all tokens.
            raise error.with_traceback(None) from None
    if len(html) > MAX_HTML_CHARS:
        raise TooComplex(None)
    return html


@contextmanager
def _pause_garbage_collection() -> Iterator[None]:
    """Collect no garbage while a text is rendered: up to 200,000 objects, but no cycles.

    A full collection of them would hold the interpreter, and so the event loop, for up to 0.1 s.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _render(markdown: "MarkdownIt", nh3: Any, body: str) -> str:
    tokens = markdown.parse(body, {_BUDGET: _Budget()})
    if _count_chars(tokens) > MAX_HTML_CHARS:
        raise TooComplex(None)
    _check_addresses(tokens)
    html: str = nh3.clean(
        markdown.renderer.render(tokens, markdown.options, {}),
        tags=_ALLOWED_TAGS,
        attributes={"a": {"href", "title"}, "img": {"src", "alt"}},
        url_schemes=_ALLOWED_URL_SCHEMES,
        link_rel="noopener noreferrer nofollow",
    )
    return html


def _check_addresses(tokens: "Iterable[Token]") -> None:
    """Raise ForeignImage for an image elsewhere; leave a picture its address and description.

    A link to the address of a picture leads nowhere, and loses it.
    """
    line = 1
    for token in tokens:
        line = token.map[0] + 1 if token.map else line
        for part in token.children or ():
            if part.type == "image":
                if not _PICTURE_PATTERN.fullmatch(str(part.attrs["src"])):
                    raise ForeignImage(line)
                part.attrs.pop("title", None)
            if part.type == "link_open" and str(part.attrs["href"]).startswith(_PICTURE_SCHEME):
                del part.attrs["href"]


def _count_chars(tokens: "Iterable[Token]") -> int:
    """Characters of texts and attributes: each use of a link reference repeats its URL."""
    return sum(
        len(part.content) + sum(len(str(value)) for value in part.attrs.values())
        for token in tokens
        for part in (token, *(token.children or ()))
    )


@cache
def _load_renderer_and_sanitizer() -> "tuple[MarkdownIt, Any]":
    """Import the Markdown renderer and the sanitizer on first use: they take 3 MB."""
    import nh3  # noqa: PLC0415 - on first use
    from markdown_it import MarkdownIt  # noqa: PLC0415 - on first use

    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    _bound_work(markdown)
    return markdown, nh3


def _bound_work(markdown: "MarkdownIt") -> None:
    """Make `markdown` spend the `_Budget` of its environment."""
    skip_token = markdown.inline.skipToken

    def skip_and_spend(state: "StateInline") -> None:
        state.env[_BUDGET].spend(1)
        skip_token(state)

    def spend_in_block(state: "StateBlock", line: int, _end: int, _silent: bool) -> bool:
        budget = state.env[_BUDGET]
        budget.line = line + 1
        budget.spend(_RULE_STEPS, len(state.tokens))
        return False  # the rule matches nothing

    def spend_in_inline(state: "StateInline", _silent: bool) -> bool:
        state.env[_BUDGET].spend(_RULE_STEPS, len(state.tokens))
        return False

    def spend_after_inline(state: "StateInline") -> None:
        state.env[_BUDGET].spend(len(state.tokens) * _RULE_STEPS)

    def parse_inline(state: "StateCore") -> None:
        budget = state.env[_BUDGET]
        budget.spend(len(state.tokens) * _RULE_STEPS)
        for token in state.tokens:
            if token.type == "inline":
                budget.line = token.map[0] + 1 if token.map else budget.line
                token.children = []
                markdown.inline.parse(token.content, markdown, state.env, token.children)

    markdown.inline.skipToken = skip_and_spend  # type: ignore[method-assign]  # the only hook
    terminators = ["paragraph", "reference", "blockquote", "list"]  # also tried within these
    markdown.block.ruler.before("table", _BUDGET, spend_in_block, {"alt": terminators})
    markdown.inline.ruler.before("text", _BUDGET, spend_in_inline)
    markdown.inline.ruler2.before("balance_pairs", _BUDGET, spend_after_inline)
    markdown.core.ruler.at("inline", parse_inline)

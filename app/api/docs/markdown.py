"""Markdown of the documentation to HTML: headings with anchors, and links between pages.

The sources are files of the package, so nothing is sanitised. A link to a page leads to the page
on the site; a link to any other file of the repository is shown as its text. A paragraph that
contains only the link to a file with a `FileRenderer` is replaced by the content of the file.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from html import escape
from itertools import pairwise
from posixpath import dirname, normpath, relpath
from typing import TYPE_CHECKING, NamedTuple

from app.api.docs.contents import DocsPage, pages_by_source

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

FileRenderer = Callable[[str], str]
"""Renders a file, given by its path relative to the repository, as Markdown."""

_HEADING_LEVELS = ("h1", "h2", "h3")
_OTHER_THAN_ANCHOR_CHARS = re.compile(r"[^\w\- ]")
_LINK_ALONE = re.compile(r"^\[[^\]]+\]\(([^)#:]+)\)$", re.MULTILINE)


class Passage(NamedTuple):
    """Heading of a page with the text up to the next heading."""

    level: int
    heading: str
    anchor: str
    text: str


class RenderedPage(NamedTuple):
    """HTML of a page, and its passages; the heading of the first one is the title."""

    html: str
    passages: tuple[Passage, ...]


def docs_path(path: str) -> str:
    """Path of a page at the service, without the leading slash."""
    return f"docs/{path}".rstrip("/")


def relative_url(start: str, path: str) -> str:
    """Relative URL from the page at `start` to `path`, both without the leading slash.

    Relative URLs also work behind a proxy that serves the site under a path prefix.
    """
    folder, _, name = f"/{path}".rpartition("/")
    return f"{relpath(folder or '/', dirname(f'/{start}'))}/{name}"


def render_page(page: DocsPage, text: str, renderers: Mapping[str, FileRenderer]) -> RenderedPage:
    """Render `text`, the Markdown of `page`; `renderers` are by the first folder of a file."""

    def include(link: re.Match[str]) -> str:
        path = _resolve(page, link[1])
        render = renderers.get(path.partition("/")[0])
        return render(path) if render else link[0]

    markdown = _load_parser()
    tokens = markdown.parse(_LINK_ALONE.sub(include, text))
    _add_anchors(tokens)
    for token in tokens:
        if token.children:
            token.children = list(_resolve_links(page, token.children))
    return RenderedPage(
        markdown.renderer.render(tokens, markdown.options, {}), tuple(_passages(tokens))
    )


def _resolve(page: DocsPage, target: str) -> str:
    """Path of the file that a link of `page` leads to, relative to the repository."""
    return normpath(f"{dirname(page.source)}/{target}").lstrip("/")


def _resolve_links(page: DocsPage, tokens: "list[Token]") -> "Iterator[Token]":
    """Inline tokens with the links to pages resolved, without links to other files."""
    is_dropped = False
    for token in tokens:
        if token.type == "link_open":
            url = _resolve_link(page, str(token.attrs["href"]))
            is_dropped = url is None
            token.attrs["href"] = url or ""
        if not (is_dropped and token.type in {"link_open", "link_close"}):
            yield token


def _resolve_link(page: DocsPage, target: str) -> str | None:
    """URL that a link of `page` leads to; None if it is a file that is not on the site."""
    path, hash_, anchor = target.partition("#")
    if ":" in path or not path:
        return target
    if path.startswith("/"):
        return relative_url(docs_path(page.path), path[1:]) + hash_ + anchor
    linked = pages_by_source().get(_resolve(page, path))
    if linked is None:
        return None
    return relative_url(docs_path(page.path), docs_path(linked.path)) + hash_ + anchor


def _add_anchors(tokens: "list[Token]") -> None:
    """Add the ids that GitHub derives from headings too."""
    seen: dict[str, int] = {}
    for token, inline in pairwise(tokens):
        if token.type == "heading_open":
            text = _plain_text(inline)
            anchor = _OTHER_THAN_ANCHOR_CHARS.sub("", text.lower()).replace(" ", "-")
            count = seen[anchor] = seen.get(anchor, -1) + 1
            token.attrs["id"] = f"{anchor}-{count}" if count else anchor


def _passages(tokens: "list[Token]") -> Iterator[Passage]:
    """Passages of a page, one for each heading up to the third level."""
    level, anchor, parts = 1, "", [""]
    for token in tokens:
        if token.type == "heading_open" and token.tag in _HEADING_LEVELS:
            if parts[0]:
                yield Passage(level, parts[0], anchor, " ".join(parts[1:]))
            level, anchor, parts = int(token.tag[1]), str(token.attrs["id"]), []
        elif token.type == "inline":
            parts.append(_plain_text(token))
        elif token.type == "fence":
            parts.append(token.content)
    yield Passage(level, parts[0], anchor, " ".join(parts[1:]))


def _plain_text(inline: "Token") -> str:
    return "".join(
        " " if child.type in {"softbreak", "hardbreak"} else child.content
        for child in inline.children or ()
    )


@cache
def _load_parser() -> "MarkdownIt":
    """Import the parser on first use."""
    from markdown_it import MarkdownIt  # noqa: PLC0415 - on first use

    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    rules = markdown.renderer.rules  # type: ignore[attr-defined]  # of the HTML renderer

    def render_fence(tokens: "list[Token]", index: int, *_: object) -> str:
        code = escape(tokens[index].content, quote=False)
        return f'<div class="code"><pre tabindex="0"><code>{code}</code></pre></div>\n'

    def open_table(*_: object) -> str:
        return '<div class="scroll" tabindex="0">\n<table>\n'

    def close_table(*_: object) -> str:
        return "</table>\n</div>\n"

    rules |= {
        "fence": render_fence,
        "code_block": render_fence,
        "table_open": open_table,
        "table_close": close_table,
    }
    return markdown

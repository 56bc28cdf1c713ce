"""Markdown in, safe HTML out."""

import nh3
from markdown_it import MarkdownIt

_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")
_TAGS = set(
    "p br hr h2 h3 h4 ul ol li strong em code pre blockquote a table thead tbody tr th td".split()
)
_SCHEMES = {"http", "https", "mailto"}


def render(body: str) -> str:
    """The sanitised HTML of a Markdown text.

    Raw HTML in it is shown as text. Images are dropped: a remote one would report each reader.
    """
    return nh3.clean(
        _MARKDOWN.render(body),
        tags=_TAGS,
        attributes={"a": {"href", "title"}},
        url_schemes=_SCHEMES,
        link_rel="noopener noreferrer nofollow",
    )

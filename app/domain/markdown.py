"""Markdown to sanitised HTML."""

from functools import cache
from importlib import import_module
from typing import Any

_ALLOWED_TAGS = set(
    "p br hr h2 h3 h4 ul ol li strong em code pre blockquote a table thead tbody tr th td".split()
)
_ALLOWED_URL_SCHEMES = {"http", "https", "mailto"}
MAX_HTML_CHARS = 400_000
"""Limit for the HTML of an article."""


def render_markdown(body: str) -> str:
    """Render Markdown as sanitised HTML.

    Raw HTML is escaped. Images are removed, because a remote image would track readers.
    """
    markdown, nh3 = _load_renderer_and_sanitizer()
    html: str = nh3.clean(
        markdown.render(body),
        tags=_ALLOWED_TAGS,
        attributes={"a": {"href", "title"}},
        url_schemes=_ALLOWED_URL_SCHEMES,
        link_rel="noopener noreferrer nofollow",
    )
    return html


@cache
def _load_renderer_and_sanitizer() -> tuple[Any, Any]:
    """Import the Markdown renderer and the sanitizer on first use: they take 3 MB."""
    markdown = import_module("markdown_it").MarkdownIt("commonmark", {"html": False})
    return markdown.enable("table"), import_module("nh3")

"""Pages of the documentation site, each rendered on its first request."""

from functools import cache

from app.api.docs.contents import PAGES, ROOT, DocsPage
from app.api.docs.markdown import FileRenderer, RenderedPage, render_page
from app.api.problem_pages import PROBLEM_TYPES


@cache
def get_rendered_page(page: DocsPage) -> RenderedPage:
    """The HTML and the passages of `page`."""
    return render_page(page, (ROOT / page.source).read_text("utf-8"), _FILE_RENDERERS)


def neighbours(page: DocsPage) -> tuple[DocsPage | None, DocsPage | None]:
    """The pages before and after `page`."""
    index = PAGES.index(page)
    return (
        PAGES[index - 1] if index else None,
        PAGES[index + 1] if index + 1 < len(PAGES) else None,
    )


def _render_example(path: str) -> str:
    """A program of `examples/` with a link to download it."""
    name = path.removeprefix("examples/")
    program = (ROOT / path).read_text("utf-8").rstrip()
    return f"[{name}](/docs/examples/{name})\n\n~~~~\n{program}\n~~~~"


def _render_problem_types(_path: str) -> str:
    """Table of all problem types, by status."""
    rows = ["| status | end of `type` | meaning |", "|---|---|---|"]
    for kind in sorted(PROBLEM_TYPES, key=lambda kind: (kind.status, kind.problem_type)):
        meaning = " ".join((kind.__doc__ or "").split())
        rows.append(f"| {kind.status.value} | `{kind.problem_type}` | {meaning} |")
    return "\n".join(rows)


_FILE_RENDERERS: dict[str, FileRenderer] = {
    "app": _render_problem_types,
    "examples": _render_example,
}

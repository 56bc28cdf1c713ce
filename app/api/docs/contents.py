"""Table of contents of the documentation site: its pages, in the order of the navigation."""

from functools import cache
from pathlib import Path
from typing import NamedTuple

import app

ROOT = Path(app.__file__).parents[1]
"""Folder that contains `app`, `docs` and `examples`: the repository, or site-packages."""


class DocsPage(NamedTuple):
    """One page of the site."""

    path: str
    """Path below `/docs/`; empty for the first page."""
    label: str
    """Text in the navigation."""
    source: str
    """Markdown file, relative to `ROOT`."""


class Section(NamedTuple):
    """Group of pages in the navigation."""

    title: str
    pages: tuple[DocsPage, ...]
    search_weight: float = 1.0
    """Factor of the scores of its pages."""


def _pages(folder: str, **labels: str) -> tuple[DocsPage, ...]:
    """Pages of `docs/` in one folder, by the names of their files."""
    prefix = f"{folder}/" if folder else ""
    return tuple(
        DocsPage(path := f"{prefix}{name.replace('_', '-')}", label, f"docs/{path}.md")
        for name, label in labels.items()
    )


SECTIONS: tuple[Section, ...] = (
    Section("Start", (DocsPage("", "Five minutes", "docs/start.md"),)),
    Section(
        "Guides",
        (
            *_pages(
                "guides",
                requests="URLs, methods and JSON",
                lists="Lists, pages and cursors",
                filters="Filters and facets",
                dates="Dates and precision",
                languages="Languages",
                errors="Errors",
                caching="Caching and ETags",
                limits="Rate limits",
                following="Following changes",
            ),
            *_pages("api", webhooks="Webhooks", editing="Writing", export="Exports"),
            *_pages("guides", tables="Tables and columns"),
            *_pages("", desk="The editors' desk", agents="Tools for agents"),
            *_pages("api", station="The station on a day", horizon="Until when facts are known"),
        ),
        search_weight=1.3,
    ),
    Section(
        "Recipes",
        _pages(
            "recipes",
            mission_page="A mission page in React",
            bot="A bot that posts launches",
            offline_copy="An offline copy",
            calendar="A calendar",
            statistics="Statistics",
            wall_display="A wall display",
        ),
    ),
    Section(
        "Reference",
        (
            DocsPage("api", "Overview", "docs/api/README.md"),
            *_pages(
                "api",
                missions="Missions",
                page="A mission's page",
                crew="Crews",
                people="People",
                launches="Launches",
                agencies="Agencies",
                vehicles="Vehicles",
                spacecraft="Spacecraft",
                spacecraft_types="Spacecraft types",
                sites="Launch sites",
                modules="Modules",
                stays="Stays",
                spacewalks="Spacewalks",
                timeline="Timeline",
                articles="Articles",
                tags="Tags",
                media="Pictures",
                search="Search",
                changes="Changes and events",
                proposals="Proposals",
                sources="Sources",
                keys="API keys",
                session="Sessions",
                revisions="Versions of records",
                audit="Audit trail",
            ),
            *_pages("", status_codes="Status codes"),
            *_pages("", versions="Versions"),
            DocsPage("changelog", "Changelog", "CHANGELOG.md"),
        ),
    ),
    Section(
        "Operation",
        _pages(
            "",
            install="Installing on Debian",
            operations="Operating a service",
            settings="Settings",
            importing="Importing",
            data="The embedded archive",
            media="Storing pictures",
            observing="Observing",
            scaling="Scaling",
            reliability="Reliability",
            security="Security",
            personal_data="Personal data",
        ),
        search_weight=0.7,
    ),
)

PAGES: tuple[DocsPage, ...] = tuple(page for section in SECTIONS for page in section.pages)
"""All pages in the order of the navigation."""


@cache
def pages_by_path() -> dict[str, DocsPage]:
    """Pages by their paths."""
    return {page.path: page for page in PAGES}


@cache
def pages_by_source() -> dict[str, DocsPage]:
    """Pages by their Markdown files."""
    return {page.source: page for page in PAGES}

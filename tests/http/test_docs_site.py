"""Documentation site: its pages and their links, the search, and the files that a package needs."""

import re
import tomllib
from collections.abc import Iterator
from itertools import pairwise
from urllib.parse import urljoin, urlsplit

import pytest
from starlette.testclient import TestClient

from app.api.docs.contents import PAGES, ROOT
from app.api.docs.router import EXAMPLE_FILES, SITE_ASSETS
from app.api.docs.search import search_docs
from app.api.problem_pages import PROBLEM_TYPES
from app.config import Settings
from app.main import create_app
from app.resources.exports.tables import EXPORT_TABLES
from tests.support.clients import TEST_SETTINGS
from tests.support.docs_questions import MIN_RIGHT_COUNT, QUESTIONS
from tests.support.pages import Element, parse_page

SEARCH = "/docs/search"
PATHS = [f"/docs/{page.path}".rstrip("/") for page in PAGES]
OTHER_ROUTES = ("/", "/openapi.json", "/docs/reference")

Site = dict[str, Element]


@pytest.fixture(scope="module")
def docs() -> TestClient:
    """Client of a service whose database is never used."""
    return TestClient(create_app(Settings(**TEST_SETTINGS)), raise_server_exceptions=False)


@pytest.fixture(scope="module")
def site(docs: TestClient) -> Site:
    """Parsed pages by path."""
    return {path: parse_page(docs.get(path).raise_for_status().text) for path in (*PATHS, SEARCH)}


def elements(page: Element) -> Iterator[Element]:
    """Yield all elements of a page in document order."""
    for each in page.content:
        if isinstance(each, Element):
            yield each
            yield from elements(each)


def broken_links(site: Site) -> list[tuple[str, str]]:
    """List the links that lead neither to a heading or page of the site nor to another route."""
    ids = {
        path: [each.attributes["id"] for each in elements(page) if "id" in each.attributes]
        for path, page in site.items()
    }
    broken = []
    for path, page in site.items():
        for link in page.find_all("a"):
            href = link.attributes["href"]
            url = urlsplit(href)
            target = urljoin(path, url.path)
            if target in site:
                is_found = not url.fragment or url.fragment in ids[target]
            else:
                file = target.removeprefix("/docs/examples/")
                is_found = target in OTHER_ROUTES or file in EXAMPLE_FILES.files
            if not (is_found or url.scheme == "https"):
                broken.append((path, href))
    return broken


@pytest.mark.slow
def test_links_lead_to_pages_and_headings(site: Site) -> None:
    assert broken_links(site) == []
    for html in ('<a href="nowhere">x</a>', '<a href="api#nothing">x</a>', '<a href="/x">x</a>'):
        assert len(broken_links({**site, "/docs/other": parse_page(html)})) == 1, html


def test_pages_have_one_title_and_unique_ids(site: Site) -> None:
    for path, page in site.items():
        [title], [heading] = page.find_all("title"), page.find_all("h1")
        assert title.text == f"{heading.text} – Zarya documentation", path
        ids = [each.attributes["id"] for each in elements(page) if "id" in each.attributes]
        assert len(ids) == len(set(ids)), path
        levels = [int(each.tag[1]) for each in page.find_all("h1", "h2", "h3", "h4")]
        assert all(after <= before + 1 for before, after in pairwise(levels))


def test_navigation_has_every_page_in_order(site: Site) -> None:
    for path, page in site.items():
        [navigation] = [
            each for each in page.find_all("nav") if each.attributes["class"] == "pages"
        ]
        links = navigation.find_all("a")
        linked = [urljoin(path, each.attributes["href"]) for each in links]
        assert [each for each in linked if each not in OTHER_ROUTES] == PATHS
        current = [each for each in links if "aria-current" in each.attributes]
        assert len(current) == (path != SEARCH)
    following = ["/docs"]
    while links := [
        each for each in site[following[-1]].find_all("a") if each.attributes.get("rel") == "next"
    ]:
        following.append(urljoin(following[-1], links[0].attributes["href"]))
    assert following == PATHS


@pytest.mark.parametrize("folder", ["guides", "recipes", "api"])
def test_every_file_is_a_page(folder: str) -> None:
    files = {path.relative_to(ROOT).as_posix() for path in (ROOT / "docs" / folder).glob("*.md")}
    assert files
    assert files <= {page.source for page in PAGES}


def test_pages_run_own_scripts_only(docs: TestClient) -> None:
    for path in ("/docs", "/docs/api/launches", "/docs/search?q=page"):
        answer = docs.get(path)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy
        assert "unsafe" not in policy
        assert not re.search(r"<style|<script>|\sstyle=|\son\w+=|src=\"http", answer.text)
        for name in re.findall(r'(?:src|href)="[./]*docs/assets/([^"]+)"', answer.text):
            assert name in SITE_ASSETS.files
    assert not [name for name, file in SITE_ASSETS.files.items() if "http" in file.read_text()]


def test_programs_are_shown_and_served_unchanged(docs: TestClient, site: Site) -> None:
    shown = [each.text for page in site.values() for each in page.find_all("pre")]
    for name, file in EXAMPLE_FILES.files.items():
        if not name.endswith("package-lock.json"):
            assert " ".join(file.read_text().split()) in shown, name
        answer = docs.get(f"/docs/examples/{name}")
        assert answer.text == file.read_text()
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize(
    "path",
    [
        "/docs/",
        "/docs/nowhere",
        "/docs/api/",
        "/docs/api/README",
        "/docs/api/missions.md",
        "/docs/../app/main.py",
        "/docs/%2e%2e/%2e%2e/README",
        "/docs/examples/..%2f..%2fapp%2fmain.py",
        "/docs/assets/..%2fpage.html",
    ],
)
def test_other_paths_are_404(docs: TestClient, path: str) -> None:
    answer = docs.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_status_codes_are_those_of_the_code(site: Site) -> None:
    rows = {
        tuple(cell.text for cell in row.find_all("td"))[:2]
        for row in site["/docs/status-codes"].find_all("tr")
    }
    assert {(str(kind.status.value), kind.problem_type) for kind in PROBLEM_TYPES} <= rows


def test_tables_are_those_of_the_exports() -> None:
    text = (ROOT / "docs" / "guides" / "tables.md").read_text()
    documented = {}
    for section in text.split("\n### ")[1:]:
        name, _, columns = section.partition("\n")
        found = re.findall(r"(\*?)`(\w+)`\*?(?:\s\((\w+)\))?", columns)
        documented[name] = [(column, bool(star), table) for star, column, table in found]
    assert documented == {
        table.name: [
            (each.name, each.nullable, each.references_table or "") for each in table.columns
        ]
        for table in EXPORT_TABLES
    }


def test_packages_contain_the_files() -> None:
    build = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]
    wheel = build["targets"]["wheel"]
    included = {*wheel["packages"], *wheel["force-include"]} - {*wheel["exclude"]}
    copied = set(re.findall(r"\S+", " ".join(re.findall("^COPY (.+)", DOCKERFILE, re.M))))
    ignored = set((ROOT / ".dockerignore").read_text().split())
    for file in (*(page.source for page in PAGES), "examples/bot.py"):
        parents = {file, *(file[: slash.start()] for slash in re.finditer("/", file))}
        assert parents & included, file
        assert parents & copied, file
        assert not parents & (ignored | {*wheel["exclude"]}), file


DOCKERFILE = (ROOT / "Dockerfile").read_text()


def test_right_page_is_found_first() -> None:
    assert len(QUESTIONS) == 30
    found = {question: search_docs(question)[0].page.path for question in QUESTIONS}
    wrong = {q: path for q, path in found.items() if path != QUESTIONS[q]}
    assert len(QUESTIONS) - len(wrong) >= MIN_RIGHT_COUNT, wrong


@pytest.mark.parametrize("question", ["", "how do I", "xyzzy", "¿?"])
def test_nothing_is_found(docs: TestClient, question: str) -> None:
    answer = docs.get(SEARCH, params={"q": question}).raise_for_status()
    assert not parse_page(answer.text).find_all("ol")


def test_results_link_to_headings(docs: TestClient) -> None:
    answer = docs.get(SEARCH, params={"q": "fewer fields <b>"}).raise_for_status()
    page = parse_page(answer.text)
    [results] = page.find_all("ol")
    link = results.find_all("a")[0]
    assert link.attributes["href"] == "guides/lists#fewer-fields"
    assert link.text == "Lists, pages and cursors: Fewer fields"
    assert "fields=slug,name" in results.text
    assert page.find_all("input")[0].attributes["value"] == "fewer fields <b>"


def test_too_long_question_is_refused(docs: TestClient) -> None:
    assert docs.get(SEARCH, params={"q": "x" * 200}).status_code == 200
    assert docs.get(SEARCH, params={"q": "x" * 201}).status_code == 422


PERSONIFICATION = re.compile(
    r"\b(?:asks?|claims?|heard|heeds?|speaks?|tells?|told|unless \w+ says? otherwise)\b"
    r"|(?:^|[.:] )(?:What|Who|Whose) [^?]*$",
    re.MULTILINE,
)
"""Words of people for a service, and sentences that begin with a relative clause."""


def find_riddles(text: str) -> list[str]:
    """Sentences outside of code that have to be read twice."""
    prose = re.sub(r"```.*?```|`[^`]*`", "", text, flags=re.DOTALL)
    sentences = re.split(r"(?<=[.:?])\s+|\n[-|#]|\n\n", prose)
    return [" ".join(each.split()) for each in sentences if PERSONIFICATION.search(each.strip())]


def test_pages_are_written_plainly() -> None:
    files = [page.source for page in PAGES if re.match(r"docs/(?!.*secur)", page.source)]
    found = {file: find_riddles((ROOT / file).read_text()) for file in files}
    assert {file: lines for file, lines in found.items() if lines} == {}


@pytest.mark.parametrize(
    "text",
    [
        "An address may ask 600 times a minute unless the operator says otherwise.",
        "Deletions are told for 90 days.",
        "What is not known is null: of a time behind the horizon.",
        "Who must not have published it.",
    ],
)
def test_riddles_are_found(text: str) -> None:
    assert find_riddles(f"A plain sentence. {text}\n\n## What to read next\n\nWhat is it?")
    assert not find_riddles("Limits: 600 requests per minute.\n\n## Which errors to retry")

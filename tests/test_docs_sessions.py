"""Shell sessions in README and `docs/`: authenticated requests, replayed in order.

`$KEY` stands for a key with all scopes, `$ETAG` for the ETag of the previous response.
"""

import re
import shlex
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.api.api_key_format import generate_api_key
from app.db.models import Person
from app.domain.dates import now
from app.domain.enums import Scope
from tests.support import factories
from tests.support.clients import database_of, open_client
from tests.support.databases import CreateDatabase
from tests.support.documented_requests import HOST, matches_json, parse_shown_json
from tests.support.paths import ROOT

SESSION = re.compile(r"```shell-session\n\$ (curl -s .+?)(?<!\\)\n(?!    )(.*?)```", re.DOTALL)
TEXTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
PAGES = [page for page in TEXTS if SESSION.search(page.read_text())]


@pytest.fixture(scope="module")
def editors(
    create_database: CreateDatabase, archive_template_url: str
) -> Iterator[tuple[TestClient, str]]:
    """Client over a separate copy of the archive, and an API key with all scopes."""
    with open_client(create_database(archive_template_url)) as client:
        with database_of(client).session() as session:
            stored, key = generate_api_key("Documentation", list(Scope))
            stored.created_at = now() - timedelta(hours=1)  # before the keys that the pages create
            session.add(stored)
            add_documented_proposals(session)
        yield client, key


def add_documented_proposals(session: Session) -> None:
    """Add the proposals that the pages show, with the ids 1 and 2."""
    entries = {"K. Lindgren": "kjell-lindgren", "O. Kononenko": "oleg-kononenko"}
    for key, (name, slug) in enumerate(entries.items(), start=900002):
        document = {"name": name, "nationality": "US", "agency": "NASA"}
        candidate = session.scalars(select(Person.id).where(Person.slug == slug)).one()
        evidence = "similar name; the flights are unknown"
        proposal = factories.proposal(
            candidate, title=name, document=document, key=str(key), evidence=evidence
        )
        session.add(proposal)
        session.flush()


@pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])
def test_session_responses_equal_real_responses(
    page: Path, editors: tuple[TestClient, str]
) -> None:
    client, key = editors
    etag = ""
    for command, shown in SESSION.findall(page.read_text()):
        method, address, headers, content = parse_curl(command, KEY=key, ETAG=etag)
        answer = client.request(method, address, headers=headers, content=content)
        etag = answer.headers.get("ETag", etag)
        if shown.strip():
            assert matches_json(parse_shown_json(shown), answer.json()), f"{command}\n{answer.text}"
        else:
            assert answer.status_code == 204, f"{command}\n{answer.text}"


def parse_curl(command: str, **variables: str) -> tuple[str, str, dict[str, str], str | None]:
    """Method, URL path, headers and body of a curl command."""
    words = iter(shlex.split(command.replace("\\\n", " "))[2:])
    method, address, content = "GET", "", None
    headers: dict[str, str] = {}
    for word in words:
        match word:
            case "-X":
                method = next(words)
            case "-H":
                name, _, value = next(words).partition(": ")
                for variable, text in variables.items():
                    value = value.replace(f"${variable}", text)
                headers[name] = value
            case "-d":
                content = next(words)
            case _:
                address = word.removeprefix(HOST)
    return method, address, headers, content


def test_pages_with_sessions() -> None:
    assert {page.stem for page in PAGES} == {
        "README",
        "audit",
        "editing",
        "horizon",
        "keys",
        "proposals",
        "revisions",
        "sources",
        "webhooks",
    }
    assert sum(len(SESSION.findall(page.read_text())) for page in PAGES) > 20

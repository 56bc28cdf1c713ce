"""Proposals in the database of a client."""

from typing import Any

from starlette.testclient import TestClient

from app.db.models import stored_id
from tests.support import factories
from tests.support.clients import database_of


def add_person(client: TestClient, **columns: Any) -> int:
    """Insert a person; returns the id."""
    with database_of(client).session() as session:
        person = factories.person(**columns)
        session.add(person)
        session.flush()
        return stored_id(person)


def add_proposal(client: TestClient, *candidate_ids: int, **columns: Any) -> str:
    """Insert an open proposal of a person; returns its path."""
    with database_of(client).session() as session:
        proposal = factories.proposal(*candidate_ids, **columns)
        session.add(proposal)
        session.flush()
        return f"/v1/proposals/{proposal.id}"

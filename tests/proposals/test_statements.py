"""SQL statements of proposals: their number, and their indexes."""

from collections.abc import Iterator

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from app.db.database import Database
from app.domain.enums import ProposalStatus
from tests.support import factories
from tests.support.proposals import add_person, add_proposal
from tests.support.statements import Statement, record_dml


@pytest.fixture
def recorded(database: Database) -> Iterator[list[Statement]]:
    """Statements that requests execute during the test."""
    with record_dml(database) as statements:
        yield statements


def count_statements(editor: TestClient, recorded: list[Statement], path: str) -> int:
    recorded.clear()
    assert editor.get(path).status_code == 200
    return len(recorded)


def test_reads_take_a_fixed_number_of_statements(
    editor: TestClient, recorded: list[Statement]
) -> None:
    person = add_person(editor)
    path = add_proposal(editor, person)
    editor.get(path)  # authenticates
    one = [count_statements(editor, recorded, each) for each in ("/v1/proposals", path)]
    people = [add_person(editor) for _ in range(10)]
    many = add_proposal(editor, *people)
    for _ in range(10):
        add_proposal(editor, *people)
    assert [count_statements(editor, recorded, each) for each in ("/v1/proposals", many)] == one
    assert one <= [4, 5]


def test_decisions_repeat_no_read(editor: TestClient, recorded: list[Statement]) -> None:
    for action, body in (("merge", {}), ("separate", None)):
        path = add_proposal(editor, add_person(editor))
        recorded.clear()
        assert editor.post(f"{path}/{action}", json=body).status_code == 200
        assert len(recorded) <= {"merge": 11, "separate": 24}[action]
        reads = [each for each in recorded if each.sql.startswith("SELECT proposals.")]
        assert len(reads) == 2  # the lock, and the response


def test_list_reads_an_index(database: Database) -> None:
    """Most proposals are decided: the open ones are found without reading these."""
    with database.session() as session:
        session.add_all(
            factories.proposal(status=ProposalStatus.MERGED, record_id=1) for _ in range(2000)
        )
        session.flush()
        session.execute(text("ANALYZE proposals"))
        plan = "EXPLAIN QUERY PLAN" if database.engine.dialect.name == "sqlite" else "EXPLAIN"
        for condition, index in (
            ("status = 'open'", "status_id"),
            ("status = 'open' AND type IN ('launch')", "status_id"),
        ):
            query = f"{plan} SELECT id FROM proposals WHERE {condition} ORDER BY id LIMIT 21"  # noqa: S608 - ours
            rows = session.execute(text(query)).all()
            assert index in " ".join(str(row[-1]) for row in rows)

"""The `zarya proposals` command."""

import pytest

from app.db.models import stored_id
from app.resources.write_steps import build_database
from tests.support import factories
from tests.support.command_line import run_zarya


@pytest.fixture
def ids(cli_migrated_url: str, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Ids of three proposals, each with Anne McClain as the candidate; the last is not valid."""
    monkeypatch.setenv("COLUMNS", "250")  # of the terminal
    database = build_database(cli_migrated_url)
    with database.session() as session:
        person = factories.person(slug="anne-mcclain", name="Anne McClain")
        session.add(person)
        session.flush()
        proposals = [factories.proposal(stored_id(person), title=f"[Entry] {n}") for n in range(3)]
        proposals[2].document = {"name": ""}
        session.add_all(proposals)
        session.flush()
        found = [stored_id(each) for each in proposals]
    database.close()
    return found


def test_proposals_command_lists_and_decides(ids: list[int]) -> None:
    listed = run_zarya("proposals", "list")
    assert listed.exit_code == 0
    for text in ("[Entry] 0", "[Entry] 1", "anne-mcclain", "similar name", "launch-library"):
        assert text in listed.stdout
    merged = run_zarya("proposals", "merge", str(ids[0]))
    assert (merged.exit_code, merged.stderr) == (0, f"Proposal {ids[0]}: merged anne-mcclain.\n")
    separated = run_zarya("proposals", "separate", str(ids[1]))
    assert separated.exit_code == 0
    assert separated.stderr.startswith(f"Proposal {ids[1]}: separate entry-")
    left = run_zarya("proposals", "list").stdout
    assert ("[Entry] 2" in left, "[Entry] 0" in left) == (True, False)
    decided = run_zarya("proposals", "list", "--status", "merged").stdout
    assert ("[Entry] 0" in decided, "[Entry] 1" in decided) == (True, False)


def test_proposals_command_exits_with_1_on_refusal(ids: list[int]) -> None:
    run_zarya("proposals", "merge", str(ids[0]), "anne-mcclain")
    refusals = {
        ("merge", str(ids[0])): "The proposal has already been decided: the entry is",
        ("merge", str(ids[1]), "nobody"): "Invalid value at /slug: There is no person 'nobody'.",
        ("merge", "999999"): "There is no proposal 999999.",
        ("separate", "999999"): "There is no proposal 999999.",
        ("separate", str(ids[2])): "The entry cannot become a record. /name: ",
    }
    for arguments, message in refusals.items():
        refused = run_zarya("proposals", *arguments)
        assert refused.exit_code == 1, arguments
        assert refused.stderr.startswith(message)
    assert run_zarya("proposals", "merge", str(ids[1]), "anne-mcclain").exit_code == 0

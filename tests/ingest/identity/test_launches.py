"""Identity of launches: designator, name and time, time and rocket."""

from datetime import datetime
from typing import Any

import pytest

from app.ingest.entries import IdentityHints
from app.ingest.identity.decision import Decision, RecordRef
from app.ingest.identity.launches import LaunchFacts, LaunchIndex


def facts(
    name: str,
    at: str = "2031-04-04T11:01:35Z",
    precision: str = "second",
    rocket: str | None = "Soyuz-2.1a",
    status: str = "planned",
    written: str | None = None,
    **fields: Any,
) -> LaunchFacts:
    document = {
        "cospar_id": None,
        "launch_at": at,
        "launch_at_precision": precision,
        "vehicle": {"name": rocket} if rocket else None,
        "status": status,
        "spacecraft": [{"name": name, "kind": "CV"}],
    }
    hints = IdentityHints(launch_at=datetime.fromisoformat(written) if written else None)
    return LaunchFacts.from_document(document | fields, hints)


def decide(ours: LaunchFacts | list[LaunchFacts], theirs: LaunchFacts, *excluded: int) -> Decision:
    index = LaunchIndex()
    for number, known in enumerate(ours if isinstance(ours, list) else [ours], start=1):
        index.add(RecordRef(number, f"ours-{number}"), known)
    return index.identify(theirs, excluded)


MS_99 = facts("Progress MS-99")
DAY = {"at": "2031-04-04T00:00:00Z", "precision": "day"}


@pytest.mark.parametrize(
    ("ours", "theirs", "verdict"),
    [
        (facts("A", cospar_id="1"), facts("B", cospar_id="1", at="2032-01-01T00:00:00Z"), "same"),
        (MS_99, facts("Progress MS-99 (199P)", **DAY), "same"),
        (facts("Progress MS-99", **DAY), facts("Прогресс МС-99"), "same"),
        (MS_99, facts("Progress MS-99", at="2031-04-05T20:00:00Z"), "same"),
        (MS_99, facts("Progress MS-99", at="2031-04-12T20:00:00Z"), "same"),  # planned: a slip
        (MS_99, facts("199P", at="2031-04-04T11:02:00Z"), "same"),  # by time and rocket
        (MS_99, facts("199P", **DAY, written="2031-04-04T11:01:35Z"), "same"),
        (MS_99, facts("Resupply flight", **DAY), "doubtful"),
        (facts("Resupply flight", **DAY), facts("Progress MS-99"), "doubtful"),
        (MS_99, facts("Progress MS-99", at="2031-04-12T11:00:00Z", rocket="Falcon 9"), "other"),
        (MS_99, facts("199P", at="2031-04-04T11:01:35Z", rocket=None), "doubtful"),
        (facts("Ship", **DAY), facts("Ship", at="2031-06-01T00:00:00Z"), "doubtful"),
        (
            facts("Progress MS-99", status="success"),
            facts("Progress MS-99", at="2031-06-01T10:00:00Z"),
            "doubtful",
        ),
        (
            facts("Progress MS-99", cospar_id="2031-1"),
            facts("Progress MS-99", cospar_id="2031-2"),
            "doubtful",
        ),
        (MS_99, facts("Progress MS-98", **DAY), "other"),
        (MS_99, facts("Progress MS-98"), "doubtful"),  # one pad, one second
        (MS_99, facts("Soyuz MS-98", at="2031-04-20T11:01:35Z"), "other"),
        (MS_99, facts("Falcon flight", **DAY, rocket="Falcon 9"), "other"),
        (MS_99, facts("Sat 1", **DAY, to_station=False), "other"),
        (facts("Ship 1", status="success"), facts("Ship 1", at="2033-04-04T10:00:00Z"), "other"),
        ([MS_99, facts("Progress MS-99", at="2031-04-04T20:00:00Z")], MS_99, "doubtful"),
        (facts("X", at="2031-01-01T00:00:00Z", precision="year"), facts("Progress MS-99"),
         "doubtful"),
        (facts("Progress MS-98", at="2031-01-01T00:00:00Z", precision="year"),
         facts("Progress MS-99"), "other"),
    ],
)  # fmt: skip
def test_verdict(ours: Any, theirs: LaunchFacts, verdict: str) -> None:
    decision = decide(ours, theirs)
    assert decision.verdict == verdict, decision
    assert decision.evidence
    assert bool(decision.candidates) is (verdict != "other")


def test_launch_with_another_id_of_same_source_is_doubtful_at_most() -> None:
    assert decide(MS_99, MS_99).verdict == "same"
    assert decide(MS_99, MS_99, 1).verdict == "doubtful"
    assert decide(MS_99, facts("Progress MS-99", at="2031-04-12T20:00:00Z"), 1).verdict == "other"


def test_updated_launch_is_found_at_its_new_time() -> None:
    index, record = LaunchIndex(), RecordRef(1, "ours")
    index.add(record, facts("Ship"))
    index.add(record, facts("Ship", at="2031-06-01T10:00:00Z"))
    later = facts("Flight", at="2031-06-01T10:01:00Z")
    assert index.identify(later, ()).candidates == (record,)
    assert index.identify(facts("Flight"), ()).verdict == "other"

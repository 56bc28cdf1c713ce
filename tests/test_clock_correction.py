"""The clock of a host is corrected by that of PostgreSQL."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from anyio import run

from app.config import Settings
from app.db.database import Database
from app.domain.clock import correct_clock, current_instant
from app.domain.enums import ArticleState
from app.ops.clock_correction import CLOCK_TOLERANCE, ClockCorrection
from app.resources.articles.scheduling import has_due_articles
from tests.support import factories
from tests.support.outages import captured_lines

ERROR = timedelta(minutes=5)


@pytest.fixture(autouse=True)
def right_clock() -> Iterator[None]:
    """Undo the correction after the test."""
    yield
    correct_clock(timedelta())


def measure_error(clock: ClockCorrection, right: datetime) -> timedelta:
    """Update the correction; returns by how much the corrected clock is fast."""
    run(clock.update)
    assert clock.is_known
    return current_instant() - right


def test_clock_of_a_host_is_corrected(database: Database) -> None:
    scheduled_at = datetime.now(UTC).replace(microsecond=0) + ERROR / 2
    with database.session() as session:
        session.add(factories.article(published_at=scheduled_at, state=ArticleState.PUBLISHED))
    by_database = ClockCorrection(database, Settings())
    by_host = ClockCorrection(database, Settings(clock="host"))
    right = datetime.now(UTC)
    with time_machine.travel(right + ERROR), captured_lines() as lines:
        # Positive control: without a correction, the article is shown early.
        assert measure_error(by_host, right) >= ERROR
        with database.snapshot() as reader:
            assert has_due_articles(reader)
        error = measure_error(by_database, right)
        with database.snapshot() as reader:
            is_due = has_due_articles(reader)
        run(by_database.update)  # logs nothing, as nothing has changed
    if database.has_single_writer:
        assert error >= ERROR  # a file has no clock
        assert (is_due, lines) == (True, [])
        return
    assert error < ERROR / 2
    assert not is_due
    assert [line["event"] for line in lines] == ["clock corrected"]
    assert abs(lines[0]["seconds"] + ERROR.total_seconds()) < ERROR.total_seconds() / 2
    # The clock of the host was set to the right time.
    run(by_database.update)
    assert abs(current_instant() - datetime.now(UTC)) < CLOCK_TOLERANCE

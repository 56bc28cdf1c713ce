"""Long writes: their transactions are bounded in time, and other writers get the lock between."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import OperationalError

from app.db import long_writes
from app.db.database import Database
from app.db.long_writes import MAX_LOCK_SECONDS, LongWriter
from app.db.models import Person
from app.ingest.pipeline import IMPORT_BATCH_ENTRIES
from tests.support import factories
from tests.support.import_runs import import_inputs, make_input, report_counts
from tests.support.statements import record_sql


@dataclass
class FakeClock:
    """Clock that stands still; calls `on_sleep` during each pause."""

    now: float = 1000.0
    on_sleep: Callable[[], object] = lambda: None

    def __post_init__(self) -> None:
        self.pauses: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.on_sleep()
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    """Clock of the long writes of a test."""
    clock = FakeClock()
    monkeypatch.setattr(long_writes, "monotonic", lambda: clock.now)
    monkeypatch.setattr(long_writes, "sleep", clock.sleep)
    return clock


def can_write(database: Database) -> bool:
    """True if a writer gets the lock of SQLite at once."""
    with database.engine.connect().execution_options(zarya_read_only=True) as connection:
        connection.execute(text("PRAGMA busy_timeout=0"))
        try:
            connection.execute(text("UPDATE people SET name = name"))
        except OperationalError:
            return False
        finally:
            connection.rollback()
            connection.execute(text("PRAGMA busy_timeout=5000"))
    return True


def hold(writer: LongWriter, clock: FakeClock, seconds: float) -> None:
    with writer.transaction():
        clock.now += seconds


def test_pause_is_as_long_as_the_transactions(database: Database, clock: FakeClock) -> None:
    writer = LongWriter(database)
    for seconds in (0.15, 0.1, 0.3, 0.01):
        hold(writer, clock, seconds)
    expected = [0.25, 0.3] if database.has_single_writer else []
    assert clock.pauses == pytest.approx(expected)


def test_time_without_transaction_counts_as_pause(database: Database, clock: FakeClock) -> None:
    writer = LongWriter(database)
    for released_seconds in (0.3, 0.1, 0.0):
        hold(writer, clock, 0.3)
        clock.now += released_seconds
    hold(writer, clock, 0.3)
    assert clock.pauses == pytest.approx([0.2, 0.3] if database.has_single_writer else [])


def test_time_is_up_after_a_bounded_time(database: Database, clock: FakeClock) -> None:
    writer = LongWriter(database)
    for _ in range(2):
        with writer.transaction():
            assert not writer.is_time_up()
            clock.now += MAX_LOCK_SECONDS - 0.01
            assert not writer.is_time_up()
        with writer.transaction():
            assert not writer.is_time_up()
            clock.now += 0.02
            assert writer.is_time_up()


def test_import_leaves_the_lock_to_others(database: Database, clock: FakeClock) -> None:
    """Entries that take 1/16 s each: four in a transaction, then a pause in which others write."""
    lines = "\n".join(
        f'{{"type": "person", "data": {{"name": "Imported {number}"}}}}' for number in range(40)
    )
    done, during, between = list[int](), list[bool](), list[bool]()

    def take_time(*_: object) -> None:
        if database.has_single_writer:
            during.append(can_write(database))
        clock.now += 0.0625

    clock.on_sleep = lambda: between.append(can_write(database))
    report, _ = import_inputs(
        database, "ndjson", make_input(lines), on_result=take_time, progress=done.append
    )
    assert report_counts(report) == (40, 0, 0, 0)
    assert done == list(range(4, 41, 4))
    assert IMPORT_BATCH_ENTRIES > 4
    if database.has_single_writer:
        assert set(during) == {False}  # positive control
        assert between == [True] * 9
        assert clock.pauses == pytest.approx([0.25] * 9)
    else:
        assert clock.pauses == []


def test_long_write_waits_for_lock(database: Database) -> None:
    """Without `on_wait`, the error of the lock is raised."""
    if not database.has_single_writer:
        pytest.skip("PostgreSQL has no lock of the whole database")
    with database.engine.connect() as connection:
        connection.execute(text("PRAGMA busy_timeout=1"))
    other = database.engine.connect()
    other.execute(text("UPDATE people SET name = name"))
    waits: list[bool] = []

    def release_later() -> None:
        waits.append(True)
        if len(waits) == 3:
            other.rollback()

    with pytest.raises(OperationalError), LongWriter(database).transaction():
        pass
    with LongWriter(database, release_later).transaction() as session:
        session.add(factories.person(slug="patient"))
    other.close()
    assert len(waits) == 3
    with database.snapshot() as reader:
        assert reader.scalar(select(func.count(Person.id))) == 1


def test_rows_are_deleted_in_batches(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(long_writes, "_DELETED_ROWS", 4)
    with database.session() as session:
        session.add_all([factories.person(slug=f"person-{number}") for number in range(10)])
        session.add(factories.person(slug="other"))
    with record_sql(database) as statements:
        LongWriter(database).delete_rows(Person, Person.slug.startswith("person-"))
    assert sum(each.startswith("DELETE FROM people") for each in statements) == 3
    with database.snapshot() as reader:
        assert reader.all(select(Person.slug)) == [{"slug": "other"}]

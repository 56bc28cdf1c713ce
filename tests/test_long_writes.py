"""Long writes: their transactions are bounded in time, and other writers get the lock between."""

import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from fcntl import LOCK_EX, LOCK_UN, flock
from pathlib import Path
from subprocess import PIPE, Popen

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import OperationalError

from app.db import long_writes, write_turns
from app.db.database import Database
from app.db.long_writes import LongWriter
from app.db.models import Person
from app.db.write_turns import MAX_LOCK_SECONDS
from app.ingest.pipeline import IMPORT_BATCH_ENTRIES
from tests.support import factories
from tests.support.import_runs import import_inputs, make_input, report_counts
from tests.support.statements import record_sql

POLL = write_turns._POLL_SECONDS
HEAD_START = write_turns._HEAD_START_SECONDS
MIN_PAUSE = write_turns._MIN_PAUSE_SECONDS


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
        self.now += seconds + 1e-9  # at least as long as asked for, whatever the rounding


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    """Clock of the long writes of a test."""
    clock = FakeClock()
    monkeypatch.setattr(write_turns, "monotonic", lambda: clock.now)
    monkeypatch.setattr(write_turns, "sleep", clock.sleep)
    return clock


@pytest.fixture
def file(database: Database) -> str:
    """SQLite file of `database`, whose long writers take turns."""
    if database.file is None:
        pytest.skip("PostgreSQL has no lock of the whole database")
    return database.file


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
    """And long enough for all writers that poll."""
    writer = LongWriter(database)
    for seconds in (0.15, 0.1, 0.3, 0.01):
        hold(writer, clock, seconds)
    expected = [MIN_PAUSE, MIN_PAUSE, 0.3] if database.has_single_writer else []
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
    """Entries that take 1/16 s each: two in a transaction, then a pause in which others write."""
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
    assert done == list(range(2, 41, 2))
    assert IMPORT_BATCH_ENTRIES > 2
    if database.has_single_writer:
        assert set(during) == {False}  # positive control
        assert between == [True] * 19
        assert clock.pauses == pytest.approx([MIN_PAUSE] * 19)
    else:
        assert clock.pauses == []


def test_dry_run_of_an_import_leaves_the_lock_to_others(database: Database, file: str) -> None:
    line = '{"type": "person", "data": {"name": "Imported"}}'
    during = list[bool]()
    for dry_run in (True, False):
        import_inputs(
            database,
            "ndjson",
            make_input(line),
            dry_run=dry_run,
            on_result=lambda *_: during.append(can_write(database)),
        )
    assert during == [True, False]  # the second is the positive control


@pytest.mark.slow
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


def test_long_writers_leave_the_pause_of_another_to_editors(
    database: Database, file: str, clock: FakeClock
) -> None:
    """A second long writer polls during the transaction of the first, then waits as it would."""
    could_write = list[bool]()
    with ExitStack() as first:
        first.enter_context(LongWriter(database).transaction())

        def work() -> None:
            could_write.append(can_write(database))
            if len(clock.pauses) == 3:
                clock.now += 0.28
                first.close()

        clock.on_sleep = work
        hold(LongWriter(database), clock, 0.01)
    assert clock.pauses == pytest.approx([POLL] * 3 + [0.3 - POLL - HEAD_START])
    assert could_write == [False] * 3 + [True]


def test_short_transactions_of_several_long_writers_add_up(
    database: Database, file: str, clock: FakeClock
) -> None:
    writers = [LongWriter(database) for _ in range(3)]
    for writer in writers * 2:
        hold(writer, clock, 0.07)
    assert clock.pauses == pytest.approx([MIN_PAUSE - HEAD_START] * 2)


def test_long_writers_alternate(database: Database, file: str, clock: FakeClock) -> None:
    """When a pause ends, the writer that wrote last is later than the one that has waited."""
    first, second = LongWriter(database), LongWriter(database)
    for writer in (first, second, second, first, first):
        hold(writer, clock, 0.3)
    other = 0.3 - HEAD_START
    assert clock.pauses == pytest.approx([other, 0.3, other, 0.3])


HOLD_TURN = """
import fcntl, sys
file = open(sys.argv[1])
fcntl.flock(file, fcntl.LOCK_EX)
print("locked", flush=True)
sys.stdin.read()
"""


def test_turn_of_a_killed_process_ends(database: Database, file: str, clock: FakeClock) -> None:
    hold(LongWriter(database), clock, 0.01)
    command = [sys.executable, "-c", HOLD_TURN, f"{file}-long-writes"]
    with Popen(command, stdin=PIPE, stdout=PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"locked\n"

        def kill_later() -> None:
            if len(clock.pauses) == 3:
                other.kill()
                other.wait()

        clock.on_sleep = kill_later
        hold(LongWriter(database), clock, 0.01)
    assert clock.pauses == [POLL] * 3


@pytest.mark.parametrize("has_on_wait", [True, False])
def test_long_wait_for_a_turn_is_reported(
    database: Database, file: str, clock: FakeClock, has_on_wait: bool
) -> None:
    """Without `on_wait`, a long writer then waits for the lock of SQLite only."""
    hold(LongWriter(database), clock, 0.01)
    waits = list[float]()
    with open(f"{file}-long-writes") as other:
        flock(other, LOCK_EX)

        def note_wait() -> None:
            waits.append(sum(clock.pauses))
            if len(waits) == 2:
                flock(other, LOCK_UN)

        hold(LongWriter(database, note_wait if has_on_wait else None), clock, 0.01)
    expected = [5.0, 10.0] if has_on_wait else []
    assert waits == pytest.approx(expected, abs=5 * POLL)
    assert sum(clock.pauses) == pytest.approx(10 if has_on_wait else 5, abs=5 * POLL)


def test_file_of_turns_has_the_mode_of_the_database(database: Database, file: str) -> None:
    """Users who share a database can all take turns, whoever is the first."""
    turns = Path(f"{file}-long-writes")
    turns.unlink(missing_ok=True)
    for mode in (0o660, 0o644):
        Path(file).chmod(mode)
        LongWriter(database).delete_rows(Person)
        assert turns.stat().st_mode & 0o777 == 0o660  # of a file that exists, it stays
    assert turns.stat().st_uid == Path(file).stat().st_uid


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

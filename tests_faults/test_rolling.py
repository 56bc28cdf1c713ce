"""Rolling update: an additive migration and a second process while the first one serves.

There is no earlier release, so the present version acts as the old one. The new one is represented
by an additive migration, run while the old process serves, and a second process started afterwards.
"""

import asyncio
from time import perf_counter

import pytest

from migrations.engine import engine_for
from tests.support.databases import CreateDatabase
from tests.support.servers import run_server_process
from tests_faults.load import Client, Tally, deadline, run_readers
from tests_faults.services import Note, execute_directly, migrate_with_key
from tests_faults.writers import Writers

ADDITIVE_MIGRATION = (
    "CREATE TABLE awards (id INTEGER PRIMARY KEY, person_id INTEGER REFERENCES people (id))",
    "CREATE INDEX ix_awards_person_id ON awards (person_id)",
    "ALTER TABLE people ADD COLUMN motto VARCHAR(80)",
    "CREATE INDEX ix_people_motto ON people (motto, id)",
    "UPDATE alembic_version SET version_num = '9999'",
)
PATHS = ("/v1/people?limit=5", "/v1/missions", "/v1/articles?limit=5", "/health/ready")
PHASE_SECONDS = 4.0


def run_migration(url: str) -> None:
    """Run the migration that `zarya migrate` of a later version would run."""
    with engine_for(url).begin() as connection:
        for statement in ADDITIVE_MIGRATION:
            connection.exec_driver_sql(statement)


async def _person_count(origin: str, key: str) -> int:
    """Return the number of people in the API of a process."""
    with Client(origin) as client:
        status = await client.request(
            "/v1/people?limit=1&with_total=true", "GET", f"Authorization: Bearer {key}"
        )
        assert status == 200
        return int(client.body.partition(b'"total":')[2].split(b",")[0].strip(b" }"))


@pytest.mark.timeout(120)
def test_two_versions_serve_at_the_same_time(create_database: CreateDatabase, note: Note) -> None:
    """Positive control at the end: a renamed column breaks both processes."""
    url = create_database()
    key = migrate_with_key(url)
    with run_server_process(url, log_requests=False, cache_bytes=0) as (older, _):
        writers, reads = [Writers(older, key)], Tally()

        async def migrate() -> None:
            start = perf_counter()
            migrating = asyncio.ensure_future(asyncio.to_thread(run_migration, url))
            await asyncio.gather(
                writers[0].run(
                    4, lambda: migrating.done() and perf_counter() > start + PHASE_SECONDS
                ),
                run_readers(
                    older,
                    2,
                    lambda: migrating.done() and perf_counter() > start + PHASE_SECONDS,
                    reads,
                    PATHS,
                    0.02,
                ),
            )
            await migrating

        async def use_both(newer: str) -> None:
            second = Writers(newer, key, prefix="Second")
            writers.append(second)
            await asyncio.gather(
                *(writer.run(2, deadline(PHASE_SECONDS)) for writer in writers),
                *(
                    run_readers(origin, 2, deadline(PHASE_SECONDS), reads, PATHS, 0.02)
                    for origin in (older, newer)
                ),
            )
            total = sum(len(writer.acknowledged) for writer in writers)
            assert [await _person_count(origin, key) for origin in (older, newer)] == [total, total]

        asyncio.run(migrate())
        with run_server_process(url, log_requests=False, cache_bytes=0) as (newer, _):
            asyncio.run(use_both(newer))
            statuses = [writer.tally.statuses for writer in writers]
            assert [set(counter) for counter in statuses] == [{201}, {201}]
            assert set(reads.statuses) == {200}
            assert [writer.count_losses(url) for writer in writers] == [(0, 0)] * 2
            execute_directly(url, "ALTER TABLE people RENAME COLUMN name_ru TO name_in_russian")
            for origin in (older, newer):
                broken = Tally()
                asyncio.run(run_readers(origin, 1, deadline(0.5), broken, PATHS[:1]))
                assert min(broken.statuses) >= 500
    note(
        "rolling update",
        "an additive migration while one process serves; then a second process; "
        "4 clients write to the first, then 2 to each; 2 read from each",
        f"writes {writers[0].tally} and {writers[1].tally}; reads and readiness {reads}; "
        "each returns the other's writes",
    )

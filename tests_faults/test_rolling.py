"""Two versions over one database: while the second one comes, the first one goes on.

There is no released version before this one. So the one that is there is the older of the two, and
the newer one is told by what it leaves: a migration of the kind that ours have to be, which adds,
run while the older one is at work, and a process that is started when it has run.
"""

import asyncio
from time import perf_counter

import pytest

from migrations.engine import engine_for
from tests.support.databases import CreateDatabase
from tests.support.servers import run_server_process
from tests_faults.load import Client, Tally, lasting, readers
from tests_faults.services import Note, execute_directly, migrate_with_key
from tests_faults.writing import Writers

ADDING = (
    "CREATE TABLE awards (id INTEGER PRIMARY KEY, person_id INTEGER REFERENCES people (id))",
    "CREATE INDEX ix_awards_person_id ON awards (person_id)",
    "ALTER TABLE people ADD COLUMN motto VARCHAR(80)",
    "CREATE INDEX ix_people_motto ON people (motto, id)",
    "UPDATE alembic_version SET version_num = '9999'",
)
PATHS = ("/v1/people?limit=5", "/v1/missions", "/v1/articles?limit=5", "/health/ready")
SECONDS = 4.0


def migrate(url: str) -> None:
    """What `zarya migrate` of a next version would do."""
    with engine_for(url).begin() as connection:
        for statement in ADDING:
            connection.exec_driver_sql(statement)


async def _count(origin: str, key: str) -> int:
    """How many people a process shows."""
    with Client(origin) as client:
        status = await client.ask(
            "/v1/people?limit=1&with_total=true", "GET", f"Authorization: Bearer {key}"
        )
        assert status == 200
        return int(client.body.partition(b'"total":')[2].split(b",")[0].strip(b" }"))


@pytest.mark.timeout(120)
def test_two_versions_at_once(create_database: CreateDatabase, note: Note) -> None:
    """The control is at the end: a column that is renamed breaks both, and is noticed."""
    url = create_database()
    key = migrate_with_key(url)
    with run_server_process(url, log_requests=False, cache_bytes=0) as (older, _):
        writers, reads = [Writers(older, key)], Tally()

        async def change() -> None:
            begun = perf_counter()
            migrating = asyncio.ensure_future(asyncio.to_thread(migrate, url))
            await asyncio.gather(
                writers[0].run(4, lambda: migrating.done() and perf_counter() > begun + SECONDS),
                readers(
                    older,
                    2,
                    lambda: migrating.done() and perf_counter() > begun + SECONDS,
                    reads,
                    PATHS,
                    0.02,
                ),
            )
            await migrating

        async def both(newer: str) -> None:
            second = Writers(newer, key, prefix="Second")
            writers.append(second)
            await asyncio.gather(
                *(each.run(2, lasting(SECONDS)) for each in writers),
                *(
                    readers(each, 2, lasting(SECONDS), reads, PATHS, 0.02)
                    for each in (older, newer)
                ),
            )
            written = sum(len(each.acknowledged) for each in writers)
            assert [await _count(each, key) for each in (older, newer)] == [written, written]

        asyncio.run(change())
        with run_server_process(url, log_requests=False, cache_bytes=0) as (newer, _):
            asyncio.run(both(newer))
            statuses = [each.tally.statuses for each in writers]
            assert [set(each) for each in statuses] == [{201}, {201}]
            assert set(reads.statuses) == {200}
            assert [each.lost(url) for each in writers] == [(0, 0)] * 2
            execute_directly(url, "ALTER TABLE people RENAME COLUMN name_ru TO name_in_russian")
            for origin in (older, newer):
                broken = Tally()
                asyncio.run(readers(origin, 1, lasting(0.5), broken, PATHS[:1]))
                assert min(broken.statuses) >= 500
    note(
        "a change of versions",
        "a migration that adds, run while one process works; then a second process beside it; "
        "4 clients write to each, 2 read",
        f"writes {writers[0].tally} and {writers[1].tally}; reads and readiness {reads}; "
        "each shows what the other one wrote",
    )

"""Generated events of the bench: rows of the present models."""

import pytest
from sqlalchemy import func, select

from app.db.models import Launch, Payload, Spacewalk, Stay
from app.resources.write_steps import build_database
from bench.events import CYCLE_EVENTS, fill_events
from tests.support.databases import CreateDatabase


@pytest.mark.slow
def test_events_are_launches_stays_and_spacewalks(
    create_database: CreateDatabase, archive_template_url: str
) -> None:
    database = build_database(create_database(archive_template_url))
    counts = [select(func.count(model.id)) for model in (Launch, Payload, Stay, Spacewalk)]

    def count_rows() -> list[int]:
        with database.snapshot() as reader:
            return [reader.scalar(count) or 0 for count in counts]

    before = count_rows()
    fill_events(database, 3 * CYCLE_EVENTS)
    added = [after - number for after, number in zip(count_rows(), before, strict=True)]
    assert added == [6, 6, 6, 3]
    database.close()

"""Costs of the statements of a response, as the databases report them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, event
from starlette.testclient import TestClient

from tests.support.clients import database_of

MAX_COST = 5_000
"""Maximum for one response: rows on PostgreSQL, hundreds of instructions on SQLite."""

_COST_OF_SCAN = 100_000
_LARGE_TABLES = r"articles|article_\w+|stays|spacewalks"


class Cost:
    """Cost of the statements of a response: rows on PostgreSQL, instructions on SQLite."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.statements_run: list[tuple[str, Any]] = []

    def record(
        self, _c: object, _cursor: object, statement: str, parameters: Any, *_: object
    ) -> None:
        if statement.lstrip().startswith(("SELECT", "WITH")):
            self.statements_run.append((statement, parameters))

    def maximum(self) -> int:
        """Cost of the most expensive statement."""
        ask = self._steps if self.engine.dialect.name == "sqlite" else self._rows
        with self.engine.connect() as connection:
            return max(ask(connection, *statement) for statement in self.statements_run)

    def _steps(self, connection: Connection, statement: str, parameters: Any) -> int:
        for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters):
            if re.search(rf"SCAN ({_LARGE_TABLES})(_\d+)?$", row[3]):
                return _COST_OF_SCAN  # a scan without an index, however few rows there are
        steps = 0

        def count() -> None:
            nonlocal steps
            steps += 1

        driver: Any = connection.connection.driver_connection
        driver.set_progress_handler(count, 100)
        connection.exec_driver_sql(statement, parameters).all()
        driver.set_progress_handler(None, 0)
        return steps

    def _rows(self, connection: Connection, statement: str, parameters: Any) -> int:
        explain = f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}"
        (plan,) = connection.exec_driver_sql(explain, parameters).scalar_one()
        return sum(_read(plan["Plan"]))


def _read(node: dict[str, Any]) -> Iterator[int]:
    """Rows read by each node of a plan."""
    if "Relation Name" in node:
        removed = sum(n for name, n in node.items() if name.startswith("Rows Removed"))
        yield int((node["Actual Rows"] + removed) * node["Actual Loops"])
    for below in node.get("Plans", []):
        yield from _read(below)


@contextmanager
def record_cost(client: TestClient) -> Iterator[Cost]:
    """Record the statements that requests to `client` execute in the block."""
    engine = database_of(client).engine
    cost = Cost(engine)
    event.listen(engine, "before_cursor_execute", cost.record)
    try:
        yield cost
    finally:
        event.remove(engine, "before_cursor_execute", cost.record)


def find_cost(client: TestClient, path: str, status: int = 200) -> int:
    """Cost of the most expensive statement of a page and, of a list, of the page after it.

    The response has the `status`.
    """
    with record_cost(client) as cost:
        answer = client.get(path)
    assert answer.status_code == status
    following = answer.json().get("next") if "json" in answer.headers["Content-Type"] else None
    if isinstance(following, str) and "cursor" not in path:
        after = following.removeprefix("http://127.0.0.1:8000")
        return max(cost.maximum(), find_cost(client, after))
    return cost.maximum()

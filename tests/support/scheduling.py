"""Distribution of tests over the processes of pytest-xdist."""

import re

from xdist.scheduler import LoadScopeScheduling


class DatabaseScheduling(LoadScopeScheduling):  # type: ignore[misc]  # xdist ships no types
    """Scheduler that runs all tests of one database in one process.

    Session fixtures such as the loaded archive are then set up once a database.
    """

    def _split_scope(self, nodeid: str) -> str:
        database = re.search(r"[\[-](sqlite|postgresql)[\]-]", nodeid)
        return database[1] if database else nodeid

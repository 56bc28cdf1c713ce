"""Distribution of tests over the processes of pytest-xdist."""

import re
from zlib import crc32

from xdist.scheduler import LoadScopeScheduling

_GROUPS_PER_DATABASE = 2


class DatabaseScheduling(LoadScopeScheduling):  # type: ignore[misc]  # xdist ships no types
    """Scheduler that runs groups of test files on one database in one process.

    Session fixtures such as the loaded archive are then set up once a group.
    """

    def _split_scope(self, nodeid: str) -> str:
        database = re.search(r"[\[-](sqlite|postgresql)[\]-]", nodeid)
        if not database:
            return nodeid
        group = crc32(nodeid.partition("::")[0].encode()) % _GROUPS_PER_DATABASE
        return f"{database[1]} {group}"

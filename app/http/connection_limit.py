"""Maximum number of connections, within the limit of open files of the process."""

import resource
from functools import lru_cache

RESERVED_FILE_COUNT = 128
"""File descriptors that are reserved for the database, logs and files."""

MAX_REFUSED_CONNECTIONS = RESERVED_FILE_COUNT // 2
"""Connections beyond the limit that may be ending after their 503."""


@lru_cache
def get_max_connections(max_connections: int) -> int:
    """`max_connections`, at most what the limit of open files of this process allows."""
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return max(min(max_connections, files - RESERVED_FILE_COUNT), 1)


def raise_file_limit(max_connections: int) -> None:
    """Raise the limit of open files, up to the hard limit, for `max_connections`."""
    files, hard_limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    required_files = max_connections + RESERVED_FILE_COUNT
    if hard_limit != resource.RLIM_INFINITY:
        required_files = min(required_files, hard_limit)
    if required_files > files:
        resource.setrlimit(resource.RLIMIT_NOFILE, (required_files, hard_limit))

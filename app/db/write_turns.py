"""Turns of the long writers of one SQLite file, of all processes, with pauses for other writers.

The waiting writers of SQLite form no queue: each polls for the lock. An editor's write would wait
long beside two imports that use each other's pauses. So a pause belongs to the file, not to the
writer that has made it necessary.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from fcntl import LOCK_EX, LOCK_NB, LOCK_UN, flock
from struct import Struct
from time import monotonic, sleep
from typing import NamedTuple

MAX_LOCK_SECONDS = 0.1
"""Time after which long writes leave the lock of SQLite to others, for as long as they held it.

A commit that updates the search index may take as long again.
"""

_MIN_PAUSE_SECONDS = 0.2
"""Twice the longest interval at which SQLite's waiting writers poll for the lock."""

_FILE_SUFFIX = "-long-writes"

_POLL_SECONDS = 0.01
"""Interval at which a long writer tests if the transaction of another one has ended."""

_HEAD_START_SECONDS = 0.02
"""Time by which a waiting long writer precedes the one that wrote last, so that they alternate."""

_MAX_WAIT_SECONDS = 5.0
"""Time after which a wait is reported, or given up; SQLite's busy timeout is the same."""

_HELD_TIME = Struct("dd")


class _HeldTime(NamedTuple):
    """Time for which long writes have held the lock, since the last pause."""

    seconds: float = 0.0
    ended_at: float = 0.0
    """End of the last transaction, in the time of `monotonic`: all processes have the same."""

    def missing_seconds(self) -> float:
        """Rest of the pause: time until others could write for as long."""
        since = monotonic() - self.ended_at
        pause_seconds = max(self.seconds, _MIN_PAUSE_SECONDS)
        return max(pause_seconds - since, 0.0) if since >= 0 else 0.0  # before the last reboot


class WriteTurns:
    """Turns of one long writer: a turn is a transaction.

    The file `<database>-long-writes` is locked during a turn, and contains the `_HeldTime`. The
    kernel releases the lock of a process that ends. Without a file (PostgreSQL) nothing waits.
    """

    def __init__(self, database_file: str | None) -> None:
        self._database_file = database_file
        self._held = _HeldTime()
        """Held time after the last turn of this writer."""
        self._held_seconds = 0.0
        """Held time at the beginning of the present turn."""
        self._began_at = 0.0

    @contextmanager
    def turn(self, on_wait: Callable[[], object] | None) -> Iterator[None]:
        """Wait for a turn; call `on_wait` every 5 seconds, or wait no longer if it is None."""
        if self._database_file is None:
            seconds = self._held.seconds if self._held.missing_seconds() else 0.0
            self._held_seconds = seconds if seconds < MAX_LOCK_SECONDS else 0.0
            yield
            return
        file = _open_beside(self._database_file)
        try:
            self._wait(file, on_wait)
            yield
            os.pwrite(file, _HELD_TIME.pack(*self._held), 0)
        finally:
            flock(file, LOCK_UN)  # closing is not enough if a child process has inherited the file
            os.close(file)

    def begin(self) -> None:
        """Begin to measure: the transaction of this turn holds the lock of SQLite."""
        self._began_at = monotonic()

    def end(self) -> None:
        """Count the time of the transaction."""
        ended_at = monotonic()
        self._held = _HeldTime(self._held_seconds + ended_at - self._began_at, ended_at)

    def is_time_up(self) -> bool:
        """True if the transaction of this turn should end."""
        return self._held_seconds + monotonic() - self._began_at >= MAX_LOCK_SECONDS

    def _wait(self, file: int, on_wait: Callable[[], object] | None) -> None:
        waited_seconds = 0.0
        while seconds := self._lock(file):
            if waited_seconds >= _MAX_WAIT_SECONDS:
                if on_wait is None:
                    return
                on_wait()
                waited_seconds = 0.0
            sleep(seconds)
            waited_seconds += seconds

    def _lock(self, file: int) -> float:
        """Lock the file and return 0; if it is not yet time, return the seconds to wait."""
        try:
            flock(file, LOCK_EX | LOCK_NB)
        except BlockingIOError:
            return _POLL_SECONDS
        content = os.pread(file, _HELD_TIME.size, 0)
        held = _HeldTime(*_HELD_TIME.unpack(content)) if content else _HeldTime()
        missing_seconds = held.missing_seconds()
        self._held_seconds = held.seconds if missing_seconds else 0.0
        if self._held_seconds < MAX_LOCK_SECONDS:
            return 0.0
        if held != self._held:
            missing_seconds -= _HEAD_START_SECONDS
        self._held_seconds = 0.0
        if missing_seconds <= 0:
            return 0.0
        flock(file, LOCK_UN)
        return missing_seconds


def _open_beside(database_file: str) -> int:
    """Open the file beside the database, with its owner and mode, as SQLite opens its own files."""
    path = f"{database_file}{_FILE_SUFFIX}"
    with suppress(FileExistsError):
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        status = os.stat(database_file)
        os.fchmod(file, status.st_mode & 0o777)
        if os.geteuid() == 0:
            os.fchown(file, status.st_uid, status.st_gid)
        return file
    return os.open(path, os.O_RDWR)

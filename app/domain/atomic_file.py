"""Atomic file replacement: readers see the old file or the complete new one; flushes to disk."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replace_atomically(target: Path, *, durable: bool = False) -> Iterator[Path]:
    """Yield a temporary path beside `target`, which replaces it if the block succeeds.

    Creates the folder. With `durable` the file is flushed to disk before and after the renaming.
    Raises OSError if the folder or the file cannot be written.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.part")
    temporary.unlink(missing_ok=True)
    try:
        yield temporary
        if durable:
            flush_to_disk(temporary)
        temporary.replace(target)
        if durable:
            flush_to_disk(target.parent)
    finally:
        temporary.unlink(missing_ok=True)


def flush_to_disk(path: Path) -> None:
    """Flush a file or the entries of a folder to disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

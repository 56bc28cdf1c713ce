"""The folder of the backups of an installation: how old they are."""

from datetime import UTC, datetime
from pathlib import Path


def get_backup_times(folder: Path) -> list[datetime]:
    """The times of the backups (`*.backup`) in `folder`, the newest last."""
    times = (file.stat().st_mtime for file in folder.glob("*.backup"))
    return [datetime.fromtimestamp(at, UTC) for at in sorted(times)]

"""Export schemas."""

from app.api.links import Url
from app.api.read_models import ReadModel, UtcInstant
from app.resources.horizon.schemas import KnownUntil


class ExportFile(ReadModel):
    """Export file with all public records."""

    name: str
    url: Url
    media_type: str
    size: int
    """Size in bytes."""
    sha256: str
    """SHA-256 digest in hexadecimal. It changes with the data, and on the first day of a month."""
    cursor: str
    """Cursor of `/v1/changes` and `/v1/events` at which the file stands."""
    built_at: UtcInstant
    known_until: KnownUntil


class ExportFiles(ReadModel):
    """List of export files."""

    items: list[ExportFile]

"""What can be taken away whole."""

from app.api.links import Url
from app.api.read_models import ReadModel, UtcInstant


class ExportFile(ReadModel):
    """A file with the whole public archive in it."""

    name: str
    url: Url
    media_type: str
    size: int
    """Bytes."""
    sha256: str
    """Of its bytes, in hexadecimal: the same as long as nothing has changed."""
    built_at: UtcInstant


class ExportFiles(ReadModel):
    """The files that there are."""

    items: list[ExportFile]

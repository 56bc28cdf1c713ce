"""Pictures of the media library, and the column of the records that show one."""

from datetime import date

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import Base, VersionedRecord
from app.db.types import BoundedString
from app.domain.enums import RecordType
from app.domain.labels import RecordLabel
from app.domain.pictures import UNKNOWN_LICENCE


class Media(VersionedRecord, Base):
    """Picture with its description and its rights. Its files are in the store of pictures."""

    __tablename__ = "media"
    record_type = RecordType.MEDIA
    label = RecordLabel("media", "изображение", "изображения", "media", "soyuz-ms-12-on-the-pad")

    content: Mapped[str] = mapped_column(BoundedString(32), unique=True)
    """Digest of the uploaded file, which names the files of the renditions."""
    media_type: Mapped[str] = mapped_column(BoundedString(20))
    """Media type of the uploaded file."""
    width: Mapped[int]
    height: Mapped[int]
    blurhash: Mapped[str] = mapped_column(BoundedString(28))
    renditions: Mapped[list[dict[str, str | int]]] = mapped_column(JSON)
    """Name, width and height of each rendition, ascending by size."""
    alt: Mapped[str | None] = mapped_column(BoundedString(300))
    alt_ru: Mapped[str | None] = mapped_column(BoundedString(300))
    credit: Mapped[str | None] = mapped_column(BoundedString(300))
    licence: Mapped[str] = mapped_column(BoundedString(60), default=UNKNOWN_LICENCE)
    source_url: Mapped[str | None] = mapped_column(BoundedString(2000))
    taken_on: Mapped[date | None]
    focal_x: Mapped[int] = mapped_column(default=50)
    """Most important place, in percent from the left edge; `focal_y` from the top."""
    focal_y: Mapped[int] = mapped_column(default=50)
    published: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (
        CheckConstraint("width > 0 AND height > 0", name="size"),
        CheckConstraint("focal_x BETWEEN 0 AND 100", name="focal_x_bounds"),
        CheckConstraint("focal_y BETWEEN 0 AND 100", name="focal_y_bounds"),
        CheckConstraint(
            f"NOT published OR (alt IS NOT NULL AND alt_ru IS NOT NULL "
            f"AND licence <> '{UNKNOWN_LICENCE}')",
            name="publishable",
        ),
        Index(None, "published", "created_at", "id"),
        Index(None, "updated_at", "id"),
        Index(None, "created_at", "id"),
        Index(None, "licence"),
        Index(None, "taken_on"),
    )


class IllustratedRecord(VersionedRecord):
    """Columns of a record that can have an image."""

    image_media_id: Mapped[int | None] = mapped_column(ForeignKey("media.id"), index=True)
    """Picture of the library."""

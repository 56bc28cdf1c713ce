"""Origins of imported records, and imported entries that an editor decides on."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import WITHOUT_CHECK, Base
from app.db.types import BoundedString, UTCDateTime, enum_type
from app.domain.dates import now
from app.domain.enums import ProposalStatus, RecordType


class ImportOrigin(Base):
    """Origin of a record: its key in an external source.

    `record_id` is not a foreign key: a record deleted by an editor is not imported again.
    """

    __tablename__ = "origins"

    scheme: Mapped[str] = mapped_column(BoundedString(300), primary_key=True)
    key: Mapped[str] = mapped_column(BoundedString(500), primary_key=True)
    type: Mapped[RecordType] = mapped_column(
        enum_type(RecordType), primary_key=True, info=WITHOUT_CHECK
    )
    record_id: Mapped[int]
    seen: Mapped[list[str]] = mapped_column(JSON)
    """Digests of the versions imported, in order, to skip versions seen before."""
    owned: Mapped[bool] = mapped_column(default=True)
    """True if the import created the record, false if it recognised one that existed before."""
    schedule: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """Status, times and crew that the source stated last of a recognised launch or mission."""

    __table_args__ = (Index(None, "type", "record_id"),)


class Proposal(Base):
    """Imported entry that may describe a record of the archive; an editor decides."""

    __tablename__ = "proposals"

    id: Mapped[int] = mapped_column(primary_key=True)
    type: Mapped[RecordType] = mapped_column(enum_type(RecordType), info=WITHOUT_CHECK)
    scheme: Mapped[str] = mapped_column(BoundedString(300))
    key: Mapped[str] = mapped_column(BoundedString(500))
    title: Mapped[str] = mapped_column(BoundedString(300))
    """Name of the record in the source."""
    document: Mapped[dict[str, Any]] = mapped_column(JSON)
    """Document of the entry, as the write API accepts it."""
    publish: Mapped[bool]
    """True if an article of this source is published."""
    seen: Mapped[list[str]] = mapped_column(JSON)
    """Digests of the forms of the entry, in order."""
    evidence: Mapped[str] = mapped_column(BoundedString(300))
    candidate_ids: Mapped[list[int]] = mapped_column(JSON)
    """Records that the entry may describe."""
    status: Mapped[ProposalStatus] = mapped_column(enum_type(ProposalStatus))
    record_id: Mapped[int | None]
    """Record that the editor decided on; null while the proposal is open."""
    created_at: Mapped[datetime] = mapped_column(UTCDateTime(), default=now)
    updated_at: Mapped[datetime] = mapped_column(UTCDateTime(), default=now)
    version: Mapped[int] = mapped_column(default=1)

    __table_args__ = (
        UniqueConstraint("scheme", "key", "type"),
        Index(None, "status", "id"),
        Index(None, "type", "status", "id"),
    )

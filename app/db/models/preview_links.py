"""Preview links of articles."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import Base
from app.db.types import BoundedString, UTCDateTime
from app.domain.dates import now


class PreviewLink(Base):
    """Link to the page of an article that is not public.

    Only the SHA-256 of its token is stored: 238 random bits need no slower hash.
    """

    __tablename__ = "preview_links"

    id: Mapped[int] = mapped_column(primary_key=True)
    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id", ondelete="CASCADE"))
    token_sha256: Mapped[str] = mapped_column(BoundedString(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime(), default=now)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime())

    __table_args__ = (Index(None, "article_id", "expires_at"),)

"""Sessions of people who have signed in with an API key."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import Base
from app.db.types import BoundedString, UTCDateTime
from app.domain.dates import now


class UserSession(Base):
    """Session that a browser authenticates with by a cookie.

    Only the SHA-256 of its token is stored: 238 random bits need no slower hash.
    """

    __tablename__ = "user_sessions"

    token_sha256: Mapped[str] = mapped_column(BoundedString(64), primary_key=True)
    key_id: Mapped[str] = mapped_column(
        BoundedString(8), ForeignKey("api_keys.id", ondelete="CASCADE"), index=True
    )
    created_at: Mapped[datetime] = mapped_column(UTCDateTime(), default=now)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime())
    idle_expires_at: Mapped[datetime] = mapped_column(UTCDateTime())
    """Time at which it ends without another request."""

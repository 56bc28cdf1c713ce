"""Moves of the horizon by complete looks at sources."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.api.audit_log import Actor
from app.db.database import Row
from app.db.models import FeedSource
from app.domain.enums import HorizonKind
from app.resources.horizon.commands import move_horizon


def record_look(session: Session, actor: Actor, source: Row) -> None:
    """Move the horizon of the kinds that `source` covers, after a complete look at it.

    Of several enabled sources that cover a kind, each lists a part of the facts: the horizon is the
    start of the oldest of their last complete looks, and stays while one of them has none.
    """
    looks = session.execute(
        select(FeedSource.covers, FeedSource.looked_at).where(FeedSource.enabled)
    ).all()
    for kind in map(HorizonKind, source["covers"]):
        times = [looked_at for covers, looked_at in looks if kind in covers]
        known = [at for at in times if at is not None]
        if known and len(known) == len(times):
            move_horizon(session, actor, [kind], min(known))

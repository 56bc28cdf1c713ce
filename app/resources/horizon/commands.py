"""Moves of the horizon."""

from collections.abc import Collection
from datetime import datetime
from http import HTTPStatus

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.api.audit_log import Action, Actor, write_audit_entry
from app.api.writes.request import WriteRequest, WriteResult
from app.db.database import Reader
from app.db.models import Horizon
from app.domain.dates import Precision, format_rfc3339_utc, now, period_start
from app.domain.enums import AuditTarget, HorizonKind
from app.domain.languages import tr
from app.http.problems import Conflict
from app.resources.horizon.queries import get_horizons
from app.resources.horizon.schemas import HorizonMove


def move_horizon(
    session: Session, actor: Actor, kinds: Collection[HorizonKind], until: datetime
) -> list[Horizon]:
    """Move the horizon of `kinds` to `until` on behalf of `actor`, forwards only.

    Returns the horizons that are ahead of `until`, unchanged. Each move has an audit entry.
    """
    until = period_start(until, Precision.SECOND)
    rows = select(Horizon).where(Horizon.kind.in_(kinds)).with_for_update()
    horizons = {horizon.kind: horizon for horizon in session.scalars(rows.order_by(Horizon.kind))}
    for kind in HorizonKind:
        horizon = horizons.get(kind)
        if kind not in kinds or (horizon and horizon.known_until >= until):
            continue
        before = {"known_until": format_rfc3339_utc(horizon.known_until)} if horizon else None
        if horizon is None:
            horizon = Horizon(kind=kind)
            session.add(horizon)
        horizon.known_until, horizon.moved_at = until, now()
        action = Action.UPDATE if before else Action.CREATE
        after = {"known_until": format_rfc3339_utc(until)}
        write_audit_entry(session, actor, action, AuditTarget.HORIZON, None, kind, before, after)
    session.flush()
    return [horizon for horizon in horizons.values() if horizon.known_until > until]


def confirm_horizon(session: Session, write: WriteRequest, document: HorizonMove) -> WriteResult:
    """Move the horizon of some kinds. Raises Conflict if one of them is ahead already."""
    for ahead in move_horizon(session, write.client, document.kinds, document.known_until):
        time = format_rfc3339_utc(ahead.known_until)
        raise Conflict(
            tr(
                f"The horizon of {ahead.kind} is {time} already. It only moves forwards.",
                f"Горизонт {ahead.kind} уже {time}. Он движется только вперёд.",
            )
        )
    return WriteResult(HTTPStatus.OK, get_horizons(Reader.from_session(session)))

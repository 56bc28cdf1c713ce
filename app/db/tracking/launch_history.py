"""Launch history: a row of `launch_slips` for each change of a launch's time or status."""

from typing import Any

from sqlalchemy import insert, inspect
from sqlalchemy.orm import Session

from app.db.models import Launch, LaunchSlip
from app.db.tracking.steps import Writes

CHANGE_REASON = "change_reason"
"""Key of `Session.info` for the reason that is recorded with a change, if there is one."""

SLIP_COLUMNS = {"status": "status", "launch_at": "at", "launch_at_precision": "at_precision"}
"""Ends of the names of columns of a slip, by field of the launch."""


def record_launch_slips(session: Session, writes: Writes) -> None:
    """Record the changes of time or status of launches."""
    for entity in writes.saved:
        if not isinstance(entity, Launch):
            continue
        slip: dict[str, Any] = {}
        for name, suffix in SLIP_COLUMNS.items():
            history = inspect(entity).attrs[name].history
            slip[f"to_{suffix}"] = getattr(entity, name)
            slip[f"from_{suffix}"] = (history.deleted or [slip[f"to_{suffix}"]])[0]
        if any(slip[f"from_{suffix}"] != slip[f"to_{suffix}"] for suffix in SLIP_COLUMNS.values()):
            slip |= {"launch_id": entity.id, "reason": session.info.get(CHANGE_REASON)}
            session.connection().execute(insert(LaunchSlip).values(slip))

"""Moves of the horizon in tests."""

from datetime import datetime

from app.api.audit_log import Actor
from app.db.database import Database
from app.domain.enums import HorizonKind
from app.resources.horizon.commands import move_horizon

EDITOR = Actor("test", "a test")


def set_horizon(database: Database, known_until: datetime) -> None:
    """Move the horizon of every kind of facts to `known_until`."""
    with database.session() as session:
        move_horizon(session, EDITOR, list(HorizonKind), known_until)

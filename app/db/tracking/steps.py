"""Mechanism that runs the steps of `WriteSteps` with every write of a session.

It is registered for the sessions of a database by `run_write_steps`. The steps themselves are
plain functions of this package and of `app.search`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import event, inspect
from sqlalchemy.orm import ORMExecuteState, Session, UOWTransaction, sessionmaker

from app.db.models import Base
from app.domain.enums import RecordType

DayKey = tuple[datetime, str]
"""Start of a day in UTC, and a language."""

_WRITES = "writes"


@dataclass
class Writes:
    """Writes of one transaction: the entities of the present flush, and the work for the commit."""

    saved: list[Base] = field(default_factory=list)
    """Entities that the flush inserts or updates; without those that have not changed, after it.

    In the order of their INSERT and UPDATE statements.
    """
    deleted: list[Base] = field(default_factory=list)
    """Entities that the flush deletes."""
    bulk_saved: set[type[Any]] = field(default_factory=set)
    """Models written by INSERT or UPDATE statements instead of entities."""
    bulk_deleted: set[type[Any]] = field(default_factory=set)
    """Models written by DELETE statements instead of entities."""
    touched_days: set[DayKey] = field(default_factory=set)
    """Days with article counts that may have changed."""
    touched_links: set[int] = field(default_factory=set)
    """Ids of articles with links whose copied columns may be stale."""
    touched_people: set[int] = field(default_factory=set)
    """Ids of people whose totals may have changed."""
    stale_documents: set[tuple[RecordType | type[Base], int]] = field(default_factory=set)
    """Search documents to rebuild: record type, or model of no record, and id."""


WriteStep = Callable[[Session, Writes], None]


@dataclass(frozen=True)
class WriteSteps:
    """The steps of every write, in order."""

    before_flush: tuple[WriteStep, ...]
    """Run before the rows of a flush are written."""
    after_flush: tuple[WriteStep, ...]
    """Run after the rows of a flush are written; the entities still have their histories."""
    before_commit: tuple[WriteStep, ...]
    """Run once at the end of a transaction, not at the end of a savepoint."""


def run_write_steps(sessions: sessionmaker[Session], steps: WriteSteps) -> None:
    """Run `steps` with every write of the sessions that `sessions` creates."""

    @event.listens_for(sessions, "before_flush")
    def before_flush(session: Session, _context: UOWTransaction, _instances: object) -> None:
        writes = _get_writes(session)
        writes.saved = _in_statement_order(session)
        writes.deleted = sorted(session.deleted, key=_primary_key_order)
        for step in steps.before_flush:
            step(session, writes)
        new = session.new
        writes.saved = [
            entity
            for entity in writes.saved
            if entity in new or session.is_modified(entity, include_collections=False)
        ]

    @event.listens_for(sessions, "after_flush")
    def after_flush(session: Session, _context: UOWTransaction) -> None:
        for step in steps.after_flush:
            step(session, _get_writes(session))

    @event.listens_for(sessions, "do_orm_execute")
    def note_bulk_write(execution: ORMExecuteState) -> None:
        if not execution.is_select and (mapper := execution.bind_mapper):
            writes = _get_writes(execution.session)
            models = writes.bulk_deleted if execution.is_delete else writes.bulk_saved
            models.add(mapper.class_)

    @event.listens_for(sessions, "before_commit")
    def before_commit(session: Session) -> None:
        if session.in_nested_transaction():
            return  # a savepoint; the transaction around it runs the steps
        session.flush()
        writes = _get_writes(session)
        for step in steps.before_commit:
            step(session, writes)
        del session.info[_WRITES]


def compute_columns(_session: Session, writes: Writes) -> None:
    """Fill the columns that are derived from others."""
    for entity in writes.saved:
        entity.compute_columns()


def has_changed(entity: Base, names: Iterable[str]) -> bool:
    """Test if the flush changes one of the columns `names` of `entity`."""
    attributes = inspect(entity).attrs
    return any(attributes[name].history.has_changes() for name in names)


def _get_writes(session: Session) -> Writes:
    writes: Writes = session.info.setdefault(_WRITES, Writes())
    return writes


def _in_statement_order(session: Session) -> list[Any]:
    """Entities to insert or update, in the order in which SQLAlchemy flushes them.

    By class; within a class new ones as they were added, then others by primary key.
    """
    changed = sorted(session.dirty, key=_primary_key_order)
    return sorted([*session.new, *changed], key=_class_name)


def _class_name(entity: Any) -> str:
    return f"{type(entity).__module__}.{type(entity).__name__}"


def _primary_key_order(entity: Any) -> tuple[str, tuple[Any, ...]]:
    return _class_name(entity), inspect(entity).identity

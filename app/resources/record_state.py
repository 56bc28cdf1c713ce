"""State of records beside their documents, for the lossless export and its import.

Document and state together are the whole record except its id: an archive that imports the export
of another one is equal to it.
"""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import select

from app.api.date_params import Rfc3339
from app.api.params import Slug
from app.api.write_models import WriteModel
from app.db.database import Reader
from app.db.models import FormerSlug, LaunchSlip, MissionAlias, MissionTask
from app.domain.dates import Precision
from app.domain.enums import ArticleState, LaunchStatus, RecordType
from app.resources.registry import RECORD_RESOURCES


class SlipState(WriteModel):
    """One change of a launch's time or status, and the reason."""

    from_status: LaunchStatus
    from_at: Rfc3339
    from_at_precision: Precision
    to_status: LaunchStatus
    to_at: Rfc3339
    to_at_precision: Precision
    changed_at: Rfc3339
    reason: str | None


class RecordState(WriteModel):
    """State of a record beside its document."""

    created_at: Rfc3339
    updated_at: Rfc3339
    version: int
    edited: bool
    """True if an editor has written the record; loads and imports skip it from then on."""
    former_slugs: list[Slug] = []
    aliases: list[Slug] = []
    """Alternative slugs of a mission."""
    tasks_derived: bool = False
    """True if the tasks of a mission are derived from its launches and crew."""
    history: list[SlipState] = []
    """Slips of a launch in order."""
    state: ArticleState | None = None
    """State of an article; None for other records."""
    announced: bool = False
    """True if an article has been public."""


def load_record_states(
    reader: Reader, type_: RecordType, ids: Collection[int]
) -> dict[int, RecordState]:
    """Load the states of the records with these ids, by id."""
    model = RECORD_RESOURCES[type_].model
    names = ["id", "created_at", "updated_at", "version", "edited"]
    if type_ is RecordType.ARTICLE:
        names += ["state", "announced"]
    columns = [getattr(model, name) for name in names]
    states: dict[int, dict[str, Any]] = {
        row.pop("id"): row for row in reader.all(select(*columns).where(model.id.in_(ids)))
    }
    of_records = FormerSlug.type == type_, FormerSlug.record_id.in_(ids)
    former = select(FormerSlug.record_id, FormerSlug.slug).where(*of_records)
    for row in reader.all(former.order_by(FormerSlug.slug)):
        states[row["record_id"]].setdefault("former_slugs", []).append(row["slug"])
    if type_ is RecordType.MISSION:
        _add_mission_states(reader, ids, states)
    if type_ is RecordType.LAUNCH:
        slips = select(*LaunchSlip.__table__.columns).where(LaunchSlip.launch_id.in_(ids))
        for row in reader.all(slips.order_by(LaunchSlip.id)):
            slip = SlipState(**{name: row[name] for name in SlipState.model_fields})
            states[row["launch_id"]].setdefault("history", []).append(slip)
    return {id_: RecordState.model_validate(row) for id_, row in states.items()}


def _add_mission_states(
    reader: Reader, ids: Collection[int], states: Mapping[int, dict[str, Any]]
) -> None:
    aliases = select(*MissionAlias.__table__.columns).where(MissionAlias.mission_id.in_(ids))
    for row in reader.all(aliases.order_by(MissionAlias.slug)):
        states[row["mission_id"]].setdefault("aliases", []).append(row["slug"])
    derived = select(MissionTask.mission_id).where(
        MissionTask.mission_id.in_(ids), MissionTask.derived
    )
    for row in reader.all(derived.distinct()):
        states[row["mission_id"]]["tasks_derived"] = True

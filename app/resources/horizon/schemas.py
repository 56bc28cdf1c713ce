"""Horizon schemas: read and write models."""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, Field

from app.api.date_params import Rfc3339
from app.api.read_models import ReadModel, UtcInstant
from app.api.write_models import WriteModel, example_config
from app.domain.clock import current_second
from app.domain.enums import HorizonKind
from app.domain.languages import tr


class HorizonRead(ReadModel):
    """Horizon of one kind of facts."""

    kind: HorizonKind
    """Kind of facts. `crews`: missions, their crews, and landings."""
    known_until: UtcInstant
    """Time until which all facts of this kind are known."""
    moved_at: UtcInstant
    """Time at which `known_until` was last moved."""

    def last_modified(self) -> datetime:
        return self.moved_at


class Horizons(ReadModel):
    """Horizons of the archive."""

    items: list[HorizonRead]
    """One item for each kind of facts with a horizon. Facts of other kinds count as present."""

    def last_modified(self) -> datetime | None:
        return max((horizon.moved_at for horizon in self.items), default=None)


class KnownUntil(ReadModel):
    """Times until which facts are known, by kind. Null: facts of this kind count as present."""

    crews: UtcInstant | None
    """Missions, their crews, and landings."""
    launches: UtcInstant | None
    dockings: UtcInstant | None
    spacewalks: UtcInstant | None
    news: UtcInstant | None


def _validate_not_ahead(at: datetime) -> datetime:
    if at > current_second():
        raise ValueError(tr("The time must not be ahead.", "Время не может быть в будущем."))
    return at


class HorizonMove(WriteModel):
    """Confirmation that all facts of some kinds are known until a time."""

    model_config = example_config(kinds=["crews"], known_until="2026-10-20T12:00:00Z")

    kinds: Annotated[list[HorizonKind], Field(min_length=1, max_length=len(HorizonKind))]
    """Kinds of facts that you have checked."""
    known_until: Annotated[Rfc3339, AfterValidator(_validate_not_ahead)]
    """Time until which they are known: not ahead, and not before the present horizon."""

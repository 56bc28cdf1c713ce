"""Every table of the archive."""

from app.models.articles import (
    Article,
    ArticleLaunch,
    ArticleMission,
    ArticlePerson,
    ArticleTag,
)
from app.models.base import Base
from app.models.launches import (
    Launch,
    LaunchStatus,
    Site,
    Spacecraft,
    SpacecraftKind,
    Vehicle,
)
from app.models.missions import (
    CrewAssignment,
    CrewRole,
    LaunchRelation,
    Mission,
    MissionAlias,
    MissionLaunch,
    MissionTask,
)
from app.models.people import Flight, Person, ShipRole

__all__ = [
    "Article",
    "ArticleLaunch",
    "ArticleMission",
    "ArticlePerson",
    "ArticleTag",
    "Base",
    "CrewAssignment",
    "CrewRole",
    "Flight",
    "Launch",
    "LaunchRelation",
    "LaunchStatus",
    "Mission",
    "MissionAlias",
    "MissionLaunch",
    "MissionTask",
    "Person",
    "ShipRole",
    "Site",
    "Spacecraft",
    "SpacecraftKind",
    "Vehicle",
]

"""English summaries and tasks of missions."""

from collections.abc import Iterable, Iterator

from app.domain import glossary
from app.domain.dates import whole_days
from app.domain.enums import SpacecraftKind
from app.ingest.dataset.records import (
    DatasetLaunch,
    DatasetMission,
)
from tools.chronicle.derive import MAX_LISTED_SPACEWALK_COUNT, MissionFacts, list_spacecraft_names
from tools.chronicle.grammar import (
    format_day_en,
    format_period_en,
    join_list_en,
    join_numbered,
    later_commanders_phrase_en,
    pluralize_en,
    spell_number_en,
)
from tools.chronicle.names import ship_phrase_en

_STATION = "the International Space Station"


def summarize_mission(course: MissionFacts) -> str:
    """Summary of a mission in two to five sentences."""
    mission = course.mission
    first, *later = [person.name for person in course.commanders]
    command = "" if later else f", under the command of {first}"
    head = f"Expedition {mission.number} to {_STATION}"
    if mission.ends_at is None:
        lasted = f"{head} began on {format_day_en(mission.starts_at)}{command}."
    else:
        days = pluralize_en(whole_days(mission.starts_at, mission.ends_at), "day")
        period = format_period_en(mission.starts_at, mission.ends_at)
        lasted = f"{head} lasted {days}, {period}{command}."
    shared = f"{first} was in command{later_commanders_phrase_en(later)}." if later else None
    crew = (
        f"Its crew of {spell_number_en(len(mission.launch_by_person))} "
        f"came with {_ship_names(course.crew_launches)}."
    )
    return " ".join(
        filter(None, [lasted, shared, crew, _supplies_sentence(course), _failures_sentence(course)])
    )


def _supplies_sentence(course: MissionFacts) -> str | None:
    parts, cargo = (
        _module_names(course.supply_launches),
        _cargo_ship_phrases(course.supply_launches),
    )
    if not parts and not cargo:
        return None
    were = "was" if len(parts) + len(cargo) == 1 else "were"
    supplies = join_list_en([*parts, *filter(None, [join_list_en(cargo)])])
    return f"In its time {supplies} {were} launched to the station."


def _failures_sentence(course: MissionFacts) -> str | None:
    plural = "" if len(course.failed_launches) == 1 else "es"
    return (
        f"The launch{plural} of {_ship_names(course.failed_launches)} failed."
        if course.failed_launches
        else None
    )


def describe_tasks(course: MissionFacts) -> list[str]:
    """Tasks of a mission."""
    parts, cargo = (
        _module_names(course.delivered_launches),
        _cargo_ship_phrases(course.delivered_launches),
    )
    return [
        *(
            f"Reach the station with {_ship_names([launch])}"
            for launch in course.commander_launches
        ),
        *(
            [f"Host the arrival of {_ship_names(course.later_arrivals)}"]
            if course.later_arrivals
            else []
        ),
        _stay_task(course.mission),
        *([f"Receive {join_list_en(parts)}"] if parts else []),
        *([f"Receive {join_list_en(cargo)}"] if cargo else []),
        *_spacewalk_tasks(course),
        *_handover_tasks(course),
        *(
            [f"Return crew members to Earth with {_ship_names(course.departure_launches)}"]
            if course.departure_launches
            else []
        ),
    ]


def _stay_task(mission: DatasetMission) -> str:
    if mission.ends_at is None:
        return f"Keep the station crewed from {format_day_en(mission.starts_at)}"
    return f"Keep the station crewed {format_period_en(mission.starts_at, mission.ends_at)}"


def _spacewalk_tasks(course: MissionFacts) -> Iterator[str]:
    walks = course.spacewalks
    count = "a spacewalk" if len(walks) == 1 else pluralize_en(len(walks), "spacewalk")
    if len(walks) > MAX_LISTED_SPACEWALK_COUNT:
        hours = round(sum(walk.duration_seconds for walk in walks) / 3600)
        yield f"Make {count}, {pluralize_en(hours, 'hour')} in all"
    elif walks:
        yield f"Make {count}: {join_numbered([walk.purpose for walk in walks])}"


def _handover_tasks(course: MissionFacts) -> Iterator[str]:
    first, *later = [person.name for person in course.commanders]
    if later:
        yield f"Pass the command from {first} to {', then to '.join(later)}"
    if course.successor:
        mission, heir = course.successor
        yield f"Hand the station over to Expedition {mission.number} under {heir.name}"


def _ship_names(launches: Iterable[DatasetLaunch]) -> str:
    return join_list_en([ship_phrase_en(launch.main_spacecraft.name) for launch in launches])


def _module_names(launches: Iterable[DatasetLaunch]) -> list[str]:
    """Phrases for the modules of launches."""
    return [
        glossary.get_module_names(name).phrase_en
        for name in list_spacecraft_names(launches, SpacecraftKind.MODULE)
    ]


def _cargo_ship_phrases(launches: Iterable[DatasetLaunch]) -> list[str]:
    """Phrases for the cargo ships of launches, the first one with the noun."""
    ships = list_spacecraft_names(launches, SpacecraftKind.CV)
    noun = "the cargo ship " if len(ships) == 1 else "the cargo ships "
    return [noun + ships[0], *ships[1:]] if ships else []

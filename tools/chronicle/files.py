"""Contents of the generated files of the dataset."""

from collections.abc import Iterable, Iterator

from app.ingest.dataset.records import (
    DatasetFacts,
    DatasetMissionLaunch,
    DatasetMissionTexts,
    DatasetRecord,
)
from tools.chronicle import english_missions, russian_missions
from tools.chronicle.articles import generate_chronicle
from tools.chronicle.derive import (
    derive_mission_facts,
    derive_mission_launches,
    group_launches_by_mission,
)


def generate_files(facts: DatasetFacts) -> dict[str, str]:
    """Content of each generated file, by its name."""
    mission_launches = derive_mission_launches(facts)
    return {
        "mission_launches.jsonl": _to_json_lines(mission_launches),
        "mission_texts.jsonl": _to_json_lines(_generate_mission_texts(facts, mission_launches)),
        "chronicle.jsonl": _to_json_lines(generate_chronicle(facts, mission_launches)),
    }


def _to_json_lines(records: Iterable[DatasetRecord]) -> str:
    return "".join(f"{record.model_dump_json()}\n" for record in records)


def _generate_mission_texts(
    facts: DatasetFacts, mission_launches: list[DatasetMissionLaunch]
) -> Iterator[DatasetMissionTexts]:
    launches = group_launches_by_mission(facts, mission_launches)
    for mission in facts.missions.values():
        derived = derive_mission_facts(facts, mission, launches[mission.slug])
        yield DatasetMissionTexts(
            mission=mission.slug,
            summary=english_missions.summarize_mission(derived),
            summary_ru=russian_missions.summarize_mission(derived),
            tasks=[] if mission.tasks else english_missions.describe_tasks(derived),
            tasks_ru=[] if mission.tasks else russian_missions.describe_tasks(derived),
        )

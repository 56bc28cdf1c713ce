"""Labels in both languages: of record types, roles and statuses."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from app.domain.enums import (
    AgencyKind,
    CrewRole,
    LaunchStatus,
    ModuleKind,
    PortDirection,
    ShipRole,
    SpacewalkRole,
    TimelineKind,
)
from app.domain.languages import Bilingual


@dataclass(frozen=True)
class RecordLabel:
    """Name of a record type in messages, and the place of its records in the API."""

    en: str
    ru: str
    ru_genitive: str
    collection: str
    """Last segment of the collection's path, such as `missions`."""
    example_slug: str

    @property
    def before_slug(self) -> Bilingual:
        """Words before a slug in a sentence: "the mission", as in "the mission iss-59"."""
        return Bilingual(f"the {self.en}", self.ru)

    @property
    def hint(self) -> Bilingual:
        """Slug format, for messages about an unknown slug."""
        return Bilingual(
            f"Slugs look like {self.example_slug}. See /v1/{self.collection}.",
            f"Имена здесь вида {self.example_slug}: см. /v1/{self.collection}.",
        )


CREW_ROLE_LABELS: Mapping[StrEnum, Bilingual] = {
    CrewRole.COMMANDER: Bilingual("Commander", "Командир"),
    CrewRole.FLIGHT_ENGINEER: Bilingual("Flight engineer", "Бортинженер"),
}

SHIP_ROLE_LABELS: Mapping[StrEnum, Bilingual] = {
    ShipRole.COMMANDER: Bilingual("Commander", "Командир"),
    ShipRole.PILOT: Bilingual("Pilot", "Пилот"),
    ShipRole.FLIGHT_ENGINEER: Bilingual("Flight engineer", "Бортинженер"),
    ShipRole.MISSION_SPECIALIST: Bilingual("Mission specialist", "Специалист полёта"),
    ShipRole.SPACEFLIGHT_PARTICIPANT: Bilingual(
        "Spaceflight participant", "Участник космического полёта"
    ),
}

SPACEWALK_ROLE_LABELS: Mapping[StrEnum, Bilingual] = {
    SpacewalkRole.EV1: Bilingual("Lead spacewalker", "Ведущий выхода"),
    SpacewalkRole.EV2: Bilingual("Second spacewalker", "Второй участник выхода"),
    SpacewalkRole.EV3: Bilingual("Third spacewalker", "Третий участник выхода"),
}

LAUNCH_STATUS_LABELS: Mapping[StrEnum, Bilingual] = {
    LaunchStatus.PLANNED: Bilingual("Planned", "Планируется"),
    LaunchStatus.IN_FLIGHT: Bilingual("In flight", "В полёте"),
    LaunchStatus.SUCCESS: Bilingual("Success", "Успешно"),
    LaunchStatus.PARTIAL_FAILURE: Bilingual("Partial failure", "Частичная неудача"),
    LaunchStatus.FAILURE: Bilingual("Failure", "Авария"),
    LaunchStatus.CANCELLED: Bilingual("Cancelled", "Отменён"),
}

MODULE_KIND_LABELS: Mapping[StrEnum, Bilingual] = {
    ModuleKind.MODULE: Bilingual("Module", "Модуль"),
    ModuleKind.NODE: Bilingual("Node", "Узловой модуль"),
    ModuleKind.AIRLOCK: Bilingual("Airlock", "Шлюзовой отсек"),
    ModuleKind.ADAPTER: Bilingual("Docking adapter", "Стыковочный переходник"),
    ModuleKind.TRUSS: Bilingual("Truss segment", "Секция фермы"),
    ModuleKind.PLATFORM: Bilingual("External platform", "Внешняя платформа"),
    ModuleKind.ROBOTICS: Bilingual("Robotics", "Манипулятор"),
    ModuleKind.INSTRUMENT: Bilingual("Instrument", "Научный прибор"),
}

PORT_DIRECTION_LABELS: Mapping[StrEnum, Bilingual] = {
    PortDirection.FORWARD: Bilingual("forward", "передний"),
    PortDirection.AFT: Bilingual("aft", "кормовой"),
    PortDirection.PORT: Bilingual("port", "левый"),
    PortDirection.STARBOARD: Bilingual("starboard", "правый"),
    PortDirection.ZENITH: Bilingual("zenith", "зенитный"),
    PortDirection.NADIR: Bilingual("nadir", "надирный"),
}
"""Sides of a module; in Russian, adjectives that agree with `узел`."""

TIMELINE_KIND_LABELS: Mapping[StrEnum, Bilingual] = {
    TimelineKind.LAUNCH: Bilingual("Launch", "Запуск"),
    TimelineKind.DOCKING: Bilingual("Docking", "Стыковка"),
    TimelineKind.UNDOCKING: Bilingual("Undocking", "Расстыковка"),
    TimelineKind.RELOCATION: Bilingual("Relocation", "Перестыковка"),
    TimelineKind.SPACEWALK: Bilingual("Spacewalk", "Выход в открытый космос"),
    TimelineKind.MODULE_ATTACHED: Bilingual("Module attached", "Присоединение модуля"),
    TimelineKind.MODULE_DETACHED: Bilingual("Module detached", "Отделение модуля"),
    TimelineKind.HANDOVER: Bilingual("Handover of command", "Передача командования"),
    TimelineKind.MISSION_START: Bilingual("Start of a mission", "Начало экспедиции"),
    TimelineKind.MISSION_END: Bilingual("End of a mission", "Окончание экспедиции"),
    TimelineKind.LANDING: Bilingual("Landing", "Посадка"),
    TimelineKind.FLIGHT_END: Bilingual("End of a flight", "Конец полёта"),
}

AGENCY_KIND_LABELS: Mapping[StrEnum, Bilingual] = {
    AgencyKind.GOVERNMENT: Bilingual("Government", "Государственное"),
    AgencyKind.MULTINATIONAL: Bilingual("Multinational", "Международное"),
    AgencyKind.COMMERCIAL: Bilingual("Commercial", "Коммерческое"),
    AgencyKind.ACADEMIC: Bilingual("Academic", "Научное"),
}

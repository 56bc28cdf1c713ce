"""What people read beside the values that programs read: of roles and of statuses."""

from collections.abc import Mapping
from enum import StrEnum

from app.domain.enums import CrewRole, LaunchStatus, ShipRole
from app.domain.languages import Bilingual

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

LAUNCH_STATUS_LABELS: Mapping[StrEnum, Bilingual] = {
    LaunchStatus.PLANNED: Bilingual("Planned", "Планируется"),
    LaunchStatus.IN_FLIGHT: Bilingual("In flight", "В полёте"),
    LaunchStatus.SUCCESS: Bilingual("Success", "Успешно"),
    LaunchStatus.PARTIAL_FAILURE: Bilingual("Partial failure", "Частичная неудача"),
    LaunchStatus.FAILURE: Bilingual("Failure", "Авария"),
    LaunchStatus.CANCELLED: Bilingual("Cancelled", "Отменён"),
}

"""What people read beside the values that programs read: of roles and of statuses."""

from collections.abc import Mapping
from enum import StrEnum

from app.db.models import CrewRole, LaunchStatus, ShipRole
from app.domain.languages import Both

ROLES: Mapping[StrEnum, Both] = {
    CrewRole.COMMANDER: Both("Commander", "Командир"),
    CrewRole.FLIGHT_ENGINEER: Both("Flight engineer", "Бортинженер"),
}

SHIP_ROLES: Mapping[StrEnum, Both] = {
    ShipRole.COMMANDER: Both("Commander", "Командир"),
    ShipRole.PILOT: Both("Pilot", "Пилот"),
    ShipRole.FLIGHT_ENGINEER: Both("Flight engineer", "Бортинженер"),
    ShipRole.MISSION_SPECIALIST: Both("Mission specialist", "Специалист полёта"),
    ShipRole.SPACEFLIGHT_PARTICIPANT: Both(
        "Spaceflight participant", "Участник космического полёта"
    ),
}

LAUNCH_STATUSES: Mapping[StrEnum, Both] = {
    LaunchStatus.PLANNED: Both("Planned", "Планируется"),
    LaunchStatus.IN_FLIGHT: Both("In flight", "В полёте"),
    LaunchStatus.SUCCESS: Both("Success", "Успешно"),
    LaunchStatus.PARTIAL_FAILURE: Both("Partial failure", "Частичная неудача"),
    LaunchStatus.FAILURE: Both("Failure", "Авария"),
    LaunchStatus.CANCELLED: Both("Cancelled", "Отменён"),
}

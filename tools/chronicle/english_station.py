"""English texts of events at the station: arrivals of ships, spacewalks."""

from app.domain.dates import Precision
from app.domain.enums import ArrivalKind, ModuleKind
from app.domain.text import upper_first
from app.ingest.dataset.records import DatasetLaunch
from tools.chronicle.english import (
    STATION,
    bold_names,
    main_ship_phrase,
    payload_phrases,
    secondary_payload_sentence,
    station_crew_sentence,
)
from tools.chronicle.grammar import (
    NewsText,
    format_day_en,
    format_duration_en,
    format_ordinal_en,
    format_time_en,
    join_list_en,
    join_paragraphs,
    spell_number_en,
)
from tools.chronicle.names import ship_phrase_en
from tools.chronicle.station_events import ChronicleArrival, ChronicleSpacewalk


def render_arrival(event: ChronicleArrival) -> NewsText:
    """Text of an arrival: the ship, its port, its flight and the people."""
    ship = upper_first(main_ship_phrase(event.launch))
    crew = f" with a crew of {spell_number_en(len(event.crew))}," if event.crew else ""
    after = _after_launch_phrase(event)
    return NewsText(
        title=_arrival_title(event),
        lead=f"{ship} reached {STATION}{crew}{after}".removesuffix(",") + ".",
        body=join_paragraphs(
            _arrival_sentence(event) + secondary_payload_sentence(event.launch),
            f"Aboard were {join_list_en(bold_names(event.crew))}." if event.crew else None,
            _reception_sentence(event),
        ),
    )


def _arrival_title(event: ChronicleArrival) -> str:
    ship = upper_first(ship_phrase_en(event.launch.main_spacecraft.name))
    if event.brought_port:
        load = join_list_en(payload_phrases(event.launch))
        return f"{ship} reaches the station with {load}"
    match event.stay.arrival_kind:
        case ArrivalKind.DOCKING:
            return f"{ship} docks at {event.module.name}"
        case ArrivalKind.BERTHING:
            return f"{ship} is berthed at {event.module.name}"
        case ArrivalKind.CAPTURE:
            return f"The arm of the station captures {ship}"


def _after_launch_phrase(event: ChronicleArrival) -> str:
    """The time from launch to arrival, after a space; empty for an uncertain day."""
    if event.flight_duration is not None:
        return f" {format_duration_en(event.flight_duration)} after launch"
    if event.stay.arrived_at_uncertain:
        return ""
    days = event.flight_days
    if days == 0:
        return " on the day of its launch"
    return f" {'the day' if days == 1 else f'{spell_number_en(days)} days'} after its launch"


def _arrival_sentence(event: ChronicleArrival) -> str:
    stay = event.stay
    port = f"the {event.port.direction} port of {event.module.name}"
    when = (
        f"about {format_day_en(stay.arrived_at)}"
        if stay.arrived_at_uncertain
        else format_time_en(stay.arrived_at, stay.arrived_at_precision)
    )
    if event.brought_port:
        return f"The cargo became part of the station {when}, with the ship at {port}."
    match stay.arrival_kind:
        case ArrivalKind.DOCKING:
            return f"The docking at {port} took place {when}."
        case ArrivalKind.BERTHING:
            return f"The arm of the station berthed the ship at {port} {when}."
        case ArrivalKind.CAPTURE:
            return f"The capture took place {when}; then the ship was berthed at {port}."


def _reception_sentence(event: ChronicleArrival) -> str:
    if event.brought_commander:
        mission, commander = event.current_missions[0]
        return f"The crew of ISS-{mission.number} moved in, with **{commander.name}** in command."
    return station_crew_sentence(event.current_missions)


def render_spacewalk(event: ChronicleSpacewalk) -> NewsText:
    """Text of a spacewalk: its crew, duration, airlock and work."""
    walk = event.walk
    names = join_list_en([person.name for person, _ in event.crew])
    began = "took place" if walk.starts_at_precision is Precision.DAY else "began"
    when = format_time_en(walk.starts_at, walk.starts_at_precision)
    during = f", during ISS-{event.mission.number}" if event.mission else ""
    return NewsText(
        title=f"{names} make spacewalk {walk.number}",
        lead=f"{names} made a spacewalk of {format_duration_en(event.duration)} at {STATION}.",
        body=join_paragraphs(
            f"Spacewalk {walk.number} {began} {when} {_airlock_phrase(event)}{during}.",
            _experience_sentence(event),
            "The work:",
            f"- {walk.purpose}",
        ),
    )


def _airlock_phrase(event: ChronicleSpacewalk) -> str:
    if isinstance(event.airlock, DatasetLaunch):
        return f"from {ship_phrase_en(event.airlock.main_spacecraft.name)}"
    if event.airlock.kind is ModuleKind.AIRLOCK:
        return f"from the {event.airlock.name} airlock"
    return f"inside the {event.airlock.name} module"


def _experience_sentence(event: ChronicleSpacewalk) -> str:
    """Sentence about the spacewalks that the members of the crew have made."""
    (first, once), (second, again) = event.crew
    if once == again:
        both = f"the {format_ordinal_en(once)} spacewalk at the station"
        return f"For both **{first.name}** and **{second.name}** it was {both}."
    return (
        f"It was the {format_ordinal_en(once)} spacewalk at the station for **{first.name}** "
        f"and the {format_ordinal_en(again)} for **{second.name}**."
    )

"""Emblems of the expeditions: the number, a star for each member, and the days in the year."""

from collections.abc import Iterator
from datetime import UTC, datetime
from math import cos, pi, sin

from app.ingest.dataset.records import DatasetMission
from tools.drawings.shapes import (
    ACCENTS,
    LIGHT,
    PANEL,
    SHADE,
    SIDE,
    Point,
    box,
    circle,
    digits,
    line,
    number,
)

_MIDDLE = SIDE / 2
_RING_RADIUS = 205
_STAR_RADIUS = 158
_STAR = "l3 7.5 7.5.5-6 5 2 7.5-6.5-4-6.5 4 2-7.5-6-5 7.5-.5z"
"""A star, drawn from its upper corner."""


def draw_emblem(mission: DatasetMission) -> Iterator[str]:
    """The elements of the emblem of an expedition. Nothing is taken from the patch of its crew."""
    accent = ACCENTS[mission.number % len(ACCENTS)]
    yield circle(_MIDDLE, _MIDDLE, 228, "none")
    yield from _draw_year(mission, accent)
    yield circle(_MIDDLE, _MIDDLE, 182, "#12294a")
    yield from _draw_station()
    yield digits(str(mission.number), _MIDDLE, 250, 96)
    yield digits(str(mission.starts_at.year), _MIDDLE, 340, 26, LIGHT)
    yield from _draw_crew(len({row.person for row in mission.crew}), accent)


def _draw_year(mission: DatasetMission, accent: str) -> Iterator[str]:
    """A ring of twelve months, the first one from the top, with the days of the mission."""
    start = _turn(mission.starts_at)
    end = _turn(mission.ends_at) if mission.ends_at else start + 0.5
    turns = min((end - start) % 1 or 1, 0.999)
    (x1, y1), (x2, y2) = _place(start, _RING_RADIUS), _place(start + turns, _RING_RADIUS)
    arc = f"A{_RING_RADIUS} {_RING_RADIUS} 0 {int(turns > 0.5)} 1 {number(x2)} {number(y2)}"
    yield f'<path d="M{number(x1)} {number(y1)}{arc}" stroke="{accent}" stroke-width="22"/>'
    marks = "".join(
        f"M{number(xa)} {number(ya)}L{number(xb)} {number(yb)}"
        for (xa, ya), (xb, yb) in (
            (_place(month / 12, 194), _place(month / 12, 216)) for month in range(12)
        )
    )
    yield f'<path d="{marks}" stroke="{SHADE}"/>'


def _turn(at: datetime) -> float:
    """The part of the year that has passed."""
    first, following = (datetime(at.year + each, 1, 1, tzinfo=UTC) for each in (0, 1))
    return (at - first) / (following - first)


def _place(turn: float, radius: float) -> Point:
    """The point at a part of a turn, clockwise from the top."""
    angle = 2 * pi * turn
    return _MIDDLE + radius * sin(angle), _MIDDLE - radius * cos(angle)


def _draw_station() -> Iterator[str]:
    """The station: modules below a truss with four pairs of panels."""
    places = [(x, y) for x in (128, 164, 296, 332) for y in (104, 142)]
    panels = "".join(f"M{x} {y}h20v28h-20zm0 14h20" for x, y in places)
    yield f'<path d="{panels}" fill="{PANEL}" stroke-width="2"/>'
    yield line([(118, 137), (362, 137)])
    yield box(194, 146, 92, 16)
    yield box(232, 128, 16, 50, PANEL)


def _draw_crew(count: int, accent: str) -> Iterator[str]:
    """A star for each member, along the lower edge."""
    path = ""
    for index in range(count):
        x, y = _place(0.5 - (index - (count - 1) / 2) * 0.035, _STAR_RADIUS)
        path += f"M{number(x)} {number(y - 11)}{_STAR}"
    yield f'<path d="{path}" fill="{accent}" stroke="none"/>'

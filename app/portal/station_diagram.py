"""Geometry of the station's diagram: `/v1/station` as a schematic side view.

Aft is left and zenith is up. `web/places.json` has the places; `web/diagram.js` computes the same
shapes in browsers. All coordinates are integers, in user units of the SVG, so that both
print the same numbers.
"""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from app.domain.clock import has_passed
from app.domain.languages import Language

PLACES: dict[str, Any] = json.loads(
    (Path(__file__).parent / "web" / "places.json").read_text("utf-8")
)

SHIP_LENGTH_UNITS = 64
SHIP_HALF_WIDTH_UNITS = 26
_SHIP_GAP_UNITS = 36
"""Distance between ships that were at one port on one day."""
_FREE_PORT_DISTANCE_UNITS = 7
_SMALL_BOX_WIDTH_UNITS = 46
"""Narrower boxes have smaller letters."""
_CHAR_WIDTH_UNITS, _SMALL_CHAR_WIDTH_UNITS = 7, 6
_MAX_LINE_CHARS = 10
_MAX_LINES = 3
_LINE_HEIGHT_UNITS = 14


class _Direction(NamedTuple):
    """Direction that a ship at a port lies in; `angle` is in degrees, clockwise from forward."""

    dx: int
    dy: int
    angle: int


_DIRECTIONS = {
    "forward": _Direction(1, 0, 0),
    "aft": _Direction(-1, 0, 180),
    "zenith": _Direction(0, -1, -90),
    "nadir": _Direction(0, 1, 90),
    "port": _Direction(-1, 0, 180),
    "starboard": _Direction(-1, 0, 180),
}


class _Box(NamedTuple):
    x: int
    y: int
    width: int
    height: int

    @property
    def right(self) -> int:
        return self.x + self.width

    @property
    def center(self) -> tuple[int, int]:
        return self.x + self.width // 2, self.y + self.height // 2

    def edge(self, direction: str) -> tuple[int, int]:
        """Middle of the side that faces `direction`; of port and starboard, a corner."""
        x, y = self.center
        bottom = self.y + self.height
        return {
            "forward": (self.right, y),
            "aft": (self.x, y),
            "zenith": (x, self.y),
            "nadir": (x, bottom),
            "port": (self.x, self.y),
            "starboard": (self.x, bottom),
        }[direction]


def draw_station(station: dict[str, Any], language: Language) -> dict[str, Any]:
    """Shapes of the station at the end of the day, and of what left on that day.

    `station` is a `StationRead` in JSON. Modules and ports without a place are omitted.
    """
    places = [(item, is_over(item["detached_at"], station)) for item in station["modules"]]
    # The last place of a module that was moved on the day replaces the others.
    attached = {
        item["module"]["slug"]: item
        for item, _ in sorted(places, key=lambda place: not place[1])
        if _find_place(item)
    }
    present = {
        slug: item for slug, item in attached.items() if not is_over(item["detached_at"], station)
    }
    boxes = {slug: _Box(*_find_place(item)) for slug, item in attached.items()}
    return {
        "view": " ".join(map(str, PLACES["view"])),
        "links": list(_draw_links(present, boxes)),
        "wings": [
            _Box(*wing)._asdict()
            for slug, item in attached.items()
            for wing in PLACES["wings"].get(slug, {}).get(_name_place(item), ())
        ],
        "modules": [
            _draw_module(item, boxes[slug], language) | {"has_left": slug not in present}
            for slug, item in attached.items()
        ],
        "ports": list(_draw_ports(station, present, boxes)),
        "ships": list(_draw_ships(station, attached, boxes)),
    }


def is_over(until: str | None, station: dict[str, Any]) -> bool:
    """Test if a state that ends at `until` is over at the end of the day."""
    if until is None:
        return False
    end = datetime.fromisoformat(until)
    return end <= datetime.fromisoformat(station["at"]) if station["at"] else has_passed(end)


def _name_place(item: dict[str, Any]) -> str:
    """Port that a module occupies, or else the module that it is attached to."""
    place = item["port"] or item["attached_to"]
    return str(place["slug"]) if place else ""


def _find_place(item: dict[str, Any]) -> Any:
    return PLACES["modules"].get(item["module"]["slug"], {}).get(_name_place(item))


def _draw_links(
    attached: dict[str, dict[str, Any]], boxes: dict[str, _Box]
) -> Iterator[dict[str, int]]:
    """Lines between attached modules, which their boxes cover if they touch."""
    for slug, item in attached.items():
        other = item["attached_to"]
        if other and other["slug"] in boxes:
            box, other_box = boxes[slug], boxes[other["slug"]]
            (x1, y1), (x2, y2) = box.center, other_box.center
            left, right = max(box.x, other_box.x), min(box.right, other_box.right)
            if left < right:  # one is above the other
                x1 = x2 = (left + right) // 2
            yield {"x1": x1, "y1": y1, "x2": x2, "y2": y2}


def _draw_module(item: dict[str, Any], box: _Box, language: Language) -> dict[str, Any]:
    slug, name = item["module"]["slug"], item["module"]["name"]
    is_small = box.width < _SMALL_BOX_WIDTH_UNITS
    letters = (box.width - 2) // (_SMALL_CHAR_WIDTH_UNITS if is_small else _CHAR_WIDTH_UNITS)
    x, y = box.center
    return {
        "slug": slug,
        "name": name,
        "kind": item["kind"],
        **box._asdict(),
        "label": _cut(PLACES["labels"].get(slug, {}).get(language, name), letters),
        "label_x": x,
        "label_y": y + 4,
        "size": "small" if is_small else "large",
    }


def _cut(text: str, letters: int) -> str:
    return text if len(text) <= letters else f"{text[: letters - 1]}…"


def _find_port(
    port: dict[str, Any], attached: dict[str, dict[str, Any]], boxes: dict[str, _Box]
) -> tuple[int, int, _Direction] | None:
    """Point of a port, and its direction; the point is behind a module that occupies the port.

    An adapter occupies a port that it leaves to ships; Pirs, Poisk and Prichal came with a ship.
    """
    slug, owner = port["slug"], port["module"]["slug"]
    adapter = PLACES["adapters"].get(slug)
    for other, item in attached.items():
        if _name_place(item) == (owner if other == adapter else slug):
            return *boxes[other].edge(port["direction"]), _DIRECTIONS[port["direction"]]
    if owner not in boxes:
        return None
    if slug in PLACES["ports"]:
        x, y, direction = PLACES["ports"][slug]
        return x, y, _DIRECTIONS[direction]
    return *boxes[owner].edge(port["direction"]), _DIRECTIONS[port["direction"]]


def _draw_ports(
    station: dict[str, Any], attached: dict[str, dict[str, Any]], boxes: dict[str, _Box]
) -> Iterator[dict[str, Any]]:
    """Free ports."""
    for port in station["free_ports"] or ():
        if point := _find_port(port, attached, boxes):
            x, y, (dx, dy, _) = point
            x, y = x + dx * _FREE_PORT_DISTANCE_UNITS, y + dy * _FREE_PORT_DISTANCE_UNITS
            yield {"slug": port["slug"], "name": port["name"], "x": x, "y": y}


def _draw_ships(
    station: dict[str, Any], attached: dict[str, dict[str, Any]], boxes: dict[str, _Box]
) -> Iterator[dict[str, Any]]:
    """Ships at their ports; of several on one day, those that left are farther out."""
    at_port: Counter[str] = Counter()
    ships = [(stay, is_over(stay["departed_at"], station)) for stay in station["ships"] or ()]
    for stay, has_left in sorted(ships, key=lambda ship: ship[1]):
        port = stay["port"]
        if point := _find_port(port, attached, boxes):
            x, y, (dx, dy, angle) = point
            distance = at_port[port["slug"]] * (SHIP_LENGTH_UNITS + _SHIP_GAP_UNITS)
            at_port[port["slug"]] += 1
            x, y = x + dx * distance, y + dy * distance
            yield {
                "slug": stay["launch"]["slug"],
                "name": stay["spacecraft"]["name"],
                "kind": stay["spacecraft"]["kind"],
                "port": port["slug"],
                "port_name": port["name"],
                "x": x,
                "y": y,
                "angle": angle,
                "has_left": has_left,
                "lines": list(_place_lines(_wrap(stay["spacecraft"]["name"]), x, y, dx, dy)),
            }


def _wrap(name: str) -> list[str]:
    """Lines of a ship's label, broken at spaces."""
    lines = [""]
    for word in name.split(" "):
        if lines[-1] and len(lines[-1]) + 1 + len(word) > _MAX_LINE_CHARS:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}" if lines[-1] else word
    if len(lines) > _MAX_LINES:
        lines = [*lines[: _MAX_LINES - 1], " ".join(lines[_MAX_LINES - 1 :])]
    return [_cut(line, _MAX_LINE_CHARS) for line in lines]


def _place_lines(lines: list[str], x: int, y: int, dx: int, dy: int) -> Iterator[dict[str, Any]]:
    """Lines of a label beyond the end of a ship that lies upright, else below the ship."""
    x += dx * SHIP_LENGTH_UNITS // 2
    if dy < 0:
        y -= SHIP_LENGTH_UNITS + 6 + _LINE_HEIGHT_UNITS * (len(lines) - 1)
    elif dy > 0:
        y += SHIP_LENGTH_UNITS + _LINE_HEIGHT_UNITS
    else:
        y += SHIP_HALF_WIDTH_UNITS + _LINE_HEIGHT_UNITS
    for n, line in enumerate(lines):
        yield {"text": line, "x": x, "y": y + n * _LINE_HEIGHT_UNITS}

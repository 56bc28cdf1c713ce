"""Drawings of the types of spacecraft, from the side, the docking port at the right."""

from collections.abc import Iterator
from dataclasses import dataclass

from tools.drawings.shapes import (
    LIGHT,
    LINE,
    PANEL,
    SHADE,
    SIDE,
    box,
    circle,
    line,
    panel,
    polygon,
)

_MARGIN = 40


@dataclass(frozen=True)
class _Segment:
    """Part of a hull: its length, and its radii at the left and at the right, in metres."""

    length: float
    start: float
    end: float
    fill: str = LIGHT


@dataclass(frozen=True)
class _Wings:
    """A pair of solar panels: place and width along the hull, and the span of each, in metres."""

    at: float
    width: float
    span: float
    is_round: bool = False


@dataclass(frozen=True)
class _Ship:
    """A ship: its segments from the left to the right, its wings and its windows."""

    hull: tuple[_Segment, ...]
    wings: tuple[_Wings, ...] = ()
    windows: tuple[float, ...] = ()
    cells: tuple[float, float] | None = None
    """Start and end of solar cells on the hull."""


_ENGINES = _Segment(0.5, 0.5, 0.9, SHADE)
_PROBE = (_Segment(0.35, 0.6, 0.45, SHADE), _Segment(0.5, 0.15, 0.08, SHADE))
_RUSSIAN_SERVICE = (_ENGINES, _Segment(0.7, 1.36, 1.36, SHADE), _Segment(1.9, 1.2, 1.1))
_RUSSIAN_WINGS = (_Wings(1.0, 1.4, 3.6),)
_ORBITAL = (_Segment(0.45, 0.6, 1.1), _Segment(1.2, 1.1, 1.1), _Segment(0.45, 1.1, 0.6))


def _soyuz(*extra: _Wings) -> _Ship:
    descent = (_Segment(0.3, 1.05, 1.1, SHADE), _Segment(1.7, 1.1, 0.6))
    hull = (*_RUSSIAN_SERVICE, *descent, *_ORBITAL, *_PROBE)
    return _Ship(hull, (*_RUSSIAN_WINGS, *extra), (4.2, 6.1))


def _progress(*extra: _Wings, cargo: float = 1.2) -> _Ship:
    tanks = (_Segment(1.9, 1.1, 1.1, SHADE), _Segment(0.2, 0.7, 0.7))
    hold = (_ORBITAL[0], _Segment(cargo, 1.1, 1.1), _ORBITAL[2])
    return _Ship((*_RUSSIAN_SERVICE, *tanks, *hold, *_PROBE), (*_RUSSIAN_WINGS, *extra))


def _module_tug(length: float) -> _Ship:
    """A Progress that carries a module of the station."""
    module = (_Segment(0.3, 0.7, 1.27), _Segment(length, 1.27, 1.27), _Segment(0.4, 1.27, 0.7))
    return _Ship((*_RUSSIAN_SERVICE, *module, *_PROBE), _RUSSIAN_WINGS, (4.6,))


def _cygnus(length: float, wings: _Wings) -> _Ship:
    service = (_Segment(0.4, 0.3, 0.7, SHADE), _Segment(1.2, 1.5, 1.5, SHADE))
    hold = (_Segment(length, 1.53, 1.53), _Segment(0.4, 1.53, 0.8), _Segment(0.3, 0.8, 0.8, SHADE))
    return _Ship((*service, *hold), (wings,))


def _dragon(nose: float, windows: tuple[float, ...], wings: tuple[_Wings, ...]) -> _Ship:
    trunk = _Segment(2.9, 1.83, 1.83, LIGHT if wings else SHADE)
    capsule = (_Segment(0.4, 1.75, 1.83, SHADE), _Segment(2.4, 1.83, 1.05))
    cells = None if wings else (0.3, 2.6)
    return _Ship((trunk, *capsule, _Segment(nose, 1.0, 0.6)), wings, windows, cells)


_SHIPS = {
    "soyuz-tm": _soyuz(),
    "soyuz-tma": _soyuz(_Wings(7.0, 0.3, 0.9)),
    "soyuz-tma-m": _soyuz(_Wings(7.0, 0.3, 1.1), _Wings(3.1, 0.2, 0.6)),
    "soyuz-ms": _soyuz(_Wings(7.0, 0.3, 1.1), _Wings(2.7, 0.2, 1.5)),
    "progress-m": _progress(),
    "progress-m1": _progress(_Wings(4.0, 0.2, 0.5)),
    "progress-m-m": _progress(_Wings(6.2, 0.2, 0.9)),
    "progress-ms": _progress(_Wings(6.2, 0.2, 0.9), _Wings(2.7, 0.2, 1.5)),
    "progress-m-so": _module_tug(3.0),
    "progress-m-um": _module_tug(2.2),
    "atv": _Ship(
        (
            _Segment(0.5, 0.8, 1.6, SHADE),
            _Segment(3.4, 2.24, 2.24, SHADE),
            _Segment(4.4, 2.24, 2.24),
            _Segment(1.0, 2.24, 0.9),
            _Segment(0.6, 0.6, 0.5, SHADE),
        ),
        (_Wings(1.4, 1.1, 7.0), _Wings(3.0, 1.1, 7.0)),
    ),
    "htv": _Ship(
        (
            _Segment(0.5, 1.2, 1.8, SHADE),
            _Segment(2.0, 2.2, 2.2, SHADE),
            _Segment(3.4, 2.2, 2.2),
            _Segment(3.4, 2.2, 2.2),
            _Segment(0.4, 1.3, 1.3, SHADE),
        ),
        cells=(2.8, 5.6),
    ),
    "htv-x": _Ship(
        (
            _Segment(2.2, 1.4, 1.4, SHADE),
            _Segment(2.6, 2.2, 2.2, SHADE),
            _Segment(3.0, 2.2, 2.2),
            _Segment(0.4, 1.3, 1.3, SHADE),
        ),
        (_Wings(3.0, 1.6, 6.5),),
    ),
    "cygnus-standard": _cygnus(3.1, _Wings(0.5, 0.9, 4.2)),
    "cygnus-enhanced": _cygnus(4.6, _Wings(0.9, 3.4, 3.4, is_round=True)),
    "dragon-1": _dragon(0.5, (), (_Wings(0.9, 1.5, 5.4),)),
    "crew-dragon-2": _dragon(1.1, (4.4, 5.0), ()),
    "cargo-dragon-2": _dragon(1.1, (), ()),
    "starliner": _Ship(
        (
            _Segment(0.4, 1.4, 1.6, SHADE),
            _Segment(2.4, 2.2, 2.28, SHADE),
            _Segment(0.4, 2.28, 2.28),
            _Segment(2.3, 2.25, 0.95),
            _Segment(0.5, 0.8, 0.6, SHADE),
        ),
        windows=(4.2,),
        cells=(0.5, 0.9),
    ),
}


def draw_ships() -> Iterator[tuple[str, Iterator[str]]]:
    """The elements of the drawings of all types of spacecraft, by slug."""
    for slug, ship in _SHIPS.items():
        yield slug, _draw(ship)
    yield "space-shuttle-orbiter", _draw_orbiter()


def _draw(ship: _Ship) -> Iterator[str]:
    length = sum(segment.length for segment in ship.hull)
    height = 2 * max(
        *(max(segment.start, segment.end) for segment in ship.hull),
        *(wings.span + 1.5 for wings in ship.wings),
        0,
    )
    scale = (SIDE - 2 * _MARGIN) / max(length, height)
    left, middle = (SIDE - length * scale) / 2, SIDE / 2
    for wings in ship.wings:
        yield from _draw_wings(wings, left, middle, scale)
    at = left
    for segment in ship.hull:
        end, start, stop = (
            at + segment.length * scale,
            segment.start * scale,
            segment.end * scale,
        )
        corners = [(at, middle - start), (end, middle - stop), (end, middle + stop)]
        yield polygon([*corners, (at, middle + start)], segment.fill)
        at = end
    if ship.cells:
        start, stop = (left + place * scale for place in ship.cells)
        yield panel(start, middle - 0.8 * scale, stop - start, 1.6 * scale)
    for place in ship.windows:
        yield circle(left + place * scale, middle - 0.35 * scale, 0.2 * scale, PANEL)


def _draw_wings(wings: _Wings, left: float, middle: float, scale: float) -> Iterator[str]:
    x, width, span = left + wings.at * scale, wings.width * scale, wings.span * scale
    root = 1.5 * scale if wings.span > 1.5 else 0.6 * scale
    centre = x + width / 2
    for side in (-1, 1):
        yield line([(centre, middle), (centre, middle + side * (root + span * 0.2))])
        if wings.is_round:
            y = middle + side * (root + span / 2)
            yield circle(centre, y, span / 2, PANEL)
            yield line([(centre - span / 2, y), (centre + span / 2, y)])
            yield line([(centre, y - span / 2), (centre, y + span / 2)])
        else:
            yield panel(x, middle + root if side > 0 else middle - root - span, width, span)


def _draw_orbiter() -> Iterator[str]:
    """The orbiter, with its payload bay, delta wing and fin."""
    yield polygon([(84, 196), (62, 96), (104, 96), (176, 196)])
    yield polygon([(60, 204), (48, 226), (64, 244), (76, 240), (76, 204)], SHADE)
    hull = [(76, 196), (344, 196), (382, 206), (432, 246), (440, 260), (424, 272), (76, 272)]
    yield polygon(hull)
    yield polygon([(76, 272), (424, 272), (398, 288), (76, 284)], SHADE)
    yield polygon([(76, 262), (286, 262), (188, 284), (64, 286)], SHADE)
    yield box(158, 202, 168, 30, PANEL)
    yield line([(242, 202), (242, 232)])
    yield polygon([(362, 206), (384, 212), (400, 226), (366, 222)], PANEL)
    for y in (216, 258):
        yield polygon([(76, y - 10), (48, y - 18), (48, y + 18), (76, y + 10)], SHADE)
    yield circle(340, 244, 9, PANEL)
    yield line([(76, 190), (150, 190)], LINE)

"""Drawings of the modules of the station, from the size, the kind and the ports of each."""

from collections.abc import Iterator
from itertools import pairwise

from app.domain.enums import ModuleKind, PortDirection
from app.ingest.dataset.records import DatasetModule
from tools.drawings.shapes import (
    LIGHT,
    PANEL,
    SHADE,
    SIDE,
    box,
    circle,
    line,
    panel,
    polygon,
)

_MAX_PIXELS_PER_METRE = 60.0
_MAX_SIDE = 390.0
_MIDDLE = SIDE / 2

_SIZES = {
    ModuleKind.TRUSS: (12.0, 4.5),
    ModuleKind.PLATFORM: (4.9, 4.3),
    ModuleKind.ROBOTICS: (14.0, 8.0),
    ModuleKind.INSTRUMENT: (5.0, 4.0),
    ModuleKind.AIRLOCK: (2.0, 2.0),
}
"""Length and height in metres where the archive has none."""

_RING_DEPTH = 10.0
_SIDEWAYS = {PortDirection.PORT, PortDirection.STARBOARD}

_WINGS = {"zarya": 5.0, "zvezda": 6.6, "nauka": 6.6}
"""Span in metres of the solar panels at both sides of a module."""

_ARRAYS = {"p6": 2, "p3-p4": 1, "s3-s4": 1, "s6": 1}
"""Pairs of large solar arrays of a truss."""


def draw_module(module: DatasetModule) -> Iterator[str]:
    """The elements of the drawing of a module, with a scale of five metres."""
    default = _SIZES.get(module.kind, (5.0, 4.0))
    length, height = module.length_m or default[0], module.diameter_m or default[1]
    span, arrays = _WINGS.get(module.slug, 0.0), _ARRAYS.get(module.slug, 0)
    longest = max(length, height + 2 * max(span, 5.0 if arrays else 0.0))
    scale = min(_MAX_PIXELS_PER_METRE, _MAX_SIDE / longest)
    length, height, span = length * scale, height * scale, span * scale
    match module.kind:
        case ModuleKind.TRUSS:
            elements = _draw_truss(length, height, arrays)
        case ModuleKind.PLATFORM:
            elements = _draw_platform(length, height)
        case ModuleKind.ROBOTICS:
            elements, scale = _draw_arm(), 21.0
        case ModuleKind.INSTRUMENT:
            elements = _draw_instrument(length, height)
        case ModuleKind.ADAPTER:
            elements = _draw_adapter(length, height)
        case _ if module.slug == "cupola":
            elements = _draw_cupola(length, height)
        case _:
            elements = _draw_hull(module, length, height, span)
    yield from elements
    yield from _draw_scale(scale)


def _draw_scale(pixels_per_metre: float) -> Iterator[str]:
    """A scale of five metres, with a mark for each."""
    marks = [_MIDDLE + (each - 2.5) * pixels_per_metre for each in range(6)]
    yield line([(marks[0], 466), (marks[-1], 466)], SHADE)
    for mark in marks:
        yield line([(mark, 459), (mark, 466)], SHADE)


def _draw_hull(module: DatasetModule, length: float, height: float, span: float) -> Iterator[str]:
    """A pressurised module: a cylinder with conical ends, and a ring at each port."""
    left, top = _MIDDLE - length / 2, _MIDDLE - height / 2
    right, bottom = left + length, top + height
    cone = min(length, height) * 0.2
    if span:
        for y in (top - span, bottom):
            yield line([(_MIDDLE - length * 0.2, top), (_MIDDLE - length * 0.2, bottom)])
            yield panel(_MIDDLE - length * 0.3, y, length * 0.2, span)
    yield from _draw_ports(module, left, top, length, height)
    yield polygon(
        [
            (left, top + cone),
            (left + cone, top),
            (right - cone, top),
            (right, top + cone),
            (right, bottom - cone),
            (right - cone, bottom),
            (left + cone, bottom),
            (left, bottom - cone),
        ]
    )
    for x in (left + cone, right - cone):
        yield line([(x, top), (x, bottom)])
    if module.kind is ModuleKind.AIRLOCK:
        yield circle(_MIDDLE, _MIDDLE, height * 0.24, SHADE)
        yield circle(_MIDDLE, _MIDDLE, height * 0.15, LIGHT)
    elif {port.direction for port in module.ports} & _SIDEWAYS:
        yield circle(_MIDDLE, _MIDDLE, height * 0.22, SHADE)
    else:
        for x in (0.35, 0.65):
            yield circle(left + length * x, _MIDDLE - height * 0.15, 6, PANEL)
    yield line([(left + cone, _MIDDLE + height * 0.3), (right - cone, _MIDDLE + height * 0.3)])


def _draw_ports(
    module: DatasetModule, left: float, top: float, length: float, height: float
) -> Iterator[str]:
    """A ring at each end and side that has a port."""
    directions = {port.direction for port in module.ports}
    ring = height * 0.4
    ends = {PortDirection.FORWARD: left + length - 2, PortDirection.AFT: left - _RING_DEPTH + 2}
    for direction in sorted(directions & ends.keys()):
        yield box(ends[direction], _MIDDLE - ring / 2, _RING_DEPTH, ring, SHADE)
    sides = {PortDirection.ZENITH: top - _RING_DEPTH + 2, PortDirection.NADIR: top + height - 2}
    for direction in sorted(directions & sides.keys()):
        yield box(_MIDDLE - ring / 2, sides[direction], ring, _RING_DEPTH, SHADE)


def _draw_cupola(length: float, height: float) -> Iterator[str]:
    """A dome, from the side, with its windows."""
    left, top = _MIDDLE - length / 2, _MIDDLE - height / 2
    right, bottom = left + length, top + height
    yield polygon([(left - 60, top), (right + 60, top), (right, bottom + 10), (left, bottom + 10)])
    for each in (-1, 0, 1):
        yield box(_MIDDLE + each * 38 - 15, _MIDDLE - 20, 30, 60, PANEL)


def _draw_truss(length: float, height: float, arrays: int) -> Iterator[str]:
    """A lattice of bays, with its solar arrays."""
    left, top = _MIDDLE - length / 2, _MIDDLE - height / 2
    for index in range(arrays):
        x = _MIDDLE + (index * 2 - arrays + 1) * 70 - 26
        for y in (top - 130, top + height):
            yield panel(x, y, 52, 130)
    count = max(2, round(length / 60))
    width = length / count
    yield box(left, top, length, height, SHADE)
    for index in range(count):
        x = left + index * width
        yield line([(x, top), (x + width, top + height)])
        yield line([(x, top + height), (x + width, top)])
        yield line([(x + width, top), (x + width, top + height)])


def _draw_platform(length: float, height: float) -> Iterator[str]:
    """A plate with places for equipment."""
    left, top = _MIDDLE - length / 2, _MIDDLE - height / 2
    yield box(left, top, length, height)
    columns, rows = max(2, round(length / 44)), max(1, round(height / 44))
    width, depth = length / columns, height / rows
    for index in range(columns * rows):
        x, y = left + index % columns * width, top + index // columns * depth
        fill = (SHADE, PANEL, LIGHT)[index * 2 % 3]
        yield box(x + 7, y + 7, width - 14, depth - 14, fill)


def _draw_arm() -> Iterator[str]:
    """A manipulator on its carriage."""
    yield box(90, 330, 300, 22, SHADE)
    yield box(180, 296, 90, 34)
    joints = [(225, 290), (140, 170), (290, 100), (372, 170)]
    for start, end in pairwise(joints):
        yield polygon([(start[0] - 9, start[1]), (end[0] - 9, end[1]), (end[0] + 9, end[1])])
        yield polygon([(start[0] - 9, start[1]), (end[0] + 9, end[1]), (start[0] + 9, start[1])])
    for x, y in joints:
        yield circle(x, y, 15, SHADE)
    yield line([(362, 186), (356, 210)])
    yield line([(382, 186), (390, 208)])


def _draw_instrument(length: float, height: float) -> Iterator[str]:
    """A detector: layers in a frame, with radiators."""
    left, top = _MIDDLE - length / 2, _MIDDLE - height / 2
    yield polygon(
        [
            (left - 20, top),
            (left + length + 20, top),
            (left + length, top + height),
            (left, top + height),
        ],
        SHADE,
    )
    for index in range(4):
        inset = 14 + index * 7
        yield box(left + inset, top + height * (0.1 + index * 0.21), length - 2 * inset, 12)
    yield circle(_MIDDLE, _MIDDLE, height * 0.2, PANEL)


def _draw_adapter(length: float, height: float) -> Iterator[str]:
    """A cone between two ports."""
    left, right = _MIDDLE - length / 2, _MIDDLE + length / 2
    yield box(left - 16, _MIDDLE - height * 0.5, 18, height, SHADE)
    yield polygon(
        [
            (left, _MIDDLE - height * 0.5),
            (right, _MIDDLE - height * 0.42),
            (right, _MIDDLE + height * 0.18),
            (left, _MIDDLE + height * 0.5),
        ]
    )
    yield box(right - 2, _MIDDLE - height * 0.46, 22, height * 0.68, SHADE)
    for part in (0.33, 0.66):
        x = left + length * part
        yield line([(x, _MIDDLE - height * 0.4), (x, _MIDDLE + height * 0.25)], SHADE)

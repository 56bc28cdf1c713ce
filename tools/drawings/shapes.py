"""Shapes of all drawings: white lines on dark blue, in one stroke width, without text."""

from collections.abc import Iterable
from xml.sax.saxutils import escape

SIDE = 480
"""Width and height of a drawing."""

BACKGROUND, LINE, LIGHT, SHADE, PANEL = "#0b1d33", "#eef4fb", "#b9c9dc", "#7f95b0", "#2f5d9b"
ACCENTS = ("#f2b134", "#e4572e", "#4fb286", "#5aa9e6", "#c77dff", "#f28482")

_DIGITS = (
    "M0 2a2 2 0 0 1 4 0v2a2 2 0 0 1-4 0z",
    "M.8 1.2 2.4 0v6",
    "M0 1.8a2 1.8 0 0 1 4 0C4 3.4 0 4.4 0 6h4",
    "M.3.8C1-.3 3.8-.2 3.8 1.5 3.8 2.6 2.8 3 1.8 3 3 3 4 3.5 4 4.5 4 6.3.8 6.4 0 5",
    "M3 6V0L0 4.2h4",
    "M3.7 0H.5L.3 2.6C1.5 1.9 4 2 4 4 4 6.2 1 6.5 0 5.2",
    "M3.4 0C1.6.8 0 2.4 0 4a2 2 0 1 0 4 0 2 2 0 0 0-4 0",
    "M0 0h4L1.4 6",
    "M.3 1.45a1.7 1.45 0 1 0 3.4 0 1.7 1.45 0 1 0-3.4 0zM0 4.45a2 1.55 0 1 0 4 0 2 1.55 0 1 0-4 0z",
    "M.6 6C2.4 5.2 4 3.6 4 2a2 2 0 1 0-4 0 2 2 0 0 0 4 0",
)
"""Digits as lines, 4 wide and 6 high: fonts are no part of a drawing."""

Point = tuple[float, float]


def number(value: float) -> str:
    """A coordinate with at most one decimal place."""
    return f"{value:.1f}".removesuffix(".0")


def drawing(title: str, elements: Iterable[str]) -> str:
    """A complete SVG file. The title makes the file of each record another one."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{SIDE}" height="{SIDE}">'
        f"<title>{escape(title)}</title>"
        f'<rect width="{SIDE}" height="{SIDE}" fill="{BACKGROUND}"/>'
        f'<g fill="none" stroke="{LINE}" stroke-width="3" stroke-linejoin="round" '
        f'stroke-linecap="round">{"".join(elements)}</g></svg>\n'
    )


def polygon(points: Iterable[Point], fill: str = LIGHT) -> str:
    """A closed shape."""
    path = " ".join(f"{number(x)} {number(y)}" for x, y in points)
    return f'<path d="M{path}z" fill="{fill}"/>'


def line(points: Iterable[Point], colour: str = LINE) -> str:
    """An open line."""
    path = " ".join(f"{number(x)} {number(y)}" for x, y in points)
    stroke = "" if colour == LINE else f' stroke="{colour}"'
    return f'<path d="M{path}"{stroke}/>'


def box(x: float, y: float, width: float, height: float, fill: str = LIGHT) -> str:
    """A rectangle with corners that are a little round."""
    place = f'x="{number(x)}" y="{number(y)}" width="{number(width)}" height="{number(height)}"'
    return f'<rect {place} rx="3" fill="{fill}"/>'


def circle(x: float, y: float, radius: float, fill: str = LIGHT) -> str:
    """A circle."""
    return f'<circle cx="{number(x)}" cy="{number(y)}" r="{number(radius)}" fill="{fill}"/>'


def panel(x: float, y: float, width: float, height: float) -> str:
    """A solar panel, with lines between its cells across the longer side."""
    longer = max(width, height)
    count = max(2, round(longer / 22))
    lines = ""
    for index in range(1, count):
        at = longer * index / count
        if height > width:
            lines += f"M{number(x)} {number(y + at)}h{number(width)}"
        else:
            lines += f"M{number(x + at)} {number(y)}v{number(height)}"
    return box(x, y, width, height, PANEL) + f'<path d="{lines}" stroke-width="1.5"/>'


def digits(text: str, x: float, y: float, height: float, colour: str = LINE) -> str:
    """A number whose middle is at (x, y)."""
    scale = height / 6
    width = (len(text) * 5.6 - 1.6) * scale
    glyphs = "".join(
        f'<path transform="translate({number(index * 5.6)} 0)" d="{_DIGITS[int(digit)]}"/>'
        for index, digit in enumerate(text)
    )
    left, top = number(x - width / 2), number(y - height / 2)
    return (
        f'<g transform="translate({left} {top}) scale({scale:.3f})" stroke="{colour}" '
        f'stroke-width=".8">{glyphs}</g>'
    )

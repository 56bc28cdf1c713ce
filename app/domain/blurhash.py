"""BlurHash encoder (https://blurha.sh): a placeholder of a picture in 28 characters."""

from collections.abc import Sequence
from math import cos, pi

COMPONENTS_X, COMPONENTS_Y = 4, 3

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~"

Colour = tuple[float, float, float]
"""Red, green and blue: linear, from 0 to 1."""


def encode_blurhash(pixels: Sequence[tuple[int, int, int]], width: int, height: int) -> str:
    """Encode the sRGB pixels of a picture, row by row. Takes 12 steps for each pixel."""
    linear = [(_to_linear(red), _to_linear(green), _to_linear(blue)) for red, green, blue in pixels]
    factors = [
        _compute_factor(linear, width, height, x, y)
        for y in range(COMPONENTS_Y)
        for x in range(COMPONENTS_X)
    ]
    average, others = factors[0], factors[1:]
    largest = max(abs(part) for colour in others for part in colour)
    quantised = max(0, min(82, int(largest * 166 - 0.5)))
    scale = (quantised + 1) / 166
    red, green, blue = map(_to_srgb, average)
    return "".join(
        [
            _to_base_83((COMPONENTS_X - 1) + (COMPONENTS_Y - 1) * 9, 1),
            _to_base_83(quantised, 1),
            _to_base_83((red << 16) + (green << 8) + blue, 4),
            *(_to_base_83(_quantise(colour, scale), 2) for colour in others),
        ]
    )


def _compute_factor(linear: Sequence[Colour], width: int, height: int, x: int, y: int) -> Colour:
    """Mean product of the pixels with the cosine wave of component `x`, `y`."""
    across = [cos(pi * x * column / width) for column in range(width)]
    down = [cos(pi * y * row / height) for row in range(height)]
    waves = [above * beside for above in down for beside in across]
    scale = (1 if x == y == 0 else 2) / (width * height)
    red, green, blue = (
        scale * sum(wave * colour[part] for wave, colour in zip(waves, linear, strict=True))
        for part in range(3)
    )
    return red, green, blue


def _quantise(colour: Colour, scale: float) -> int:
    value = 0
    for part in colour:
        root = abs(part / scale) ** 0.5
        signed = root if part >= 0 else -root
        value = value * 19 + max(0, min(18, int(signed * 9 + 9.5)))
    return value


def _to_linear(value: int) -> float:
    part = value / 255
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def _to_srgb(value: float) -> int:
    part = max(0.0, min(1.0, value))
    curved = part * 12.92 if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055
    return int(curved * 255 + 0.5)


def _to_base_83(value: int, length: int) -> str:
    return "".join(_DIGITS[value // 83**place % 83] for place in reversed(range(length)))

"""Cells that are safe to open in a spreadsheet."""

FORMULA = tuple("=+-@＝＋－＠\t\r")
"""What makes a spreadsheet take the text of a cell for a formula."""


def safe_cell(value: str) -> str:
    """`value`, with an apostrophe before what a spreadsheet would run as a formula."""
    return f"'{value}" if value.lstrip(" \n\v\f\u00a0").startswith(FORMULA) else value

"""Exports: the NDJSON of a database, and text that spreadsheets would run as formulas."""

from io import StringIO

from app.db.database import Database
from app.resources.exports.ndjson import write_ndjson

SPREADSHEET_FORMULAS = [
    "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1", "  @x", "\n=1",
]  # fmt: skip
"""CSV injection: values that a spreadsheet executes as formulas unless escaped."""


def export_ndjson(database: Database) -> str:
    """Export `database` as NDJSON, without the first line: cursors differ between databases."""
    file = StringIO()
    with database.snapshot() as reader:
        write_ndjson(reader, file)
    return file.getvalue().partition("\n")[2]

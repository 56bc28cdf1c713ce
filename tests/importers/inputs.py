"""Inputs for importers, and what runs them."""

from collections.abc import Iterable
from io import BytesIO
from pathlib import Path
from typing import Any

from app.database import Database
from app.importers.entries import Entry, Found, Input, Reject
from app.importers.formats import FORMATS
from app.importers.names import Links
from app.importers.run import Report, run
from app.trail import Actor

ACTOR = Actor("zarya import test", "test")


def given(text: str | bytes, name: str = "given", **fields: Any) -> Input:
    """An input that holds `text`."""
    data = text.encode() if isinstance(text, str) else text
    return Input(name, lambda: BytesIO(data), **fields)


def nothing(_title: str, _lead: str) -> Links:
    """Links to nothing."""
    return Links()


def taken(
    database: Database, form: str, *inputs: Input, **options: Any
) -> tuple[Report, list[Reject]]:
    """The report of a run, and what was rejected."""
    rejected: list[Reject] = []
    report = run(
        database,
        FORMATS[form],
        inputs,
        actor=ACTOR,
        told=lambda _input, reject: rejected.append(reject),
        **options,
    )
    return report, rejected


def parted(found: Iterable[Found]) -> tuple[list[Entry], list[Reject]]:
    """What was found, by whether it can be taken in."""
    everything = list(found)
    entries = [each for each in everything if isinstance(each, Entry)]
    return entries, [each for each in everything if isinstance(each, Reject)]


def counted(report: Report) -> tuple[int, int, int, int]:
    """How many were created, updated, unchanged, rejected."""
    return report.created, report.updated, report.unchanged, report.rejected


def written(folder: Path, name: str, text: str) -> Input:
    """A file with `text` in it."""
    path = folder / name
    path.write_text(text, "utf-8", newline="")
    return Input.file(path)

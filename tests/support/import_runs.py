"""Import runs: inputs for importers, and their results."""

from collections.abc import Iterable
from io import BytesIO
from pathlib import Path
from typing import Any

from app.api.audit_log import Actor
from app.db.database import Database
from app.ingest.entity_linking import EntityLinks
from app.ingest.entries import EntryOrReject, ImportEntry, Input, Reject
from app.ingest.pipeline import run_import
from app.ingest.registry import FORMATS
from app.ingest.report import EntryResult, ImportReport

ACTOR = Actor("zarya import test", "test")


def make_input(text: str | bytes, name: str = "given", **fields: Any) -> Input:
    """In-memory input with the content `text`."""
    data = text.encode() if isinstance(text, str) else text
    return Input(name, lambda: BytesIO(data), **fields)


def no_links(_title: str, _lead: str) -> EntityLinks:
    """Link finder that finds no records."""
    return EntityLinks()


def import_inputs(
    database: Database, form: str, *inputs: Input, **options: Any
) -> tuple[ImportReport, list[Reject]]:
    """Run an import of `inputs`; returns its report and the entries that were not imported."""
    rejected: list[Reject] = []
    report = run_import(
        database,
        FORMATS[form],
        inputs,
        actor=ACTOR,
        on_reject=lambda _input, reject: rejected.append(reject),
        **options,
    )
    return report, rejected


def explain_import(
    database: Database, form: str, *inputs: Input, **options: Any
) -> tuple[list[EntryResult], list[Reject]]:
    """Run an import of `inputs`; returns the result of each entry, and the rejected ones."""
    results: list[EntryResult] = []
    _, rejected = import_inputs(
        database,
        form,
        *inputs,
        on_result=lambda _input, result: results.append(result),
        **options,
    )
    return results, rejected


def split_rejects(found: Iterable[EntryOrReject]) -> tuple[list[ImportEntry], list[Reject]]:
    """Split the results of a reader into entries and rejects."""
    everything = list(found)
    entries = [each for each in everything if isinstance(each, ImportEntry)]
    return entries, [each for each in everything if isinstance(each, Reject)]


def report_counts(report: ImportReport) -> tuple[int, int, int, int]:
    """Numbers of created, updated, unchanged and rejected entries."""
    return report.created, report.updated, report.unchanged, report.rejected


def file_input(folder: Path, name: str, text: str) -> Input:
    """Write `text` to a file and return it as an input."""
    path = folder / name
    path.write_text(text, "utf-8", newline="")
    return Input.from_file(path)

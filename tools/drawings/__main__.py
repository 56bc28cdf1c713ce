"""Write the drawings of the embedded archive: `python -m tools.drawings`."""

from shutil import rmtree

from app.ingest.dataset.records import DATASET_PATH, read_facts
from app.resources.media.drawings import DRAWINGS_PATH
from tools.drawings.files import draw_all, write_index, write_records


def main() -> None:
    """Run the command."""
    drawings = list(draw_all(read_facts()))
    rmtree(DRAWINGS_PATH, ignore_errors=True)
    DRAWINGS_PATH.mkdir()
    for each in drawings:
        (DRAWINGS_PATH / each.file).write_text(each.svg, "utf-8")
    (DRAWINGS_PATH / "index.json").write_text(write_index(drawings), "utf-8")
    (DATASET_PATH / "media.jsonl").write_text(write_records(drawings), "utf-8")


main()
